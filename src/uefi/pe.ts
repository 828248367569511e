/** Reader of PE/COFF images, as UEFI firmware loads them (Microsoft PE format; UEFI 2.10, 2.1.1). */

import { EvidenceError } from '../bytes/errors.ts';
import { ByteReader } from '../bytes/reader.ts';

/** The PE format's own limit for images (the section number is 16 bit, loaders stop at 96). */
const MAX_SECTIONS = 96;

/** Zero bytes a section may have in memory beyond its bytes in the file; `.bss`-like data of boot programs is far smaller. */
const MAX_ZERO_FILL = 16 << 20;

const PE32 = 0x10b;
const PE32_PLUS = 0x20b;

/** Size of a COFF symbol; the string table follows the last. */
const SYMBOL_SIZE = 18;
/** Longest section name read from the string table; real ones have about a dozen characters. */
const MAX_NAME = 256;

/** Index of the attribute certificate table among the data directories. */
const SECURITY_DIRECTORY = 4;

interface PeSection {
  readonly name: string;
  readonly virtualAddress: number;
  readonly virtualSize: number;
  readonly pointerToRawData: number;
  readonly sizeOfRawData: number;
}

/** An image whose headers were read. */
export interface PeImage {
  readonly bytes: Uint8Array;
  readonly part: string;
  /** IMAGE_FILE_MACHINE_* */
  readonly machine: number;
  readonly sizeOfHeaders: number;
  /** In the order of the section table. */
  readonly sections: readonly PeSection[];
  readonly checksumOffset: number;
  /** Where the certificate table's directory entry stands, if the header has room for one. */
  readonly certificateEntryOffset: number | undefined;
  /** The attribute certificate table: file offset and size, both zero when the image is unsigned. */
  readonly certificateTable: { readonly offset: number; readonly size: number };
}

/**
 * Reads the headers; every section and the certificate table lie inside the file.
 * @throws EvidenceError `pe.magic`, `pe.header`, `pe.sections`, `pe.certificate-table`, `bytes.truncated`
 */
export function readPe(bytes: Uint8Array, part: string): PeImage {
  const dos = new ByteReader(bytes, part);
  if (dos.u16() !== 0x5a4d) throw fail(part, 0, 'pe.magic', 'no MZ signature');
  const peOffset = at(bytes, part, 0x3c).u32();
  const coff = at(bytes, part, peOffset);
  if (coff.u32() !== 0x00004550) throw fail(part, peOffset, 'pe.magic', 'no PE signature');
  const machine = coff.u16();
  const sectionCount = coff.u16();
  coff.u32(); // time stamp
  const symbolTable = coff.u32();
  const symbols = coff.u32();
  const optionalSize = coff.u16();
  coff.take(2); // characteristics
  const optionalOffset = peOffset + 24;
  const optional = coff.slice(optionalSize);

  const magic = optional.u16();
  if (magic !== PE32 && magic !== PE32_PLUS) throw fail(part, optionalOffset, 'pe.header', 'neither PE32 nor PE32+');
  optional.take(58);
  const sizeOfHeaders = optional.u32();
  const checksumOffset = optionalOffset + 64;
  optional.take(4 + 4); // checksum, subsystem, DLL characteristics
  optional.take(magic === PE32 ? 16 + 4 : 32 + 4); // stack and heap sizes, loader flags
  const directories = optional.u32();
  const directoryOffset = optionalOffset + optional.offset;
  const tableOffset = optionalOffset + optionalSize;

  if (sectionCount === 0 || sectionCount > MAX_SECTIONS) {
    throw fail(part, peOffset + 6, 'pe.sections', `${sectionCount} sections, 1 to ${MAX_SECTIONS} allowed`);
  }
  const tableEnd = tableOffset + sectionCount * 40;
  if (sizeOfHeaders < tableEnd || sizeOfHeaders > bytes.length) {
    throw fail(
      part,
      optionalOffset + 60,
      'pe.header',
      `SizeOfHeaders ${sizeOfHeaders} outside the section table's end and the file`,
    );
  }

  let certificateEntryOffset: number | undefined;
  let certificateTable = { offset: 0, size: 0 };
  if (directories > SECURITY_DIRECTORY) {
    optional.take(SECURITY_DIRECTORY * 8);
    certificateEntryOffset = directoryOffset + SECURITY_DIRECTORY * 8;
    certificateTable = { offset: optional.u32(), size: optional.u32() };
    checkCertificateTable(bytes, part, certificateEntryOffset, certificateTable, sizeOfHeaders);
  }
  const longNames = symbolTable === 0 ? undefined : stringTable(bytes, symbolTable + symbols * SYMBOL_SIZE);
  const sections = readSections(bytes, part, tableOffset, sectionCount, longNames);
  return { bytes, part, machine, sizeOfHeaders, sections, checksumOffset, certificateEntryOffset, certificateTable };
}

