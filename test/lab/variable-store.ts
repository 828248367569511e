/**
 * Edits of an OVMF variable store (the flash file behind `OVMF_VARS_*.fd`): a firmware volume that holds one authenticated variable
 * store (edk2 MdeModulePkg/Include/Guid/VariableFormat.h). Enough to switch Secure Boot off, take the platform key out and enrol a
 * certificate, as an operator at the machine's setup screen would.
 */
import { readGuid, writeGuid } from './guid.ts';

const STORE_GUID = 'aaf32c78-947b-439a-a180-2e144ec37792';
export const GLOBAL_VARIABLE = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
export const IMAGE_SECURITY = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f';
export const SECURE_BOOT_ENABLE = 'f0a30bc7-af08-4556-99c4-001009c93a44';
const CERT_X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';

const STORE_HEADER = 28;
const VARIABLE_HEADER = 60;
const START_ID = 0x55aa;
/** Bits of `State` are cleared, never set: flash can only be written towards zero. */
const ADDED = 0x3f;
const DELETED = 0xfd;

export interface StoredVariable {
  readonly name: string;
  readonly vendor: string;
  readonly attributes: number;
  readonly data: Buffer;
  readonly offset: number;
}

/** Variables that are in force. */
export function readVariables(store: Buffer): StoredVariable[] {
  return scan(store).variables;
}

/** A copy in which the variable is marked deleted. */
export function deleteVariable(store: Buffer, vendor: string, name: string): Buffer {
  const found = find(store, vendor, name);
  const copy = Buffer.from(store);
  copy.writeUInt8(ADDED & DELETED, found.offset + 2);
  return copy;
}

/** A copy in which the variable has other data of any length, with its attributes and time kept. */
export function replaceVariable(store: Buffer, vendor: string, name: string, data: Uint8Array): Buffer {
  const old = find(store, vendor, name);
  const copy = deleteVariable(store, vendor, name);
  const { free, end } = scan(store);
  const nameBytes = Buffer.from(`${name}\0`, 'utf16le');
  const size = VARIABLE_HEADER + nameBytes.length + data.length;
  if (free + size > end) throw new Error('the variable store is full');
  store.copy(copy, free, old.offset, old.offset + VARIABLE_HEADER);
  copy.writeUInt32LE(nameBytes.length, free + 36);
  copy.writeUInt32LE(data.length, free + 40);
  nameBytes.copy(copy, free + VARIABLE_HEADER);
  copy.set(data, free + VARIABLE_HEADER + nameBytes.length);
  return copy;
}

/** One EFI_SIGNATURE_LIST that holds one X.509 certificate (UEFI 2.10, section 32.4.1). */
export function certificateList(owner: string, certificate: Uint8Array): Buffer {
  const head = Buffer.alloc(28);
  writeGuid(head, 0, CERT_X509);
  head.writeUInt32LE(28 + 16 + certificate.length, 16);
  head.writeUInt32LE(0, 20);
  head.writeUInt32LE(16 + certificate.length, 24);
  const id = Buffer.alloc(16);
  writeGuid(id, 0, owner);
  return Buffer.concat([head, id, certificate]);
}

function find(store: Buffer, vendor: string, name: string): StoredVariable {
  const found = readVariables(store).find((one) => one.name === name && one.vendor === vendor);
  if (found === undefined) throw new Error(`the variable store has no ${name}`);
  return found;
}

interface Scan {
  readonly variables: StoredVariable[];
  /** Where the next variable goes. */
  readonly free: number;
  readonly end: number;
}

function scan(store: Buffer): Scan {
  const base = store.readUInt16LE(48);
  if (readGuid(store, base) !== STORE_GUID) throw new Error('not an authenticated variable store');
  const end = base + store.readUInt32LE(base + 16);
  const variables: StoredVariable[] = [];
  let offset = base + STORE_HEADER;
  while (offset + VARIABLE_HEADER <= end && store.readUInt16LE(offset) === START_ID) {
    const nameSize = store.readUInt32LE(offset + 36);
    const dataSize = store.readUInt32LE(offset + 40);
    const data = offset + VARIABLE_HEADER + nameSize;
    if (store.readUInt8(offset + 2) === ADDED) {
      variables.push({
        name: store.toString('utf16le', offset + VARIABLE_HEADER, data - 2),
        vendor: readGuid(store, offset + 44),
        attributes: store.readUInt32LE(offset + 4),
        data: Buffer.from(store.subarray(data, data + dataSize)),
        offset,
      });
    }
    offset = (data + dataSize + 3) & ~3;
  }
  return { variables, free: offset, end };
}
