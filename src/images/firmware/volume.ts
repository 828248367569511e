/** Reader of UEFI firmware volumes, files and sections (UEFI PI 1.7, volume 3), as far as to find the volume with the DXE core. */

import { EvidenceError } from '../../bytes/errors.ts';
import { ByteReader } from '../../bytes/reader.ts';
import { guidText } from '../../uefi/guid.ts';
import { decodeLzma } from './lzma.ts';

const LZMA_SECTION = 'ee4e5898-3914-4259-9d6e-dc7bd79403cf';
const SECTION_GUID_DEFINED = 0x02;
const SECTION_VOLUME_IMAGE = 0x17;
const FILE_DXE_CORE = 0x05;
const FILE_PAD = 0xf0;
const FILE_LARGE = 0x01;
const FILE_HEADER = 24;

/** A volume holds some hundred files, a file a few sections. */
const MAX_FILES = 10_000;
/** A flash image has one compressed section, or one for each of a few stages; each may unpack to megabytes. */
const MAX_COMPRESSED = 8;
/** Flash ⊃ compressed section ⊃ volume ⊃ file ⊃ section: nothing real nests deeper. */
const MAX_DEPTH = 8;

/**
 * Every volume that holds the DXE core: what edk2 measures into PCR 0 as it hands over to it. Compressed sections are unpacked.
 * @throws EvidenceError `firmware.*`, `lzma.*`, `bytes.truncated`
 */
export function dxeVolumes(flash: Uint8Array, part: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  const unpack = unpacker(part);
  const open: { volume: Uint8Array; depth: number }[] = volumesIn(flash).map((volume) => ({ volume, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { volume, depth } = next;
    if (depth > MAX_DEPTH) throw fail(part, 'firmware.depth', `volumes nested deeper than ${MAX_DEPTH}`);
    for (const file of filesOf(volume, part)) {
      if (file.type === FILE_DXE_CORE) found.push(volume);
      for (const inner of volumesOfFile(file.content, unpack)) open.push({ volume: inner, depth: depth + 1 });
    }
  }
  return found;
}

/** Volumes by their header signature, wherever they start on a multiple of eight bytes. */
function volumesIn(bytes: Uint8Array): Uint8Array[] {
  const volumes: Uint8Array[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = buffer.indexOf('_FVH'); at >= 0;) {
    const start = at - 40;
    const length = start < 0 || start + 56 > bytes.length ? 0 : Number(buffer.readBigUInt64LE(start + 32));
    const whole = start >= 0 && start % 8 === 0 && length >= 56 && start + length <= bytes.length;
    if (whole) volumes.push(bytes.subarray(start, start + length));
    at = buffer.indexOf('_FVH', whole ? start + length : at + 4);
  }
  return volumes;
}

interface FirmwareFile {
  readonly type: number;
  readonly content: Uint8Array;
}

function filesOf(volume: Uint8Array, part: string): FirmwareFile[] {
  const header = new ByteReader(volume, part);
  header.take(48);
  const headerLength = header.u16();
  header.u16(); // checksum
  const extension = header.u16();
  const start =
    extension === 0 ? headerLength : extension + new ByteReader(volume.subarray(extension + 16), part).u32();
  const files: FirmwareFile[] = [];
  for (let at = align(start, 8); at + FILE_HEADER <= volume.length;) {
    const reader = new ByteReader(volume.subarray(at), part, at);
    reader.take(18); // name, integrity check
    const type = reader.u8();
    const attributes = reader.u8();
    const size24 = reader.u16() | (reader.u8() << 16);
    reader.u8(); // state
    // Erased flash after the last file.
    if (type === 0xff && size24 === 0xffffff) break;
    const large = (attributes & FILE_LARGE) !== 0;
    const size = large ? Number(reader.u64()) : size24;
    const headerSize = large ? FILE_HEADER + 8 : FILE_HEADER;
    if (size < headerSize || size > volume.length - at)
      throw fail(part, 'firmware.file', `a file of ${size} bytes at ${at}`);
    if (type !== FILE_PAD) files.push({ type, content: volume.subarray(at + headerSize, at + size) });
    if (files.length > MAX_FILES) throw fail(part, 'firmware.file', `more than ${MAX_FILES} files`);
    at = align(at + size, 8);
  }
  return files;
}

/** Volumes inside a file: in its own sections, and in those of a section that was compressed. */
function volumesOfFile(content: Uint8Array, unpack: (section: Section) => Uint8Array): Uint8Array[] {
  return sectionsOf(content)
    .flatMap((section) => (isCompressed(section) ? sectionsOf(unpack(section)) : [section]))
    .filter((section) => section.type === SECTION_VOLUME_IMAGE)
    .flatMap((section) => volumesIn(section.body));
}

/** EFI_GUID_DEFINED_SECTION: GUID and data offset follow the common header. */
function isCompressed({ type, body }: Section): boolean {
  return type === SECTION_GUID_DEFINED && body.length >= 20 && guidText(body.subarray(0, 16)) === LZMA_SECTION;
}

function unpacker(part: string): (section: Section) => Uint8Array {
  let count = 0;
  return ({ body, header }) => {
    if (++count > MAX_COMPRESSED)
      throw fail(part, 'firmware.compressed', `more than ${MAX_COMPRESSED} compressed sections`);
    const dataOffset = new ByteReader(body.subarray(16), part).u16() - header;
    if (dataOffset < 20) throw fail(part, 'firmware.compressed', 'data that starts inside its header');
    return decodeLzma(body.subarray(dataOffset), `${part} (LZMA section)`);
  };
}

interface Section {
  readonly type: number;
  /** Size of the common header: offsets a section states count from the header's start. */
  readonly header: number;
  readonly body: Uint8Array;
}

/** Sections one after the other; a file that is raw data has none, so the walk ends where the sizes stop making sense. */
function sectionsOf(content: Uint8Array): Section[] {
  const sections: Section[] = [];
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  for (let at = 0; at + 8 <= content.length;) {
    const extended = buffer.readUIntLE(at, 3) === 0xffffff;
    const size = extended ? buffer.readUInt32LE(at + 4) : buffer.readUIntLE(at, 3);
    const header = extended ? 8 : 4;
    if (size < header || size > content.length - at) break;
    sections.push({ type: buffer.readUInt8(at + 3), header, body: content.subarray(at + header, at + size) });
    at = align(at + size, 4);
  }
  return sections;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

function fail(part: string, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `firmware: ${message} (${part})`, { part });
}
