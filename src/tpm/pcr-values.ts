/** PCR values beside a quote, and the files in which tpm2-tools keeps them. */

import { EvidenceError } from '../bytes/errors.ts';
import { hashById, hashByName, hashSize, type HashName } from '../bytes/hash.ts';
import { ByteReader } from '../bytes/reader.ts';
import { fromHex } from '../bytes/text.ts';
import {
  MAX_BANKS,
  MAX_PCR,
  readBitMap,
  selectionText,
  toSelection,
  type PcrSelection,
  type TpmsPcrSelection,
} from './selection.ts';

/** PCR values by bank and index. Nothing vouches for them until a quote's digest does. */
export type PcrValues = ReadonlyMap<HashName, ReadonlyMap<number, Uint8Array>>;

/** The PCRs that have a value, as a selection. */
export function selectionOf(values: PcrValues): PcrSelection {
  return toSelection(
    [...values].map(([bank, pcrs]) => ({ hash: hashByName(bank)!.id, sizeofSelect: 3, pcrSelect: [...pcrs.keys()] })),
  );
}

/** Whether there is a value for each PCR of a selection, and for no other. */
export function areOf(values: PcrValues, selection: PcrSelection): boolean {
  let more = 0;
  for (const pcrs of values.values()) more += pcrs.size;
  for (const [bank, pcrs] of selection) {
    const ofBank = values.get(bank);
    if (ofBank === undefined || !pcrs.every((pcr) => ofBank.has(pcr))) return false;
    more -= pcrs.length;
  }
  return more === 0;
}

/** TPML_PCR_SELECTION in memory: a count and 16 entries of 8 bytes. */
const SELECTION_BYTES = 4 + MAX_BANKS * 8;
/** TPML_DIGEST in memory: a count and 8 entries of a 16-bit size and 64 bytes. */
const DIGESTS_PER_LIST = 8;
const DIGEST_ROOM = 64;
const LIST_BYTES = 4 + DIGESTS_PER_LIST * (2 + DIGEST_ROOM);

/**
 * Reads what `tpm2_quote --pcr` and `tpm2_pcrread --output --format=serialized` write: the TSS's structures as they lie
 * in memory, little-endian (tpm2-tools `lib/files.c`, `pcr_selection` and `TPML_DIGEST` dumps).
 * @throws EvidenceError `tpm.pcrs-serialized`, `tpm.pcr-index`, `bytes.truncated`, `bytes.trailing`
 */
export function readSerializedPcrs(bytes: Uint8Array, part = 'pcrs'): PcrValues {
  const reader = new ByteReader(bytes, part);
  const selections = readMemorySelection(reader.slice(SELECTION_BYTES));
  const digests: Uint8Array[] = [];
  const lists = reader.u32();
  for (let i = 0; i < lists; i++) readMemoryDigests(reader.slice(LIST_BYTES), digests);
  reader.end();
  const values = new Map<HashName, Map<number, Uint8Array>>();
  let next = 0;
  for (const { hash, pcrSelect } of selections) {
    const bank = hashById(hash)!;
    if (values.has(bank.name)) throw reader.error('tpm.pcrs-serialized', `the bank ${bank.name} comes twice`);
    const pcrs = new Map<number, Uint8Array>();
    for (const pcr of pcrSelect) {
      const value = digests[next++];
      if (value?.length !== bank.size) {
        throw reader.error('tpm.pcrs-serialized', `${bank.name} PCR ${pcr} has no value of ${bank.size} bytes`);
      }
      pcrs.set(pcr, value);
    }
    values.set(bank.name, pcrs);
  }
  if (next !== digests.length)
    throw reader.error('tpm.pcrs-serialized', `${digests.length - next} values belong to no PCR`);
  return values;
}

function readMemorySelection(reader: ByteReader): TpmsPcrSelection[] {
  const count = reader.u32();
  if (count > MAX_BANKS) throw reader.error('tpm.pcrs-serialized', `${count} banks; there is room for ${MAX_BANKS}`);
  const selections: TpmsPcrSelection[] = [];
  for (let i = 0; i < count; i++) {
    const hash = reader.u16();
    const sizeofSelect = reader.u8();
    if (sizeofSelect > 4) throw reader.error('tpm.pcrs-serialized', `sizeofSelect ${sizeofSelect} is above 4`);
    const pcrSelect = readBitMap(reader, sizeofSelect);
    reader.take(5 - sizeofSelect);
    if (pcrSelect.length === 0) continue;
    if (hashById(hash) === undefined)
      throw reader.error('tpm.pcrs-serialized', `bank 0x${hash.toString(16)} is unknown`);
    selections.push({ hash, sizeofSelect, pcrSelect });
  }
  return selections;
}

