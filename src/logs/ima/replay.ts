/**
 * Replay of IMA lists: the extends of one PCR in one bank, up to a quoted value.
 *
 * The list is read after the quote and only ever grows, so the quoted value is that of a prefix. The prefix rule holds for
 * runtime lists alone; firmware logs replay whole or not at all.
 */

import type { HashName } from '../../bytes/hash.ts';
import { PcrAccumulator, digest, equalBytes, hashSize } from '../../bytes/hash.ts';
import type { Replayed, Untrusted } from '../../bytes/trust.ts';
import { replayed } from '../../bytes/trust.ts';
import { hashInput } from './hash-input.ts';
import type { ImaExtendMode, ImaList, ImaPrefix } from './model.ts';
import { IMA_PCR, isViolation } from './model.ts';

/** Where an earlier replay stopped: after `entries` entries of the list the PCR had this value. */
interface ImaReplayState {
  readonly entries: number;
  readonly value: Uint8Array;
  /** The mode that replay found, and no other is tried: a bank has one for the whole list. Undefined only at 0 entries. */
  readonly mode: ImaExtendMode | undefined;
}

/** What a list is replayed to. */
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
 * the SHA-1 of the template data padded with zeros for every entry, never a mixture. In the SHA-1 bank the two are the same.
 * @throws RangeError when `quoted` or `from.value` is not of the bank's size, or when `from` cannot be a state of this list
 */
export function replayPrefix(source: Untrusted<ImaList>, request: ImaReplayRequest): ImaReplay {
  const list = source.untrusted;
  const { bank, quoted, pcr = IMA_PCR } = request;
  const from = request.from ?? { entries: 0, value: new Uint8Array(hashSize(bank)), mode: undefined };
  if (quoted.length !== hashSize(bank) || from.value.length !== hashSize(bank)) {
    throw new RangeError(`a PCR of bank ${bank} has ${hashSize(bank)} bytes`);
  }
  if (from.entries > list.count) throw new RangeError(`${from.entries} entries replayed of a list of ${list.count}`);
  if (from.entries > 0 && from.mode === undefined) throw new RangeError('a replay goes on in the mode it had');
  for (const kernel of kernels(bank, list)) {
    const { mode } = kernel;
    if (from.mode !== undefined && from.mode !== mode) continue;
    const end = prefixEnd(list, pcr, kernel, bank, from, quoted);
    if (end === undefined) continue;
    const prefix = list.truncated ? undefined : replayed<ImaPrefix>({ list, bank, pcr, mode, end });
    return { bank, pcr, equal: true, mode: end === from.entries ? from.mode : mode, entries: end, prefix };
  }
  return { bank, pcr, equal: false, mode: undefined, entries: from.entries, prefix: undefined };
}

/** What a kernel extends into one bank, for entries and for violations. */
interface Kernel {
  readonly mode: ImaExtendMode;
  readonly violation: Uint8Array;
}

/**
 * The kernels there are (ima_add_template_entry, ima_init_digests, ima_pcr_extend). Since 5.8 a violation extends the bank's
 * size of 0xFF, also where entries are padded because the bank's hash is not loaded. Before, and in banks unknown to
 * the kernel, it extends 20 bytes of 0xFF padded like everything else. Without violations the two pad alike.
 */
function* kernels(bank: HashName, list: ImaList): Generator<Kernel, void, void> {
  const full = new Uint8Array(hashSize(bank)).fill(0xff);
  yield { mode: 'native', violation: full };
  if (bank === 'sha1') return;
  yield { mode: 'padded-sha1', violation: full.slice().fill(0, hashSize('sha1')) };
  if (hasViolations(list)) yield { mode: 'padded-sha1', violation: full };
}

function hasViolations(list: ImaList): boolean {
  for (let i = 0; i < list.count; i++) if (isViolation(list, i)) return true;
  return false;
}

/** The end of the shortest prefix whose value is `quoted`, or undefined. */
function prefixEnd(
  list: ImaList,
  pcr: number,
  kernel: Kernel,
  bank: HashName,
  from: ImaReplayState,
  quoted: Uint8Array,
): number | undefined {
  if (equalBytes(from.value, quoted)) return from.entries;
  const accumulator = new PcrAccumulator(bank, from.value);
  const extend = extender(list, kernel, accumulator);
  const named = list.columns.pcr;
  for (let i = from.entries; i < list.count; i++) {
    if (named[i] !== pcr) continue;
    extend(i);
    if (accumulator.equals(quoted)) return i + 1;
  }
  return undefined;
}

/**
 * The value of a PCR after every entry of the list that names it: what a list alone says, judged by nothing. In the padded mode
 * violations are padded too, as before Linux 5.8.
 * @param initial default all zero
 */
export function replayWhole(
  list: ImaList,
  bank: HashName,
  mode: ImaExtendMode,
  pcr = IMA_PCR,
  initial?: Uint8Array,
): Uint8Array {
  const [native, padded] = kernels(bank, list);
  const kernel = mode === 'native' || padded === undefined ? native! : padded;
  const accumulator = new PcrAccumulator(bank, initial);
  const extend = extender(list, kernel, accumulator);
  const named = list.columns.pcr;
  for (let i = 0; i < list.count; i++) if (named[i] === pcr) extend(i);
  return accumulator.value();
}

function extender(list: ImaList, kernel: Kernel, accumulator: PcrAccumulator): (index: number) => void {
  const padded = new Uint8Array(hashSize(accumulator.hash));
  return (index) => {
    if (isViolation(list, index)) accumulator.extend(kernel.violation);
    else if (kernel.mode === 'native') accumulator.extendHashOf(hashInput(list, index));
    else {
      padded.set(digest('sha1', hashInput(list, index)));
      accumulator.extend(padded);
    }
  };
}
