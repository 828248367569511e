/** UEFI_VARIABLE_DATA: a variable as the firmware logs it (PFP 1.06, 10.2.6). */

import { ByteReader } from '../bytes/reader.ts';
import { guidText } from './guid.ts';
import { utf16Text } from './utf16.ts';

/** The structure, read. */
export interface UefiVariableData {
  /** VariableName, a GUID in registry form */
  readonly guid: string;
  /** UnicodeName; it has no terminator, a NUL in it is part of the name */
  readonly name: string;
  readonly data: Uint8Array;
  /** offset of `data` from the start of the structure */
  readonly dataOffset: number;
  /** bytes after the structure; none where the specification is followed */
  readonly trailing: Uint8Array;
}

/**
 * Reads UEFI_VARIABLE_DATA from the start of `bytes`.
 * @param base offset of `bytes` in `part`
 * @throws EvidenceError `bytes.truncated`, `uefi.variable-length`, `uefi.utf16`
 */
export function parseVariableData(bytes: Uint8Array, part: string, base: number): UefiVariableData {
  const r = new ByteReader(bytes, part, base);
  const guid = guidText(r.take(16));
  const nameLength = r.u64();
  const dataLength = r.u64();
  // Compared before they become numbers, which could round them.
  if (nameLength * 2n + dataLength > BigInt(r.remaining)) {
    throw r.error(
      'uefi.variable-length',
      `name of ${nameLength} characters and data of ${dataLength} bytes do not fit`,
    );
  }
  const nameOffset = r.position;
  const name = utf16Text(r.take(Number(nameLength) * 2), part, nameOffset);
  const dataOffset = r.offset;
  const data = r.take(Number(dataLength));
  return { guid, name, data, dataOffset, trailing: r.rest() };
}
