/**
 * The model of an IMA measurement list: columns over bytes, never an object per entry, because busy hosts have a
 * million entries. Everything about one entry is read from the columns on demand.
 */

import type { HashName } from '../../bytes/hash.ts';
import { hashSize } from '../../bytes/hash.ts';

/**
 * What a parser noticed without refusing the list. `truncated`: it ends inside an entry, no verdict may rest on it.
 * `template-unknown`: an entry's template has fields this verifier cannot name; they still replay.
 */
type ImaAnomalyKind = 'truncated' | 'template-unknown';

export interface ImaAnomaly {
  readonly kind: ImaAnomalyKind;
  /** byte offset in what the host sent */
  readonly offset: number;
  /** index of the entry concerned */
  readonly index: number;
  readonly detail: string;
}

/** A template as the list names it. The name is framing: no digest covers it (see `fields.ts`). */
export interface ImaTemplate {
  readonly name: string;
  /** Field ids in order (`d-ng`, `n-ng`, `sig` …); undefined when neither the name nor its parts are known. */
  readonly fields: readonly string[] | undefined;
  /** The original template `ima`: its fields carry no length, and its digest is taken over the name padded to 256. */
  readonly unframed: boolean;
}

/** One value per entry in each column; offsets point into `ImaList.bytes` unless said otherwise. */
interface ImaColumns {
  /** PCR the entry says it was extended into */
  readonly pcr: Uint8Array;
  /** index into `ImaList.templates` */
  readonly template: Uint8Array;
  /** offset of the entry in what the host sent (for `ima-ascii`: of its line) */
  readonly sourceOffset: Uint32Array;
  /** the template digest stored in the list, `digestSize` bytes */
  readonly digestOffset: Uint32Array;
  readonly dataOffset: Uint32Array;
  readonly dataLength: Uint32Array;
}

/** A whole measurement list (`binary_runtime_measurements` or `ascii_runtime_measurements`). */
export interface ImaList {
  readonly format: 'ima-binary' | 'ima-ascii';
  /** name of the part of the evidence, for messages */
  readonly part: string;
  /** `ima-binary`: what the host sent. `ima-ascii`: digests and template data rebuilt from the lines. */
  readonly bytes: Uint8Array;
  /** number of entries */
  readonly count: number;
  /** algorithm of the stored template digests: SHA-1, except in the lists newer kernels offer per algorithm */
  readonly digestHash: HashName;
  readonly templates: readonly ImaTemplate[];
  readonly columns: ImaColumns;
  readonly anomalies: readonly ImaAnomaly[];
  /** The list ends inside an entry: the entries before it are here, but nothing may be called proved by it. */
  readonly truncated: boolean;
}

/**
 * How an entry's template data relates to its stored template digest. `bound`: it hashes to it. `violation`: the stored
 * digest is zero, the kernel extended all-0xFF instead, so *nothing* covers the data. `mismatch`: neither.
 */
export type ImaBinding = 'bound' | 'violation' | 'mismatch';

/** The entries of one PCR whose replay reached a quoted value. Only `replay.ts` makes one, as `Replayed<ImaPrefix>`. */
export interface ImaPrefix {
  readonly list: ImaList;
  readonly bank: HashName;
  /** the PCR replayed; entries that name another PCR are not proved by this */
  readonly pcr: number;
  /** what was extended per entry: H_bank(template data), or its SHA-1 padded with zeros to the bank's size */
  readonly mode: ImaExtendMode;
  /** index of the first entry after the prefix; the prefix is the entries below it that name `pcr` */
  readonly end: number;
}

/** The PCR of IMA unless a rule names another (`pcr=`). */
export const IMA_PCR = 10;

/** How the kernel extends a bank; one mode per bank and list, never per entry. */
export type ImaExtendMode = 'native' | 'padded-sha1';

/** Indexes of the entries that name `pcr`, below `to`. */
export function* entriesOfPcr(list: ImaList, pcr: number, to = list.count): Generator<number, void, void> {
  const column = list.columns.pcr;
  for (let i = 0; i < to; i++) if (column[i] === pcr) yield i;
}

/** Every PCR that some entry names, ascending. */
export function pcrsNamed(list: ImaList): number[] {
  return [...new Set(list.columns.pcr)].toSorted((a, b) => a - b);
}

export function entryPcr(list: ImaList, index: number): number {
  return cell(list.columns.pcr, index);
}

export function entryTemplate(list: ImaList, index: number): ImaTemplate {
  return list.templates[cell(list.columns.template, index)]!;
}

/** The stored template digest, a view of the list. */
export function templateDigest(list: ImaList, index: number): Uint8Array {
  const start = cell(list.columns.digestOffset, index);
  return list.bytes.subarray(start, start + hashSize(list.digestHash));
}

/** The template data as in the list, a view of it. */
export function templateData(list: ImaList, index: number): Uint8Array {
  const start = cell(list.columns.dataOffset, index);
  return list.bytes.subarray(start, start + cell(list.columns.dataLength, index));
}

/** Whether the entry records a violation (ToMToU, open writers): its stored digest is all zero. */
export function isViolation(list: ImaList, index: number): boolean {
  const start = cell(list.columns.digestOffset, index);
  const end = start + hashSize(list.digestHash);
  for (let i = start; i < end; i++) if (list.bytes[i] !== 0) return false;
  return true;
}

/** The indexes a proved prefix covers: below its end, naming its PCR. Ascending. */
export function* coveredEntries(prefix: ImaPrefix): Generator<number, void, void> {
  yield* entriesOfPcr(prefix.list, prefix.pcr, prefix.end);
}

function cell(column: Uint8Array | Uint32Array, index: number): number {
  const value = column[index];
  if (value === undefined) throw new RangeError(`no entry ${index} in a list of ${column.length}`);
  return value;
}
