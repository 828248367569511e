/** Facts of the firmware log: which PCRs it explains, and what the events of those PCRs prove. */

import { hashSize, type HashName } from '../bytes/hash.ts';
import { printable, toHex } from '../bytes/text.ts';
import type { Untrusted } from '../bytes/trust.ts';
import { IMA_PCR } from '../logs/ima/model.ts';
import { replayAgainstQuote, replayBank, type BankReplay, type PcrReplay, type QuoteReplay } from '../logs/replay.ts';
import type { RuntimeLog } from '../logs/runtime-log.ts';
import { bankDisagreements, classifyReplayed, type ClassifiedEvent } from '../logs/tcg/classify.ts';
import { decodeBanks, type DecodedLog } from '../logs/tcg/event-data.ts';
import { eventTypeName } from '../logs/tcg/event-types.ts';
import { refusesLog, type TcgEvent, type TcgLog } from '../logs/tcg/model.ts';
import { parseTcgLog } from '../logs/tcg/parse.ts';
import { separatorEvidence } from '../logs/tcg/separators.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { contentOf } from './event-content.ts';
import type { Fact, FactSource } from './model.ts';
import { runtimeEventFacts, runtimeSeparators } from './runtime-logs.ts';

const PART = 'log.firmware';
/**
 * PCRs this log is not asked about: IMA's, for which the runtime list's own replay answers, and those anyone may reset (PC Client
 * Platform TPM Profile 1.05, 4.6).
 */
export const NOT_FIRMWARE_LOG: ReadonlySet<number> = new Set([IMA_PCR, 16, 23]);

/** What the bytes of a log give by themselves: pure, and kept by content id. */
export interface PreparedFirmwareLog {
  readonly log: Untrusted<TcgLog>;
  readonly decoded: ReadonlyMap<HashName, DecodedLog>;
  readonly replays: ReadonlyMap<HashName, BankReplay>;
}

/** @throws EvidenceError as `parseTcgLog` */
export function prepareFirmwareLog(bytes: Uint8Array): PreparedFirmwareLog {
  const log = parseTcgLog(bytes);
  const banks = log.untrusted.banks;
  return {
    log,
    decoded: decodeBanks(log.untrusted),
    replays: new Map(banks.map((bank) => [bank, replayBank(log.untrusted, bank)])),
  };
}

interface FirmwareLogFacts {
  readonly facts: readonly Fact[];
  /** of the judged bank; null where no quote is of it */
  readonly replay: QuoteReplay | null;
  /** value of a PCR when the firmware handed over, as the judged bank's replay proves it */
  readonly atHandOver: (bank: HashName, pcr: number) => Uint8Array | undefined;
}

/**
 * Facts of a log that is tied to verified quotes. Every quoted bank is replayed; only the judged one gives event facts.
 * @param runtime logs of what the running system extended behind it
 * @throws EvidenceError `tcg.registers`, `tcg.bank`
 */
export function firmwareLogFacts(
  prepared: PreparedFirmwareLog,
  quoted: QuotedPcrs,
  judged: HashName,
  runtime: readonly RuntimeLog[] = [],
): FirmwareLogFacts {
  const log = prepared.log.untrusted;
  const facts: Fact[] = [
    {
      name: 'log',
      value: { state: 'parsed', format: log.format, events: log.events.length },
      provenance: {},
      subject: 'firmware',
      source: { part: PART },
    },
    ...log.anomalies.map(({ kind, detail, offset, index }): Fact<'log.anomaly'> => ({
      name: 'log.anomaly',
      value: { kind, detail, fatal: refusesLog(kind) },
      provenance: {},
      subject: 'firmware',
      source: { part: PART, offset, ...(index !== undefined && { index }) },
    })),
  ];
  let judgedReplay: QuoteReplay | null = null;
  for (const bank of quoted.banks) {
    const known = prepared.replays.get(bank);
    const options = { skip: NOT_FIRMWARE_LOG, runtime, ...(known !== undefined && { replay: known }) };
    const replay = replayAgainstQuote(prepared.log, quoted, bank, options);
    facts.push(...bankFacts(prepared, replay, bank === judged));
    if (bank === judged) judgedReplay = replay;
  }
  return {
    facts,
    replay: judgedReplay,
    atHandOver: (bank, pcr) => {
      const replay = prepared.replays.get(bank);
      if (replay === undefined || replay.incomplete.has(pcr)) return undefined;
      return replay.final.get(pcr) ?? new Uint8Array(hashSize(bank));
    },
  };
}

