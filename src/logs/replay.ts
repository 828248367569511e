/**
 * Replay of the firmware log and of what the running system extended after it: what each PCR of one bank must hold if the logs are
 * true, and whether it does. The firmware log replays whole or not at all; only the append-only runtime logs behind it may be
 * longer than what was quoted.
 */

import { EvidenceError } from '../bytes/errors.ts';
import { hashSize, PcrAccumulator, type HashName } from '../bytes/hash.ts';
import { replayed, type Replayed, type Untrusted } from '../bytes/trust.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { effort, interleave, type Effort } from './interleave.ts';
import type { RuntimeLog, RuntimePart } from './runtime-log.ts';
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

/**
 * `equal`: the logs lead to the quoted value. `untouched`: no log writes to it and it holds its reset value.
 * `differs`: anything else, a value that no log explains included.
 */
type PcrStatus = 'equal' | 'differs' | 'untouched';

/** An extend of a runtime log that the quoted value covers. */
export interface ProvedExtend {
  readonly part: RuntimePart;
  readonly index: number;
  readonly digest: Uint8Array;
}

/** One quoted PCR against the logs. */
export interface PcrReplay {
  readonly status: PcrStatus;
  readonly quoted: Uint8Array;
  /** value after the firmware log and the runtime extends used; `undefined` where an event lacks a digest of the bank */
  readonly replayed: Uint8Array | undefined;
  /** events of the firmware log in this PCR */
  readonly firmwareEvents: number;
  /** runtime extends that the quoted value covers, in the order they were made; those left came after the quote. None where it differs. */
  readonly runtime: readonly ProvedExtend[];
  /** runtime extends that the logs state for this PCR and bank */
  readonly runtimeStated: number;
}

/** A log of which some PCRs replay to a verified quote in one bank: the digests of their events are proved, and no others. */
export interface ReplayedLog {
  readonly log: TcgLog;
  readonly bank: HashName;
  /** the PCRs whose events are proved */
  readonly equal: ReadonlySet<number>;
}

/** Runtime extends that replay to a verified quote in one bank, behind the firmware log. */
export interface ReplayedRuntime {
  readonly bank: HashName;
  /** the very logs they are of */
  readonly logs: readonly RuntimeLog[];
  /** by PCR, in the order they were made */
  readonly events: ReadonlyMap<number, readonly ProvedExtend[]>;
}

/** A log against the quoted values of one bank. */
export interface QuoteReplay {
  readonly bank: HashName;
  /** one entry per quoted PCR of the bank, but for those skipped */
  readonly pcrs: ReadonlyMap<number, PcrReplay>;
  readonly log: Replayed<ReplayedLog>;
  readonly runtime: Replayed<ReplayedRuntime>;
  /** anomalies with which the log as a whole must not hold, whatever its PCRs replay to */
  readonly refusals: readonly TcgAnomaly[];
}

export interface QuoteReplayOptions {
  /** at most two: what follows the firmware log in every PCR */
  readonly runtime?: readonly RuntimeLog[];
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
  const left = effort();
  const pcrs = new Map<number, PcrReplay>();
  for (const pcr of quoted.selection.get(bank) ?? []) {
    if (options.skip?.has(pcr) === true) continue;
    pcrs.set(pcr, comparePcr(replay, pcr, quoted.value(bank, pcr)!, statedFor(runtime, pcr, bank), left));
  }
  const equal = new Set([...pcrs].filter(([, { status }]) => status === 'equal').map(([pcr]) => pcr));
  return {
    bank,
    pcrs,
    log: replayed({ log, bank, equal }),
    runtime: replayed({
      bank,
      logs: runtime,
      events: new Map([...pcrs].map(([pcr, result]) => [pcr, result.runtime])),
    }),
    refusals: log.anomalies.filter((anomaly) => refusesLog(anomaly.kind)),
  };
}

/** The extends of one PCR and bank by the log they are of; logs that state none are left out. */
function statedFor(logs: readonly RuntimeLog[], pcr: number, bank: HashName): readonly (readonly ProvedExtend[])[] {
  return logs
    .map(({ part, stated }) =>
      stated.flatMap((extend): ProvedExtend[] => {
        const digest = extend.pcr === pcr ? extend.digest(bank) : undefined;
        return digest === undefined ? [] : [{ part, index: extend.index, digest }];
      }),
    )
    .filter((list) => list.length > 0);
}

function comparePcr(
  replay: BankReplay,
  pcr: number,
  quoted: Uint8Array,
  stated: readonly (readonly ProvedExtend[])[],
  left: Effort,
): PcrReplay {
  const { bank, log } = replay;
  const firmwareEvents = replay.events.get(pcr)?.length ?? 0;
  const runtimeStated = stated.reduce((sum, { length }) => sum + length, 0);
  const common = { quoted, firmwareEvents, runtimeStated };
  if (replay.incomplete.has(pcr)) return { status: 'differs', replayed: undefined, runtime: [], ...common };
  const start = replay.final.get(pcr) ?? startValue(bank, pcr, log.startup);
  const accumulator = new PcrAccumulator(bank, start);
  if (firmwareEvents === 0 && isResetValue(pcr, quoted, accumulator)) {
    return { status: 'untouched', replayed: start, runtime: [], ...common };
  }
  const runtime = accumulator.equals(quoted) ? [] : leadingTo(bank, start, stated, quoted, left);
  if (runtime !== undefined) return { status: 'equal', replayed: quoted, runtime, ...common };
  for (const { digest } of stated.flat()) accumulator.extend(digest);
  return { status: 'differs', replayed: accumulator.value(), runtime: [], ...common };
}

/** The prefixes of the logs that lead from one value to another, in the order they were extended. */
function leadingTo(
  bank: HashName,
  start: Uint8Array,
  stated: readonly (readonly ProvedExtend[])[],
  quoted: Uint8Array,
  left: Effort,
): readonly ProvedExtend[] | undefined {
  const [one = [], other = []] = stated;
  if (other.length > 0) {
    const digests = (list: readonly ProvedExtend[]): readonly Uint8Array[] => list.map(({ digest }) => digest);
    const order = interleave(bank, start, [digests(one), digests(other)], quoted, left);
    const taken = [0, 0];
    return order?.map((log) => [one, other][log]![taken[log]!++]!);
  }
  const accumulator = new PcrAccumulator(bank, start);
  for (const [index, { digest }] of one.entries()) {
    accumulator.extend(digest);
    if (accumulator.equals(quoted)) return one.slice(0, index + 1);
  }
  return undefined;
}

/** Whether a PCR that no log wrote to holds what TPM2_Startup left: its start value, or −1 in the PCRs of dynamic launch. */
function isResetValue(pcr: number, quoted: Uint8Array, start: PcrAccumulator): boolean {
  if (start.equals(quoted)) return true;
  return pcr >= DRTM_FIRST && pcr <= DRTM_LAST && quoted.every((byte) => byte === 0xff);
}

function refuse(code: string, message: string): EvidenceError {
  return new EvidenceError(code, message, { part: 'log.firmware' });
}
