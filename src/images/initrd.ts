/** What an initrd holds: archives one after the other, each plain or compressed, as the kernel unpacks them. */

import { gunzipSync } from 'node:zlib';
import { Decompress } from 'fzstd';
import { EvidenceError } from '../bytes/errors.ts';
import { digestHex } from '../bytes/hash.ts';
import { ByteReader } from '../bytes/reader.ts';
import type { ManifestFile } from '../references/manifest.ts';
import { componentOf } from './components.ts';
import { readCpio, type CpioFile } from './cpio.ts';

/** Unpacked initrds of whole systems reach some hundred megabytes; a bomb must not fill the memory. */
const MAX_UNPACKED = 2 ** 30;
/** Early microcode, a base and add-ons: a handful. */
const MAX_SEGMENTS = 64;

/**
 * Every regular file of the initrd by path, as the unpacked file system has it: a later archive's file replaces an earlier one's.
 * @throws EvidenceError `initrd.format` for a compression this reader does not have, `initrd.malformed`, `initrd.too-large`,
 * `initrd.segments`, and those of {@link readCpio}
 */
export function readInitrd(initrd: Uint8Array, part = 'initrd'): Map<string, Uint8Array> {
  return new Map(unpack(initrd, part).map(({ path, content }) => [path, content]));
}

/** The files sorted by path, with the digest IMA records and the component each is. */
export function manifestFiles(contents: ReadonlyMap<string, Uint8Array>): ManifestFile[] {
  return [...contents]
    .map(([path, content]) => {
      const component = componentOf(path, content);
      const file = { path, sha256: digestHex('sha256', content), size: content.length };
      return component === undefined ? file : { ...file, component };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The regular files of all archives, in the order the kernel writes them. */
function unpack(initrd: Uint8Array, part: string): CpioFile[] {
  const files: CpioFile[] = [];
  let unpacked = 0;
  let at = skipZeros(initrd, 0);
  for (let segments = 0; at < initrd.length; segments++) {
    if (segments === MAX_SEGMENTS) throw fail(part, at, 'initrd.segments', `more than ${MAX_SEGMENTS} archives`);
    const rest = initrd.subarray(at);
    if (rest[0] === 0x30) {
      const archive = readCpio(rest, part);
      for (const file of archive.files) files.push(file);
      at += archive.length;
      unpacked += archive.length;
    } else {
      const { bytes, consumed } = decompress(rest, MAX_UNPACKED - unpacked, part, at);
      unpacked += bytes.length;
      for (let inner = skipZeros(bytes, 0); inner < bytes.length; inner = skipZeros(bytes, inner)) {
        const archive = readCpio(bytes.subarray(inner), `${part} (unpacked)`);
        for (const file of archive.files) files.push(file);
        inner += archive.length;
      }
      at += consumed;
    }
    if (unpacked > MAX_UNPACKED) throw fail(part, at, 'initrd.too-large', `unpacks to more than ${MAX_UNPACKED} bytes`);
    at = skipZeros(initrd, at);
  }
  return files;
}

function decompress(
  bytes: Uint8Array,
  limit: number,
  part: string,
  offset: number,
): { bytes: Uint8Array; consumed: number } {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  try {
    if (magic.startsWith('1f8b')) return gunzip(bytes, limit);
    if (magic === '28b52ffd') return unzstd(bytes, limit);
  } catch (cause) {
    if (cause instanceof TooLarge || (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw fail(part, offset, 'initrd.too-large', `unpacks to more than ${MAX_UNPACKED} bytes`);
    }
    throw fail(part, offset, 'initrd.malformed', `cannot be unpacked: ${(cause as Error).message}`);
  }
  throw fail(part, offset, 'initrd.format', `neither a cpio archive nor gzip nor zstd (starts with ${magic})`);
}

function gunzip(bytes: Uint8Array, limit: number): { bytes: Uint8Array; consumed: number } {
  // `info` adds the stream to the result; Node documents it, its types do not know it.
  const options = { info: true, maxOutputLength: Math.max(limit, 1) };
  const result = gunzipSync(bytes, options) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
  return { bytes: result.buffer, consumed: result.engine.bytesWritten };
}

class TooLarge extends Error {}

/** One frame, block by block, so that a small frame that claims a huge size costs nothing. */
function unzstd(bytes: Uint8Array, limit: number): { bytes: Uint8Array; consumed: number } {
  const consumed = zstdFrameLength(bytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Decompress((chunk) => {
    length += chunk.length;
    if (length > limit) throw new TooLarge();
    chunks.push(chunk);
  });
  stream.push(bytes.subarray(0, consumed), true);
  return { bytes: Buffer.concat(chunks, length), consumed };
}

/** Length of the frame `bytes` starts with, by its header and block headers (RFC 8878, clause 3.1.1). */
function zstdFrameLength(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes, 'zstd frame');
  reader.take(4);
  const descriptor = reader.u8();
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  if (!singleSegment) reader.u8();
  reader.take([0, 1, 2, 4][descriptor & 3] ?? 0);
  reader.take(sizeFlag === 0 ? Number(singleSegment) : 2 ** sizeFlag);
  for (let last = false; !last;) {
    const header = reader.u16() | (reader.u8() << 16);
    last = (header & 1) === 1;
    const runLength = ((header >> 1) & 3) === 1;
    reader.take(runLength ? 1 : header >> 3);
  }
  if ((descriptor & 4) !== 0) reader.take(4);
  return reader.offset;
}

function skipZeros(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next] === 0) next++;
  return next;
}

function fail(part: string, offset: number, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `initrd: ${message} (${part}, offset ${offset})`, { part, offset });
}
