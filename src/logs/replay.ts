/**
 * Replay of the firmware log: what each PCR of one bank must hold if the log is true, and whether it does. The firmware log
 * replays whole or not at all; only the append-only runtime logs behind it may be longer than what was quoted.
 */

import { EvidenceError } from '../bytes/errors.ts';
import { hashSize, PcrAccumulator, type HashName } from '../bytes/hash.ts';
import { replayed, type Replayed, type Untrusted } from '../bytes/trust.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { EV_NO_ACTION } from './tcg/event-types.ts';
import { refusesLog, type StartupState, type TcgAnomaly, type TcgLog } from './tcg/model.ts';

const PCR_COUNT = 24;
/** PCRs of dynamic launch: −1 from TPM2_Startup to the launch, 0 after it (PC Client Platform TPM Profile 1.05, 4.6). */
const DRTM_FIRST = 17;
const DRTM_LAST = 22;

/** One bank of a log, replayed. A pure function of the log's bytes. */
export interface BankReplay {
  readonly log: TcgLog;
  readonly bank: HashName;
  /** value of each PCR with events before the first of them */
  readonly initial: ReadonlyMap<number, Uint8Array>;
  /** value after the last event, by PCR */
  readonly final: ReadonlyMap<number, Uint8Array>;
  /** indexes of the events extended into each PCR, in order */
  readonly events: ReadonlyMap<number, readonly number[]>;
  /** PCRs with an event that carries no digest of this bank: they have no value */
  readonly incomplete: ReadonlySet<number>;
}

/** Replays one bank. EV_NO_ACTION is never extended, whatever digest it carries. */
export function replayBank(log: TcgLog, bank: HashName): BankReplay {
  const accumulators = new Map<number, PcrAccumulator>();
  const initial = new Map<number, Uint8Array>();
  const events = new Map<number, number[]>();
  const incomplete = new Set<number>();
  for (const { pcr, type, digests, index } of log.events) {
    if (type === EV_NO_ACTION || pcr >= PCR_COUNT) continue;
    let accumulator = accumulators.get(pcr);
    if (accumulator === undefined) {
      const value = startValue(bank, pcr, log.startup);
      accumulator = new PcrAccumulator(bank, value);
      accumulators.set(pcr, accumulator);
      initial.set(pcr, value);
      events.set(pcr, []);
    }
    const digest = digests[bank];
    if (digest === undefined) incomplete.add(pcr);
    else accumulator.extend(digest);
    events.get(pcr)!.push(index);
  }
  const final = new Map([...accumulators].filter(([pcr]) => !incomplete.has(pcr)).map(([pcr, a]) => [pcr, a.value()]));
  return { log, bank, initial, final, events, incomplete };
}

/** What a PCR holds before the first extend: zero, and in PCR 0 the locality of TPM2_Startup in the last byte. */
function startValue(bank: HashName, pcr: number, startup: StartupState): Uint8Array {
  const value = new Uint8Array(hashSize(bank));
  if (pcr === 0) value[value.length - 1] = startup.locality;
  return value;
}

/** An extend that a runtime log states, for a PCR that the firmware log may also write to. */
export interface RuntimeExtend {
  readonly pcr: number;
  readonly digests: { readonly [bank in HashName]?: Uint8Array };
  readonly source: { readonly part: string; readonly index: number };
}

/**
 * `equal`: the logs lead to the quoted value. `untouched`: no log writes to it and it holds its reset value.
 * `differs`: anything else, a value that no log explains included.
 */
type PcrStatus = 'equal' | 'differs' | 'untouched';

/** One quoted PCR against the logs. */
export interface PcrReplay {
  readonly status: PcrStatus;
  readonly quoted: Uint8Array;
  /** value after the firmware log and the runtime extends used; `undefined` where an event lacks a digest of the bank */
  readonly replayed: Uint8Array | undefined;
  /** events of the firmware log in this PCR */
  readonly firmwareEvents: number;
  /** runtime extends that the quoted value covers; those behind came after the quote. All of them where it differs. */
  readonly runtimeUsed: number;
}

