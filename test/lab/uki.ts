/**
 * Builds a unified kernel image: sections appended to systemd's EFI stub. `objcopy` would do it too, but stamps the time of the build
 * into the PE header; here the same parts give the same bytes, so an image can be built again and still be the one in a fixture.
 */

export interface Section {
  readonly name: string;
  readonly address: number;
  readonly data: Uint8Array;
}

export interface UkiParts {
  readonly stub: Uint8Array;
  readonly osRelease: string;
  readonly commandLine: string;
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
}

/** Section order and addresses of a UKI made by hand with `objcopy`, as systemd 252's manual page shows it. */
export function ukiSections(parts: UkiParts): Section[] {
  return [
    { name: '.osrel', address: 0x20000, data: Buffer.from(parts.osRelease) },
    { name: '.cmdline', address: 0x30000, data: Buffer.from(parts.commandLine) },
    { name: '.linux', address: 0x2000000, data: parts.kernel },
    { name: '.initrd', address: 0x3000000, data: parts.initrd },
  ];
}

const COFF_SIZE = 20;
const SECTION_SIZE = 40;
const INITIALIZED_DATA_READABLE = 0x40000040;

/** Appends sections to a PE32+ image (Microsoft PE format, "COFF File Header" and "Section Table"). */
export function appendSections(image: Uint8Array, sections: readonly Section[]): Buffer {
  const source = Buffer.from(image);
  const coff = source.readUInt32LE(0x3c) + 4;
  if (source.toString('latin1', coff - 4, coff) !== 'PE\0\0') throw new Error('not a PE image');
  const count = source.readUInt16LE(coff + 2);
  const optional = coff + COFF_SIZE;
  const table = optional + source.readUInt16LE(coff + 16);
  const sectionAlignment = source.readUInt32LE(optional + 32);
  const fileAlignment = source.readUInt32LE(optional + 36);
  const headersEnd = source.readUInt32LE(optional + 60);
  if (table + (count + sections.length) * SECTION_SIZE > headersEnd)
    throw new Error('no room for more section headers');

  let end = headersEnd;
  for (let index = 0; index < count; index += 1) {
    const header = table + index * SECTION_SIZE;
    end = Math.max(end, source.readUInt32LE(header + 20) + source.readUInt32LE(header + 16));
  }
  const head = Buffer.from(source.subarray(0, end));
  const parts = [head];
  let offset = end;
  let imageEnd = 0;
  sections.forEach((section, index) => {
    const header = table + (count + index) * SECTION_SIZE;
    const start = roundUp(offset, fileAlignment);
    const size = roundUp(section.data.length, fileAlignment);
    head.fill(0, header, header + SECTION_SIZE);
    head.write(section.name, header, 8, 'latin1');
    head.writeUInt32LE(section.data.length, header + 8);
    head.writeUInt32LE(section.address, header + 12);
    head.writeUInt32LE(size, header + 16);
    head.writeUInt32LE(start, header + 20);
    head.writeUInt32LE(INITIALIZED_DATA_READABLE, header + 36);
    parts.push(Buffer.alloc(start - offset), Buffer.from(section.data), Buffer.alloc(size - section.data.length));
    offset = start + size;
    imageEnd = Math.max(imageEnd, section.address + section.data.length);
  });
  head.writeUInt16LE(count + sections.length, coff + 2);
  head.writeUInt32LE(0, coff + 8); // symbol table: cut off with what followed the last section
  head.writeUInt32LE(0, coff + 12);
  head.writeUInt32LE(roundUp(imageEnd, sectionAlignment), optional + 56);
  head.writeUInt32LE(0, optional + 64); // checksum: firmware does not read it
  return Buffer.concat(parts);
}

function roundUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
