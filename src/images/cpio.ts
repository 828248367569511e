/**
 * Reader of cpio archives in the "newc" form the kernel unpacks as its first file system (Linux
 * Documentation/driver-api/early-userspace/buffer-format.rst).
 */

import { EvidenceError } from '../bytes/errors.ts';
import { ByteReader } from '../bytes/reader.ts';

/** The kernel's PATH_MAX: it skips longer names, and so an archive with one is not what it seems. */
const MAX_NAME = 4096;
/** A full distribution has some 10^5 files; an archive of empty entries must not cost more memory than that. */
const MAX_ENTRIES = 500_000;

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const HEADER = 110;

/** One regular file of an archive. */
export interface CpioFile {
  /** Absolute, as the kernel creates it: `/usr/bin/swtpm`. */
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * Regular files of the archive `bytes` starts with, in order, and the bytes read up to and with its trailer. Links to one file
 * (`nlink` above one, same inode) share the content that stands with any of them.
 * @throws EvidenceError `cpio.magic`, `cpio.header`, `cpio.name`, `cpio.count`, `bytes.truncated`
 */
export function readCpio(bytes: Uint8Array, part: string): { files: CpioFile[]; length: number } {
  const reader = new ByteReader(bytes, part);
  const files: { path: string; content: Uint8Array; link: string | undefined }[] = [];
  const linked = new Map<string, Uint8Array>();
  for (let count = 0; ; count++) {
    if (count === MAX_ENTRIES) throw reader.error('cpio.count', `more than ${MAX_ENTRIES} entries`);
    const entry = readHeader(reader);
    const name = readName(reader, entry.nameSize);
    align(reader);
    if (name === 'TRAILER!!!') break;
    const content = reader.take(entry.size);
    align(reader);
    if ((entry.mode & S_IFMT) !== S_IFREG) continue;
    const link = entry.nlink > 1 ? entry.inode : undefined;
    if (link !== undefined && content.length > 0) linked.set(link, content);
    files.push({ path: absolute(name, reader), content, link });
  }
  return {
    files: files.map(({ path, content, link }) => ({
      path,
      content: link === undefined ? content : (linked.get(link) ?? content),
    })),
    length: reader.offset,
  };
}

interface CpioHeader {
  /** Inode and device numbers together: what links share. */
  readonly inode: string;
  readonly mode: number;
  readonly nlink: number;
  readonly size: number;
  readonly nameSize: number;
}

function readHeader(reader: ByteReader): CpioHeader {
  const { part, position } = reader;
  const fail = (code: string, message: string): EvidenceError =>
    new EvidenceError(code, `${message} (${part}, offset ${position})`, { part, offset: position });
  const text = Buffer.from(reader.take(HEADER)).toString('latin1');
  // 070702 adds a checksum the kernel ignores; the layout is the same.
  if (!text.startsWith('070701') && !text.startsWith('070702')) throw fail('cpio.magic', 'not a newc cpio entry');
  if (!/^[0-9a-fA-F]+$/.test(text)) throw fail('cpio.header', 'a header field is not hexadecimal');
  const field = (index: number): number => Number.parseInt(text.slice(6 + index * 8, 14 + index * 8), 16);
  return {
    inode: `${field(0)}.${field(7)}.${field(8)}`,
    mode: field(1),
    nlink: field(4),
    size: field(6),
    nameSize: field(11),
  };
}

function readName(reader: ByteReader, size: number): string {
  if (size < 2 || size > MAX_NAME) throw reader.error('cpio.name', `a name of ${size} bytes`);
  const raw = reader.take(size);
  if (raw.indexOf(0) !== size - 1) throw reader.error('cpio.name', 'the name does not end at its NUL');
  return Buffer.from(raw.subarray(0, -1)).toString('utf8');
}

/** `./usr//bin/x` and `usr/bin/x` are one file. A `..` could name a file twice and is in no image. */
function absolute(name: string, reader: ByteReader): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || parts.length === 0) throw reader.error('cpio.name', 'a name that leaves the archive');
  return `/${parts.join('/')}`;
}

function align(reader: ByteReader): void {
  // The last entry's padding may be cut off with the file.
  reader.take(Math.min((4 - (reader.offset % 4)) % 4, reader.remaining));
}
