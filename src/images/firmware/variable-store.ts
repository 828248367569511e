/**
 * Reader of an edk2 variable store: the firmware volume that holds the authenticated variables, as `OVMF_VARS*.fd` has it
 * (edk2 MdeModulePkg/Include/Guid/VariableFormat.h).
 */

import { ByteReader } from '../../bytes/reader.ts';
import { guidText } from '../../uefi/guid.ts';
import { utf16Text } from '../../uefi/utf16.ts';

const AUTHENTICATED_STORE = 'aaf32c78-947b-439a-a180-2e144ec37792';
const START_ID = 0x55aa;
/** VAR_ADDED; a deleted or half-written variable has further bits cleared. */
const STATE_ADDED = 0x3f;
const STORE_FORMATTED = 0x5a;
const STORE_HEALTHY = 0xfe;
/** A store is some hundred kilobytes, a variable at least 60 bytes. */
const MAX_VARIABLES = 10_000;

export interface StoredVariable {
  /** VendorGuid, in registry form */
  readonly guid: string;
  readonly name: string;
  readonly attributes: number;
  readonly data: Uint8Array;
}

/**
 * The variables in force, in the order they were written.
 * @throws EvidenceError `variables.volume`, `variables.store`, `variables.twice`, `bytes.truncated`, `uefi.utf16`
 */
export function readVariableStore(flash: Uint8Array, part: string): StoredVariable[] {
  const volume = new ByteReader(flash, part);
  volume.take(40);
  if (volume.u32() !== 0x4856465f) throw volume.error('variables.volume', 'not a firmware volume (_FVH)');
  volume.u32();
  const store = volume.u16();
  const header = new ByteReader(flash.subarray(store), part, store);
  if (guidText(header.take(16)) !== AUTHENTICATED_STORE) {
    throw header.error('variables.store', 'the volume does not start with an authenticated variable store');
  }
  const size = header.u32();
  if (header.u8() !== STORE_FORMATTED || header.u8() !== STORE_HEALTHY) {
    throw header.error('variables.store', 'the store is not formatted and healthy');
  }
  header.take(6);
  if (size < header.offset) throw header.error('variables.store', `a store of ${size} bytes`);
  return readVariables(header.slice(size - header.offset));
}

function readVariables(reader: ByteReader): StoredVariable[] {
  const variables: StoredVariable[] = [];
  const seen = new Set<string>();
  for (let count = 0; reader.remaining >= 2; count++) {
    // Erased flash behind the last variable.
    if (reader.u16() !== START_ID) break;
    if (count === MAX_VARIABLES) throw reader.error('variables.store', `more than ${MAX_VARIABLES} variables`);
    const state = reader.u8();
    reader.u8();
    const attributes = reader.u32();
    reader.take(8 + 16 + 4); // monotonic count, time stamp, public key index
    const nameSize = reader.u32();
    const dataSize = reader.u32();
    const guid = guidText(reader.take(16));
    const nameOffset = reader.position;
    const nameBytes = reader.take(nameSize);
    const data = reader.take(dataSize);
    reader.take(Math.min((4 - (reader.position % 4)) % 4, reader.remaining));
    if (state !== STATE_ADDED) continue;
    const name = utf16Text(nameBytes, reader.part, nameOffset).replace(/\0$/, '');
    const key = `${guid} ${name}`;
    if (seen.has(key)) throw reader.error('variables.twice', `the variable ${name} is in force twice`);
    seen.add(key);
    variables.push({ guid, name, attributes, data });
  }
  return variables;
}

/** The data of one variable; a variable that is not there is empty, as the firmware measures it. */
export function variableData(variables: readonly StoredVariable[], guid: string, name: string): Uint8Array {
  return variables.find((one) => one.guid === guid && one.name === name)?.data ?? new Uint8Array();
}
