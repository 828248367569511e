/**
 * Replay of IMA lists: the stored template digest against the template data, and the extends of one PCR in one bank
 * up to a quoted value.
 *
 * The list is read after the quote and only ever grows, so the quoted value is that of a prefix. The prefix rule holds for
 * runtime lists alone; firmware logs replay whole or not at all.
 */

import type { HashName } from '../../bytes/hash.ts';
import { PcrAccumulator, digest, equalBytes, hashSize, hashesTo } from '../../bytes/hash.ts';
import type { Replayed, Untrusted } from '../../bytes/trust.ts';
import { replayed } from '../../bytes/trust.ts';
import { hashInput } from './hash-input.ts';
import type { ImaBinding, ImaExtendMode, ImaList, ImaPrefix } from './model.ts';
import { isViolation } from './model.ts';

/** The PCR of IMA unless a rule names another (`pcr=`). */
export const IMA_PCR = 10;

/** Where an earlier replay stopped: after `entries` entries of the list the PCR had this value. */
export interface ImaReplayState {
  readonly entries: number;
  readonly value: Uint8Array;
}

export interface ImaReplayRequest {
  readonly bank: HashName;
  /** value of the PCR in the verified quote, of the bank's size */
  readonly quoted: Uint8Array;
  /** default 10 */
  readonly pcr?: number;
  /** default: no entry, the PCR all zero as TPM2_Startup(CLEAR) leaves it */
  readonly from?: ImaReplayState;
}

/** What a replay against a quoted value found. */
export interface ImaReplay {
  readonly bank: HashName;
  readonly pcr: number;
  /** The shortest prefix of the list (longer than `from`, or equal to it) has the quoted value. */
  readonly equal: boolean;
  /** the mode that reproduced the value; undefined when none did or no entry was needed */
  readonly mode: ImaExtendMode | undefined;
  /** entries of the list the quoted value covers, the state to continue from; `from.entries` when not equal */
  readonly entries: number;
  /** The proved prefix, only when equal and the list is not truncated. */
  readonly prefix: Replayed<ImaPrefix> | undefined;
}

/**
 * Finds the prefix of the list that reproduces a quoted value: first with H_bank(template data) for every entry, then with
 * the SHA-1 of the template data padded with zeros for every entry (kernels before 5.8, and banks the kernel has no hash
 * for), never a mixture. In the SHA-1 bank the two are the same.
 * @throws RangeError when `quoted` or `from.value` is not of the bank's size, or `from.entries` is beyond the list
 */
export function replayPrefix(source: Untrusted<ImaList>, request: ImaReplayRequest): ImaReplay {
  const list = source.untrusted;
  const { bank, quoted, pcr = IMA_PCR } = request;
  const from = request.from ?? { entries: 0, value: new Uint8Array(hashSize(bank)) };
  if (quoted.length !== hashSize(bank) || from.value.length !== hashSize(bank)) {
    throw new RangeError(`a PCR of bank ${bank} has ${hashSize(bank)} bytes`);
  }
  if (from.entries > list.count) throw new RangeError(`${from.entries} entries replayed of a list of ${list.count}`);
  const modes: readonly ImaExtendMode[] = bank === 'sha1' ? ['native'] : ['native', 'padded-sha1'];
  for (const mode of modes) {
    const end = prefixEnd(list, pcr, mode, bank, from, quoted);
    if (end === undefined) continue;
    const prefix = list.truncated ? undefined : replayed<ImaPrefix>({ list, bank, pcr, mode, end });
    return { bank, pcr, equal: true, mode: end === from.entries ? undefined : mode, entries: end, prefix };
  }
  return { bank, pcr, equal: false, mode: undefined, entries: from.entries, prefix: undefined };
}

/** The end of the shortest prefix whose value is `quoted`, or undefined. */
function prefixEnd(
  list: ImaList,
  pcr: number,
  mode: ImaExtendMode,
  bank: HashName,
  from: ImaReplayState,
  quoted: Uint8Array,
): number | undefined {
  if (equalBytes(from.value, quoted)) return from.entries;
  const accumulator = new PcrAccumulator(bank, from.value);
  const extend = extender(list, mode, accumulator);
  const named = list.columns.pcr;
  for (let i = from.entries; i < list.count; i++) {
    if (named[i] !== pcr) continue;
    extend(i);
    if (accumulator.equals(quoted)) return i + 1;
  }
  return undefined;
}

/**
 * The value of a PCR after every entry of the list that names it: what a list alone says, judged by nothing.
 * @param initial default all zero
 */
export function replayWhole(
  list: ImaList,
  bank: HashName,
  mode: ImaExtendMode,
  pcr = IMA_PCR,
  initial?: Uint8Array,
): Uint8Array {
  const accumulator = new PcrAccumulator(bank, initial);
  const extend = extender(list, mode, accumulator);
  const named = list.columns.pcr;
  for (let i = 0; i < list.count; i++) if (named[i] === pcr) extend(i);
  return accumulator.value();
}

/** What the kernel does per entry (ima_add_template_entry): a violation extends all-0xFF, anything else its digest. */
function extender(list: ImaList, mode: ImaExtendMode, accumulator: PcrAccumulator): (index: number) => void {
  const size = hashSize(accumulator.hash);
  const violation = new Uint8Array(size).fill(0xff);
  const padded = new Uint8Array(size);
  return (index) => {
    if (isViolation(list, index)) accumulator.extend(violation);
    else if (mode === 'native') accumulator.extendHashOf(hashInput(list, index));
    else {
      padded.set(digest('sha1', hashInput(list, index)));
      accumulator.extend(padded);
    }
  };
}

/** How the template data of one entry relates to the template digest stored beside it. */
export function entryBinding(list: ImaList, index: number): ImaBinding {
  if (isViolation(list, index)) return 'violation';
  const stored = list.columns.digestOffset[index]!;
  return hashesTo(list.digestHash, hashInput(list, index), list.bytes, stored) ? 'bound' : 'mismatch';
}

/** What `checkTemplateDigests` counted; the indexes are ascending. */
export interface ImaBindings {
  readonly bound: number;
  readonly violations: readonly number[];
  readonly mismatches: readonly number[];
}

/** Checks every stored template digest from entry `from` on. */
export function checkTemplateDigests(list: ImaList, from = 0): ImaBindings {
  const violations: number[] = [];
  const mismatches: number[] = [];
  for (let i = from; i < list.count; i++) {
    const binding = entryBinding(list, i);
    if (binding === 'violation') violations.push(i);
    else if (binding === 'mismatch') mismatches.push(i);
  }
  return { bound: list.count - from - violations.length - mismatches.length, violations, mismatches };
}
