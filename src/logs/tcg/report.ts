/** A firmware log as `assay log` shows it. */

import type { HashName } from '../../bytes/hash.ts';
import type { Json } from '../../bytes/json.ts';
import { printable, toHex } from '../../bytes/text.ts';
import { replayBank } from '../replay.ts';
import type { LogReport, LogReportEvent, LogReportPcrs } from '../report.ts';
import { bankDisagreements, type BankDisagreement } from './classify.ts';
import { decodeBanks, type DecodedLog } from './event-data.ts';
import { eventTypeName } from './event-types.ts';
import type { TcgEvent, TcgLog, TcgLogFormat, TcgRegisters } from './model.ts';
import { QUIRKS, type QuirkName } from './quirks.ts';
import { reportBody } from './report-body.ts';

/** An event; `binding` and `quirk` are those of the report's `bank`. */
export interface TcgReportEvent extends LogReportEvent {
  readonly offset: number;
  readonly type: { readonly code: number; readonly name: string };
  readonly quirk?: QuirkName;
  /** the kind of the data, and its fields */
  readonly data: { readonly kind: string; readonly [field: string]: Json };
}

/** The report of a firmware log. */
export interface TcgReport extends LogReport<TcgReportEvent> {
  readonly format: TcgLogFormat;
  /** What `pcr` of an event is. For `ccel-mr` nothing is replayed as a PCR: see `measurementRegisters`. */
  readonly registers: TcgRegisters;
  /** the bank in which data was compared with digests; null where the log has none that this verifier computes */
  readonly bank: HashName | null;
  /** what the registers of a confidential guest replay to, by bank and MR index */
  readonly measurementRegisters?: LogReportPcrs;
  /** PCRs by bank that have no value, because an event in them carries no digest of the bank */
  readonly incomplete: Readonly<Record<string, readonly number[]>>;
  /** events whose data one bank proves and another does not */
  readonly disagreements: readonly BankDisagreement[];
  /** the quirks met, with their reasons */
  readonly quirks: readonly { readonly name: QuirkName; readonly why: string }[];
}

/** Banks by preference for comparing data: the one most quotes are of, then stronger, SHA-1 last. */
const PREFERENCE: readonly HashName[] = ['sha256', 'sha384', 'sha512', 'sha1'];

/** The bank a log is shown in unless another is asked for. */
export function preferredBank(log: TcgLog): HashName | undefined {
  return PREFERENCE.find((bank) => log.banks.includes(bank));
}

/** The whole log. Everything in it is the host's word: no quote is looked at here. */
export function tcgReport(log: TcgLog, bank: HashName | undefined = preferredBank(log)): TcgReport {
  const others = log.banks.filter((other) => other !== bank);
  const decodings = decodeBanks(log, bank === undefined ? [] : [bank, ...others]);
  const decoded = bank === undefined ? undefined : decodings.get(bank);
  const initial: Record<string, Record<string, string>> = {};
  const values: Record<string, Record<string, string>> = {};
  const incomplete: Record<string, readonly number[]> = {};
  for (const name of log.banks) {
    const replay = replayBank(log, name);
    initial[name] = table(replay.initial);
    values[name] = table(replay.final);
    if (replay.incomplete.size > 0) incomplete[name] = [...replay.incomplete].toSorted((a, b) => a - b);
  }
  const isPcr = log.registers === 'pcr';
  const events = log.events.map((event) => reportEvent(event, decoded));
  const met = new Set(events.map((event) => event.quirk));
  return {
    schema: 'assay.log/1',
    format: log.format,
    registers: log.registers,
    banks: log.banks,
    bank: bank ?? null,
    events,
    initial: isPcr ? initial : {},
    pcrs: isPcr ? values : {},
    ...(isPcr ? {} : { measurementRegisters: values }),
    incomplete,
    disagreements:
      decoded === undefined ? [] : others.flatMap((other) => bankDisagreements(decoded, decodings.get(other)!)),
    quirks: QUIRKS.filter(({ name }) => met.has(name)).map(({ name, why }) => ({ name, why })),
    anomalies: log.anomalies.map((anomaly) => ({ ...anomaly, detail: printable(anomaly.detail) })),
  };
}

function reportEvent(event: TcgEvent, log: DecodedLog | undefined): TcgReportEvent {
  const { index, pcr, type, offset, digests, foreignDigests } = event;
  const hexes: Record<string, string> = {};
  for (const [bank, value] of Object.entries(digests) as [HashName, Uint8Array | undefined][]) {
    if (value !== undefined) hexes[bank] = toHex(value);
  }
  for (const { algorithmId, digest } of foreignDigests) hexes[`0x${algorithmId.toString(16)}`] = toHex(digest);
  const decoded = log?.events[index] ?? {
    binding: 'hint' as const,
    body: { kind: 'unknown' as const, data: event.data },
  };
  const { binding, quirk, body } = decoded;
  return {
    index,
    offset,
    pcr,
    type: { code: type, name: eventTypeName(type) ?? `0x${type.toString(16)}` },
    digests: hexes,
    binding,
    ...(quirk === undefined ? {} : { quirk }),
    data: { kind: body.kind, ...reportBody(body) },
  };
}

/** PCR values in the order of the PCRs. */
function table(values: ReadonlyMap<number, Uint8Array>): Record<string, string> {
  return Object.fromEntries(
    [...values].toSorted(([a], [b]) => a - b).map(([pcr, value]) => [String(pcr), toHex(value)]),
  );
}