function bankFacts(prepared: PreparedFirmwareLog, replayed: QuoteReplay, judged: boolean): readonly Fact[] {
  const { bank } = replayed;
  const decoded = prepared.decoded.get(bank)!;
  const separators = separatorEvidence(decoded);
  const facts: Fact[] = [...replayed.pcrs].map(([pcr, result]) =>
    pcrFact(bank, pcr, result, (separators.pcrs.get(pcr)?.count ?? 0) + runtimeSeparators(replayed, pcr), judged),
  );
  if (!judged) return facts;

  const events = classifyReplayed(replayed.log, decoded);
  facts.push(...events.map((event) => eventFact(event, bank)));
  facts.push(...runtimeEventFacts(replayed, new Set(separators.pcrs.keys())));
  facts.push(...events.filter((event) => event.binding === 'mismatch').map((event) => mismatchFact(event, bank)));
  for (const other of prepared.decoded.values()) {
    if (other.bank !== bank) facts.push(...disagreementFacts(decoded, other, replayed.log.replayed.equal));
  }
  if (replayed.log.replayed.equal.has(0)) {
    facts.push({
      name: 'firmware.startup-locality',
      value: prepared.log.untrusted.startup.locality,
      provenance: { digest: 'replayed' },
      subject: '',
      source: { part: PART, pcr: 0, bank },
    });
  }
  return facts;
}

function pcrFact(bank: HashName, pcr: number, result: PcrReplay, separators: number, judged: boolean): Fact<'pcr'> {
  return {
    name: 'pcr',
    value: {
      quoted: toHex(result.quoted),
      replayed: result.replayed === undefined ? `no ${bank} digest in an event` : toHex(result.replayed),
      equal: result.status !== 'differs',
      events: result.firmwareEvents + (result.status === 'differs' ? result.runtimeStated : result.runtime.length),
      separators,
    },
    provenance: { digest: 'quoted' },
    subject: pcrSubject(bank, pcr, judged),
    source: { part: 'quote', pcr, bank },
  };
}

/** PCRs of the judged bank by their number alone, others with their bank. */
export function pcrSubject(bank: HashName, pcr: number, judged: boolean): string {
  return judged ? String(pcr) : `${bank}:${pcr}`;
}

function sourceOf(event: TcgEvent, bank: HashName): FactSource {
  return { part: PART, index: event.index, offset: event.offset, pcr: event.pcr, bank };
}

function eventFact(classified: ClassifiedEvent, bank: HashName): Fact<'event'> {
  const { event, digest, binding, afterSeparator, quirk } = classified;
  return {
    name: 'event',
    value: {
      type: typeName(event.type),
      digest: toHex(digest),
      afterSeparator,
      content: contentOf(classified.verified),
      ...(classified.hint !== undefined && { hint: hintText(classified.hint) }),
    },
    provenance: { digest: 'replayed', ...(binding !== 'not-extended' && { data: binding }) },
    subject: String(event.index),
    source: sourceOf(event, bank),
    ...(quirk !== undefined && { quirk }),
  };
}

/** What the log says of an event that proves nothing: one word for people. */
function hintText(body: NonNullable<ClassifiedEvent['hint']>): string {
  if ('path' in body && body.path !== undefined) return printable(body.path);
  if ('name' in body && body.name !== undefined) return printable(body.name);
  if ('text' in body && body.text !== undefined) return printable(body.text);
  return body.kind;
}

function mismatchFact({ event, digest, hint }: ClassifiedEvent, bank: HashName): Fact<'log.mismatch'> {
  return {
    name: 'log.mismatch',
    value: {
      type: typeName(event.type),
      digest: toHex(digest),
      detail: `${hint?.kind ?? 'data'} that does not hash to it`,
    },
    provenance: { digest: 'replayed', data: 'mismatch' },
    subject: String(event.index),
    source: sourceOf(event, bank),
  };
}

/** @param proved PCRs whose events the judged bank proves: of others nothing is stated */
function disagreementFacts(
  judged: DecodedLog,
  other: DecodedLog,
  proved: ReadonlySet<number>,
): readonly Fact<'log.bank-disagreement'>[] {
  return bankDisagreements(judged, other).flatMap(({ index, bound, unbound }): Fact<'log.bank-disagreement'>[] => {
    const event = judged.log.events[index]!;
    if (!proved.has(event.pcr)) return [];
    return [
      {
        name: 'log.bank-disagreement',
        value: { type: typeName(event.type), banks: `the data is ${bound}’s and not ${unbound}’s` },
        provenance: { digest: 'replayed' },
        subject: String(index),
        source: sourceOf(event, judged.bank),
      },
    ];
  });
}

function typeName(type: number): string {
  return eventTypeName(type) ?? `0x${type.toString(16).padStart(8, '0')}`;
}