/** A log of which some PCRs replay to a verified quote in one bank: the digests of their events are proved, and no others. */
export interface ReplayedLog {
  readonly log: TcgLog;
  readonly bank: HashName;
  /** the PCRs whose events are proved */
  readonly equal: ReadonlySet<number>;
}

/** A log against the quoted values of one bank. */
export interface QuoteReplay {
  readonly bank: HashName;
  /** one entry per quoted PCR of the bank, but for those skipped */
  readonly pcrs: ReadonlyMap<number, PcrReplay>;
  readonly log: Replayed<ReplayedLog>;
  /** anomalies with which the log as a whole must not hold, whatever its PCRs replay to */
  readonly refusals: readonly TcgAnomaly[];
}

export interface QuoteReplayOptions {
  /** extends of runtime logs, in their order; they follow the firmware log's in every PCR */
  readonly runtime?: readonly RuntimeExtend[];
  /** PCRs that another replay answers for (IMA's own) */
  readonly skip?: ReadonlySet<number>;
  /** `replayBank` of the same log and bank, where it is already known */
  readonly replay?: BankReplay;
}

/**
 * Compares a log with the quoted values of one bank.
 * @throws EvidenceError `tcg.registers` for a log whose indexes are not PCRs, `tcg.bank` for a bank that the log does not carry
 */
export function replayAgainstQuote(
  source: Untrusted<TcgLog>,
  quoted: QuotedPcrs,
  bank: HashName,
  options: QuoteReplayOptions = {},
): QuoteReplay {
  const log = source.untrusted;
  if (log.registers !== 'pcr') throw refuse('tcg.registers', 'the log is of measurement registers, not of PCRs');
  if (!log.banks.includes(bank)) throw refuse('tcg.bank', `the log carries no ${bank} digests`);
  const known = options.replay;
  const replay = known?.log === log && known.bank === bank ? known : replayBank(log, bank);
  const runtime = options.runtime ?? [];
  const pcrs = new Map<number, PcrReplay>();
  for (const pcr of quoted.selection.get(bank) ?? []) {
    if (options.skip?.has(pcr) === true) continue;
    pcrs.set(pcr, comparePcr(replay, pcr, quoted.value(bank, pcr)!, runtime));
  }
  const equal = new Set([...pcrs].filter(([, { status }]) => status === 'equal').map(([pcr]) => pcr));
  return {
    bank,
    pcrs,
    log: replayed({ log, bank, equal }),
    refusals: log.anomalies.filter((anomaly) => refusesLog(anomaly.kind)),
  };
}

function comparePcr(replay: BankReplay, pcr: number, quoted: Uint8Array, runtime: readonly RuntimeExtend[]): PcrReplay {
  const { bank, log } = replay;
  const firmwareEvents = replay.events.get(pcr)?.length ?? 0;
  if (replay.incomplete.has(pcr))
    return { status: 'differs', quoted, replayed: undefined, firmwareEvents, runtimeUsed: 0 };
  const accumulator = new PcrAccumulator(bank, replay.final.get(pcr) ?? startValue(bank, pcr, log.startup));
  const result = (status: PcrStatus, runtimeUsed: number): PcrReplay => ({
    status,
    quoted,
    replayed: accumulator.value(),
    firmwareEvents,
    runtimeUsed,
  });
  if (firmwareEvents === 0 && isResetValue(pcr, quoted, accumulator)) return result('untouched', 0);
  if (accumulator.equals(quoted)) return result('equal', 0);
  let used = 0;
  for (const extend of runtime) {
    if (extend.pcr !== pcr) continue;
    const digest = extend.digests[bank];
    if (digest?.length !== hashSize(bank)) break;
    accumulator.extend(digest);
    used++;
    if (accumulator.equals(quoted)) return result('equal', used);
  }
  return result('differs', used);
}

/** Whether a PCR that no log wrote to holds what TPM2_Startup left: its start value, or −1 in the PCRs of dynamic launch. */
function isResetValue(pcr: number, quoted: Uint8Array, start: PcrAccumulator): boolean {
  if (start.equals(quoted)) return true;
  return pcr >= DRTM_FIRST && pcr <= DRTM_LAST && quoted.every((byte) => byte === 0xff);
}

function refuse(code: string, message: string): EvidenceError {
  return new EvidenceError(code, message, { part: 'log.firmware' });
}
