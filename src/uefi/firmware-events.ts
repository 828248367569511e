/** The event structures by which firmware describes what it measured: images, firmware blobs, handed-over tables. */

import { ByteReader } from '../bytes/reader.ts';
import { guidText } from './guid.ts';

/** UEFI_IMAGE_LOAD_EVENT (PFP 1.06, 10.2.3) */
export interface ImageLoadEvent {
  readonly imageLocationInMemory: bigint;
  readonly imageLengthInMemory: bigint;
  readonly imageLinkTimeAddress: bigint;
  /** DevicePath as bytes; see `devicePathText` */
  readonly devicePath: Uint8Array;
  /** offset of the device path from the start of the structure */
  readonly devicePathOffset: number;
  /** bytes after the device path: none by the specification, but shim and GRUB log 8 or 9 that mean nothing */
  readonly trailing: Uint8Array;
}

/** @throws EvidenceError `bytes.truncated`, `uefi.image-load-path` */
export function parseImageLoadEvent(bytes: Uint8Array, part: string, base: number): ImageLoadEvent {
  const r = new ByteReader(bytes, part, base);
  const imageLocationInMemory = r.u64();
  const imageLengthInMemory = r.u64();
  const imageLinkTimeAddress = r.u64();
  const pathLength = r.u64();
  if (pathLength > BigInt(r.remaining)) {
    throw r.error('uefi.image-load-path', `a device path of ${pathLength} bytes does not fit`);
  }
  const devicePathOffset = r.offset;
  const devicePath = r.take(Number(pathLength));
  const trailing = r.rest();
  return { imageLocationInMemory, imageLengthInMemory, imageLinkTimeAddress, devicePath, devicePathOffset, trailing };
}

/** UEFI_PLATFORM_FIRMWARE_BLOB and UEFI_PLATFORM_FIRMWARE_BLOB2 (PFP 1.06, 10.2.4) */
export interface FirmwareBlob {
  /** BlobDescription, of BLOB2 alone; ASCII by the specification, read as Latin-1 */
  readonly description: string | undefined;
  readonly blobBase: bigint;
  readonly blobLength: bigint;
}

/** @throws EvidenceError `bytes.truncated`, `bytes.trailing` */
export function parseFirmwareBlob(bytes: Uint8Array, part: string, base: number): FirmwareBlob {
  const r = new ByteReader(bytes, part, base);
  const blob = { description: undefined, blobBase: r.u64(), blobLength: r.u64() };
  r.end();
  return blob;
}

/** @throws EvidenceError `bytes.truncated`, `bytes.trailing` */
export function parseFirmwareBlob2(bytes: Uint8Array, part: string, base: number): FirmwareBlob {
  const r = new ByteReader(bytes, part, base);
  const blob = { description: readDescription(r), blobBase: r.u64(), blobLength: r.u64() };
  r.end();
  return blob;
}

/** UEFI_HANDOFF_TABLE_POINTERS and POINTERS2 (PFP 1.06, 10.2.7): EFI_CONFIGURATION_TABLE entries */
export interface HandoffTables {
  /** TableDescription, of POINTERS2 alone; ASCII by the specification, read as Latin-1 */
  readonly description: string | undefined;
  readonly tables: readonly { readonly guid: string; readonly address: bigint }[];
}

/** @throws EvidenceError `bytes.truncated`, `bytes.trailing`, `uefi.handoff-count` */
export function parseHandoffTables(bytes: Uint8Array, part: string, base: number): HandoffTables {
  const r = new ByteReader(bytes, part, base);
  return { description: undefined, tables: readTables(r) };
}

/** @throws EvidenceError `bytes.truncated`, `bytes.trailing`, `uefi.handoff-count` */
export function parseHandoffTables2(bytes: Uint8Array, part: string, base: number): HandoffTables {
  const r = new ByteReader(bytes, part, base);
  return { description: readDescription(r), tables: readTables(r) };
}

const TABLE_ENTRY_SIZE = 24;

function readTables(r: ByteReader): { guid: string; address: bigint }[] {
  const count = r.u64();
  if (count * BigInt(TABLE_ENTRY_SIZE) > BigInt(r.remaining)) {
    throw r.error('uefi.handoff-count', `${count} table pointers do not fit`);
  }
  const tables: { guid: string; address: bigint }[] = [];
  for (let i = 0; i < Number(count); i++) tables.push({ guid: guidText(r.take(16)), address: r.u64() });
  r.end();
  return tables;
}

/** A description: one length byte, then that many characters, the last of them usually NUL. */
function readDescription(r: ByteReader): string {
  const bytes = r.take(r.u8());
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString('latin1');
}