function readMemoryDigests(reader: ByteReader, digests: Uint8Array[]): void {
  const count = reader.u32();
  if (count > DIGESTS_PER_LIST) throw reader.error('tpm.pcrs-serialized', `${count} digests; there is room for 8`);
  for (let i = 0; i < count; i++) {
    const size = reader.u16();
    if (size > DIGEST_ROOM)
      throw reader.error('tpm.pcrs-serialized', `a digest of ${size} bytes; there is room for 64`);
    digests.push(reader.take(DIGEST_ROOM).subarray(0, size));
  }
}

/**
 * Reads what `tpm2_pcrread --output` writes: the values one after the other, in the order of the selection.
 * @throws EvidenceError `tpm.pcrs-size` when the file is not exactly the selected values
 */
export function readConcatenatedPcrs(bytes: Uint8Array, selection: PcrSelection, part = 'pcrs'): PcrValues {
  const size = concatenatedSize(selection);
  if (bytes.length !== size) {
    const message = `${bytes.length} bytes, but the values of ${selectionText(selection)} are ${size} bytes`;
    throw new EvidenceError('tpm.pcrs-size', message, { part });
  }
  const reader = new ByteReader(bytes, part);
  return new Map(
    [...selection].map(([bank, pcrs]) => [bank, new Map(pcrs.map((pcr) => [pcr, reader.take(hashSize(bank))]))]),
  );
}

function concatenatedSize(selection: PcrSelection): number {
  return [...selection].reduce((sum, [bank, pcrs]) => sum + hashSize(bank) * pcrs.length, 0);
}

/** Four banks of 24 PCRs as text stay far below. */
const MAX_TEXT = 65536;

/**
 * Reads what `tpm2_pcrread` prints: a line per bank and, below it, a line per PCR. A bank without PCRs is not there.
 * @throws EvidenceError `tpm.pcrs-text`
 */
export function readPrintedPcrs(text: string): PcrValues {
  if (text.length > MAX_TEXT) throw textError(0, 'the text is too long');
  const values = new Map<HashName, Map<number, Uint8Array>>();
  let bank: { readonly name: HashName; readonly size: number } | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line === 'pcrs:') continue;
    const pcr = /^ {1,16}(\d{1,2}) {0,4}: 0x((?:[0-9A-Fa-f]{2}){20,64})$/.exec(line);
    if (pcr === null) {
      bank = hashByName(/^ {1,16}(\w{1,16}):$/.exec(line)?.[1] ?? '');
      if (bank === undefined) throw textError(index, 'neither a known bank nor a PCR value');
      if (values.has(bank.name)) throw textError(index, `the bank ${bank.name} comes twice`);
      values.set(bank.name, new Map());
      continue;
    }
    const number = Number(pcr[1]);
    const value = fromHex(pcr[2]!);
    const pcrs = bank && values.get(bank.name);
    if (pcrs === undefined) throw textError(index, 'a PCR value before the first bank');
    if (number > MAX_PCR || pcrs.has(number)) throw textError(index, `PCR ${number} is not there or comes twice`);
    if (value.length !== bank?.size) throw textError(index, `${value.length} bytes are not a value of ${bank?.name}`);
    pcrs.set(number, value);
  }
  return new Map([...values].filter(([, pcrs]) => pcrs.size > 0));
}

function textError(line: number, what: string): EvidenceError {
  return new EvidenceError('tpm.pcrs-text', `PCR values, line ${line + 1}: ${what}`, { part: 'pcrs' });
}

/**
 * Reads a file of PCR values in any layout of tpm2-tools.
 * @param selection what the concatenated layout holds; the others say so themselves
 * @throws EvidenceError as the three readers, `tpm.pcrs-selection` when the layout needs a selection and none is given
 */
export function readPcrs(bytes: Uint8Array, selection?: PcrSelection, part = 'pcrs'): PcrValues {
  if (looksPrinted(bytes)) return readPrintedPcrs(Buffer.from(bytes).toString('latin1'));
  if (looksSerialized(bytes)) return readSerializedPcrs(bytes, part);
  if (selection !== undefined) return readConcatenatedPcrs(bytes, selection, part);
  throw new EvidenceError('tpm.pcrs-selection', 'values without a selection: say which PCRs of which bank they are', {
    part,
  });
}

/** The number of banks can be one, and the length is that of as many lists of digests as are announced. */
function looksSerialized(bytes: Uint8Array): boolean {
  if (bytes.length < SELECTION_BYTES + 4) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lists = view.getUint32(SELECTION_BYTES, true);
  return view.getUint32(0, true) <= MAX_BANKS && bytes.length === SELECTION_BYTES + 4 + lists * LIST_BYTES;
}

function looksPrinted(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f));
}
