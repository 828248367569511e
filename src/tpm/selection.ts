/** TPML_PCR_SELECTION (TPM 2.0 Part 2, 10.9.7) and the canonical form of a selection, with its text. */

import { HASHES, hashById, hashByName, type HashName } from '../bytes/hash.ts';
import { EvidenceError } from '../bytes/errors.ts';
import type { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { algorithmName } from './algorithms.ts';

/** TPMS_PCR_SELECTION. */
export interface TpmsPcrSelection {
  /** TPM_ALG_ID of the bank; it may be one this verifier does not compute */
  readonly hash: number;
  /** bytes of the bit map, 1 to 4 */
  readonly sizeofSelect: number;
  /** the selected PCRs, ascending */
  readonly pcrSelect: readonly number[];
}

/** In the order of the structure, which is the order in which the TPM hashes the values. */
export type TpmlPcrSelection = readonly TpmsPcrSelection[];

/** A selection as a set: bank → PCRs, ascending; banks in the order of `HASHES`, none without a PCR. */
export type PcrSelection = ReadonlyMap<HashName, readonly number[]>;

/** TPM2_NUM_PCR_BANKS of the TSS; no TPM has more banks. */
export const MAX_BANKS = 16;

/** The PC Client profile has PCR 0 to 23 (PTP 1.05, 4.6). */
export const MAX_PCR = 23;

/**
 * Reads a TPML_PCR_SELECTION at the reader's position. The same bank may come twice: {@link selectionFlaws} says so.
 * @throws EvidenceError `tpm.selection-count`, `tpm.selection-size`, `tpm.pcr-index`, `bytes.truncated`
 */
export function readSelection(reader: ByteReader): TpmlPcrSelection {
  const count = reader.u32be();
  if (count > MAX_BANKS) throw reader.error('tpm.selection-count', `${count} banks; a TPM has at most ${MAX_BANKS}`);
  const selections: TpmsPcrSelection[] = [];
  for (let i = 0; i < count; i++) {
    const hash = reader.u16be();
    const sizeofSelect = reader.u8();
    if (sizeofSelect < 1 || sizeofSelect > 4) {
      throw reader.error('tpm.selection-size', `sizeofSelect ${sizeofSelect} is not 1 to 4`);
    }
    selections.push({ hash, sizeofSelect, pcrSelect: readBitMap(reader, sizeofSelect) });
  }
  return selections;
}

/**
 * The PCRs of a bit map: PCR n is bit n mod 8 of octet n div 8 (Part 2, 10.6.1).
 * @throws EvidenceError `tpm.pcr-index`
 */
export function readBitMap(reader: ByteReader, size: number): number[] {
  const map = reader.take(size);
  const pcrs: number[] = [];
  for (let pcr = 0; pcr < size * 8; pcr++) {
    if ((map[pcr >> 3]! & (1 << (pcr & 7))) === 0) continue;
    if (pcr > MAX_PCR) throw reader.error('tpm.pcr-index', `selects PCR ${pcr}; the last is ${MAX_PCR}`);
    pcrs.push(pcr);
  }
  return pcrs;
}

/** The bytes of a TPML_PCR_SELECTION. */
export function writeSelection(list: TpmlPcrSelection): Uint8Array {
  const out = new ByteWriter().u32be(list.length);
  for (const { hash, sizeofSelect, pcrSelect } of list) {
    const map = new Uint8Array(sizeofSelect);
    for (const pcr of pcrSelect) map[pcr >> 3]! |= 1 << (pcr & 7);
    out.u16be(hash).u8(sizeofSelect).raw(map);
  }
  return out.bytes();
}

/** A TPML_PCR_SELECTION for a set of PCRs, in the PC Client's size of three octets. */
export function toTpml(selection: PcrSelection): TpmlPcrSelection {
  return [...selection].map(([bank, pcrs]) => ({ hash: hashByName(bank)!.id, sizeofSelect: 3, pcrSelect: pcrs }));
}

/** What keeps a selection of a TPM from being read as a set. */
export type SelectionFlaw = 'duplicate-bank' | 'unknown-bank' | 'empty';

/**
 * Flaws of a selection: the same bank twice (its values would be hashed twice, and in a chosen order), a bank this
 * verifier does not compute with PCRs selected, or no PCR at all (the digest of nothing).
 */
export function selectionFlaws(list: TpmlPcrSelection): readonly SelectionFlaw[] {
  const flaws: SelectionFlaw[] = [];
  if (new Set(list.map((bank) => bank.hash)).size !== list.length) flaws.push('duplicate-bank');
  if (list.some((bank) => bank.pcrSelect.length > 0 && hashById(bank.hash) === undefined)) flaws.push('unknown-bank');
  if (list.every((bank) => bank.pcrSelect.length === 0)) flaws.push('empty');
  return flaws;
}

/** A selection as the TPM signed it, as a set, and what keeps it from being read as one. */
export interface SignedSelection {
  readonly list: TpmlPcrSelection;
  readonly set: PcrSelection;
  /** the first flaw, with which `set` means nothing */
  readonly flaw: SelectionFlaw | undefined;
}

/** Reads a signed selection once for every step that asks about it. */
export function signedSelection(list: TpmlPcrSelection): SignedSelection {
  return { list, set: toSelection(list), flaw: selectionFlaws(list)[0] };
}

/** The selection as a set, without empty banks and without banks this verifier does not compute. */
export function toSelection(list: TpmlPcrSelection): PcrSelection {
  const banks = new Map<HashName, readonly number[]>();
  for (const { hash, pcrSelect } of list) {
    const bank = hashById(hash);
    if (bank !== undefined) banks.set(bank.name, (banks.get(bank.name) ?? []).concat(pcrSelect));
  }
  return canonical(banks);
}

function canonical(banks: ReadonlyMap<HashName, Iterable<number>>): PcrSelection {
  const out = new Map<HashName, readonly number[]>();
  for (const { name } of HASHES) {
    const mask = maskOf(banks.get(name) ?? []);
    if (mask !== 0)
      out.set(
        name,
        ALL_PCRS.filter((pcr) => (mask & (1 << pcr)) !== 0),
      );
  }
  return out;
}

const ALL_PCRS: readonly number[] = Array.from({ length: MAX_PCR + 1 }, (_, pcr) => pcr);

/** PCRs as bits: there are 24, and a set of them is compared several times for each quote. NaN, equal to nothing, with any other number. */
function maskOf(pcrs: Iterable<number>): number {
  let mask = 0;
  for (const pcr of pcrs) {
    if (!(pcr >= 0 && pcr <= MAX_PCR)) return NaN;
    mask |= 1 << pcr;
  }
  return mask;
}

/** Whether two selections name the same PCRs of the same banks. */
export function equalSelections(a: PcrSelection, b: PcrSelection): boolean {
  return HASHES.every(({ name }) => maskOf(a.get(name) ?? []) === maskOf(b.get(name) ?? []));
}

/** Text of a canonical selection: `sha256:0,1,2+sha384:0`. */
export function selectionText(selection: PcrSelection): string {
  return [...selection].map(([bank, pcrs]) => `${bank}:${pcrs.join(',')}`).join('+');
}

/** Text of a selection as the TPM signed it: order, repeated, unknown and empty banks stay visible. */
export function tpmlText(list: TpmlPcrSelection): string {
  return list.map(({ hash, pcrSelect }) => `${algorithmName(hash)}:${pcrSelect.join(',')}`).join('+');
}

/** Longest text: every PCR of every bank written out stays far below. */
const MAX_TEXT = 1024;

/**
 * Reads `sha256:0,1,2+sha384:0`; ranges such as `sha256:0-15,23` are read too. Each bank and each PCR once, at least one.
 * @throws EvidenceError `tpm.selection-text`
 */
export function parseSelection(text: string): PcrSelection {
  if (text.length > MAX_TEXT) throw textError('is too long');
  const banks = new Map<HashName, Set<number>>();
  for (const item of text.split('+')) {
    const colon = item.indexOf(':');
    const bank = hashByName(item.slice(0, Math.max(colon, 0)));
    if (bank === undefined) throw textError('names no known bank: write for example sha256:0-15');
    if (banks.has(bank.name)) throw textError(`names ${bank.name} twice`);
    const pcrs = new Set<number>();
    for (const range of item.slice(colon + 1).split(',')) addRange(pcrs, range);
    banks.set(bank.name, pcrs);
  }
  return canonical(banks);
}

function addRange(pcrs: Set<number>, range: string): void {
  const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(range);
  if (match === null) throw textError('has something other than PCR numbers and ranges after the bank');
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (first > last || last > MAX_PCR) throw textError(`has a PCR outside 0 to ${MAX_PCR} or a range written backwards`);
  for (let pcr = first; pcr <= last; pcr++) {
    if (pcrs.has(pcr)) throw textError(`names PCR ${pcr} twice`);
    pcrs.add(pcr);
  }
}

function textError(what: string): EvidenceError {
  return new EvidenceError('tpm.selection-text', `the PCR selection ${what}`);
}
