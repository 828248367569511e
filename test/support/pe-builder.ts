/** Builds small PE32+ images for tests, by the Microsoft PE format and independent of the reader under test. */

export interface PeParts {
  readonly sections: readonly { readonly name: string; readonly data: Uint8Array; readonly virtualSize?: number }[];
  /** Bytes behind the last section, before the certificate table. */
  readonly trailing?: Uint8Array;
  /** The attribute certificate table; eight-byte alignment is the caller's. */
  readonly certificates?: Uint8Array;
  /** Where the PE signature stands; the bytes from 0x40 on are free for other headers. */
  readonly peOffset?: number;
  /** Written over the bytes before the PE header, at their offsets. */
  readonly overlay?: ReadonlyMap<number, Uint8Array>;
}

const FILE_ALIGNMENT = 512;
const OPTIONAL_SIZE = 240;

export interface BuiltPe {
  readonly bytes: Buffer;
  readonly checksumOffset: number;
  readonly certificateEntryOffset: number;
  readonly sectionTable: number;
}

/** Names longer than eight characters go into a string table behind the last section, as GNU's linker does it. */
export function buildPe(parts: PeParts): BuiltPe {
  const pe = parts.peOffset ?? 0x80;
  const coff = pe + 4;
  const optional = coff + 20;
  const sectionTable = optional + OPTIONAL_SIZE;
  const headersEnd = alignUp(sectionTable + parts.sections.length * 40);
  const head = Buffer.alloc(headersEnd);
  head.write('MZ', 0, 'latin1');
  head.writeUInt32LE(pe, 0x3c);
  for (const [offset, bytes] of parts.overlay ?? []) head.set(bytes, offset);
  head.write('PE\0\0', pe, 'latin1');
  head.writeUInt16LE(0x8664, coff);
  head.writeUInt16LE(parts.sections.length, coff + 2);
  head.writeUInt16LE(OPTIONAL_SIZE, coff + 16);
  head.writeUInt16LE(0x20b, optional);
  head.writeUInt32LE(headersEnd, optional + 60);
  head.writeUInt32LE(0x12345678, optional + 64);
  head.writeUInt32LE(16, optional + 108);

  const chunks: Buffer[] = [head];
  let offset = headersEnd;
  let names = Buffer.alloc(4);
  parts.sections.forEach(({ name, data, virtualSize }, index) => {
    const at = sectionTable + index * 40;
    if (name.length > 8) {
      head.write(`/${names.length}`, at, 'latin1');
      names = Buffer.concat([names, Buffer.from(`${name}\0`)]);
    } else head.write(name, at, 'latin1');
    const size = alignUp(data.length);
    head.writeUInt32LE(virtualSize ?? data.length, at + 8);
    head.writeUInt32LE(0x1000 * (index + 1), at + 12);
    head.writeUInt32LE(size, at + 16);
    head.writeUInt32LE(size === 0 ? 0 : offset, at + 20);
    chunks.push(Buffer.from(data), Buffer.alloc(size - data.length));
    offset += size;
  });
  if (names.length > 4) {
    names.writeUInt32LE(names.length, 0);
    head.writeUInt32LE(offset, coff + 8);
    chunks.push(names);
    offset += names.length;
  }
  const trailing = Buffer.from(parts.trailing ?? []);
  chunks.push(trailing);
  offset += trailing.length;
  const certificateEntryOffset = optional + 112 + 4 * 8;
  if (parts.certificates !== undefined) {
    head.writeUInt32LE(offset, certificateEntryOffset);
    head.writeUInt32LE(parts.certificates.length, certificateEntryOffset + 4);
    chunks.push(Buffer.from(parts.certificates));
  }
  return { bytes: Buffer.concat(chunks), checksumOffset: optional + 64, certificateEntryOffset, sectionTable };
}

function alignUp(size: number): number {
  return Math.ceil(size / FILE_ALIGNMENT) * FILE_ALIGNMENT;
}