/** The one section of this name. A second one is refused: which of them counts depends on who reads. */
export function peSection(image: PeImage, name: string): PeSection | undefined {
  const found = image.sections.filter((section) => section.name === name);
  if (found.length > 1) throw fail(image.part, 0, 'pe.sections', `${found.length} sections are named ${name}`);
  return found[0];
}

/**
 * A section as it stands in memory: `virtualSize` bytes, zero-filled behind the bytes of the file.
 * @throws EvidenceError `pe.sections` for a zero fill beyond any real one
 */
export function sectionContent(image: PeImage, section: PeSection): Uint8Array {
  const { pointerToRawData, sizeOfRawData, virtualSize } = section;
  if (virtualSize <= sizeOfRawData) return image.bytes.subarray(pointerToRawData, pointerToRawData + virtualSize);
  if (virtualSize - sizeOfRawData > MAX_ZERO_FILL) {
    throw fail(
      image.part,
      pointerToRawData,
      'pe.sections',
      `section ${section.name} is larger in memory than its file allows`,
    );
  }
  const content = new Uint8Array(virtualSize);
  content.set(image.bytes.subarray(pointerToRawData, pointerToRawData + sizeOfRawData));
  return content;
}

/** The COFF string table at `offset`, or undefined where tools cut it off: then long names stay `/number`. */
function stringTable(bytes: Uint8Array, offset: number): Uint8Array | undefined {
  if (offset + 4 > bytes.length) return undefined;
  const size = new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0, true);
  return offset + size > bytes.length ? undefined : bytes.subarray(offset, offset + size);
}

/** Eight bytes, or `/decimal`: the offset of a longer name in the string table, as GNU's linker writes it. */
function sectionName(field: Uint8Array, longNames: Uint8Array | undefined): string {
  const name = Buffer.from(field).toString('latin1').replace(/\0+$/, '');
  const offset = /^\/(\d{1,7})$/.exec(name)?.[1];
  if (offset === undefined || longNames === undefined) return name;
  const rest = longNames.subarray(Number(offset), Number(offset) + MAX_NAME);
  const end = rest.indexOf(0);
  return end < 1 ? name : Buffer.from(rest.subarray(0, end)).toString('latin1');
}

function readSections(
  bytes: Uint8Array,
  part: string,
  offset: number,
  count: number,
  longNames: Uint8Array | undefined,
): PeSection[] {
  const table = at(bytes, part, offset);
  const sections: PeSection[] = [];
  for (let index = 0; index < count; index++) {
    const start = table.position;
    const name = sectionName(table.take(8), longNames);
    const virtualSize = table.u32();
    const virtualAddress = table.u32();
    const sizeOfRawData = table.u32();
    const pointerToRawData = table.u32();
    table.take(16); // relocations, line numbers, characteristics
    if (sizeOfRawData > 0 && pointerToRawData + sizeOfRawData > bytes.length) {
      throw fail(part, start, 'pe.sections', `section ${index} lies outside the file`);
    }
    sections.push({ name, virtualAddress, virtualSize, pointerToRawData, sizeOfRawData });
  }
  return sections;
}

function checkCertificateTable(
  bytes: Uint8Array,
  part: string,
  entryOffset: number,
  table: { offset: number; size: number },
  sizeOfHeaders: number,
): void {
  if (table.size === 0) return;
  // Signing appends the table, so it ends the file; in another place the digest would cover other bytes for each reader.
  if (table.offset < sizeOfHeaders || table.offset + table.size !== bytes.length) {
    throw fail(part, entryOffset, 'pe.certificate-table', 'the certificate table is not the end of the file');
  }
}

function at(bytes: Uint8Array, part: string, offset: number): ByteReader {
  if (offset > bytes.length) throw fail(part, offset, 'pe.header', 'offset outside the file');
  return new ByteReader(bytes.subarray(offset), part, offset);
}

function fail(part: string, offset: number, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `PE image: ${message} (${part}, offset ${offset})`, { part, offset });
}
