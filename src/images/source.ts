/** Where an image's bytes come from. The build side opens files; this room only asks for ranges. */

import { EvidenceError } from '../bytes/errors.ts';

/** A file that is read by ranges. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; both lie within `size`. */
  read(offset: number, length: number): Uint8Array;
}

/** Larger than any boot file (an image with a whole system in its initrd is some hundred megabytes); bounds the memory a build takes. */
export const MAX_FILE = 2 ** 30;

/** A source over bytes at hand. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** @throws EvidenceError `image.too-large`, `image.short-read` */
export function readAll(source: ByteSource, part: string): Uint8Array {
  if (source.size > MAX_FILE) {
    throw new EvidenceError('image.too-large', `${part} has ${source.size} bytes, at most ${MAX_FILE} are read`, {
      part,
    });
  }
  const bytes = source.read(0, source.size);
  if (bytes.length !== source.size) {
    throw new EvidenceError('image.short-read', `${part}: ${bytes.length} of ${source.size} bytes could be read`, {
      part,
    });
  }
  return bytes;
}
