/** Reads either form of the IMA measurement list. */

import type { Untrusted } from '../../bytes/trust.ts';
import type { ImaList } from './model.ts';
import { parseAsciiList } from './parse-ascii.ts';
import { parseBinaryList } from './parse-binary.ts';

/**
 * Whether the bytes are the ASCII form: it starts with a PCR in decimal, padded to two characters, and a space; the binary form
 * with a PCR as u32, whose upper bytes are zero.
 */
export function isAsciiList(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 3));
  return /^(?:[ 1-9]\d |\d )/.test(start);
}

/**
 * Parses a measurement list of whichever form its first bytes show. An empty list is a list without entries.
 * @throws EvidenceError as `parseBinaryList` and `parseAsciiList` say
 */
export function parseImaList(bytes: Uint8Array, part = 'log.ima'): Untrusted<ImaList> {
  return isAsciiList(bytes) ? parseAsciiList(bytes, part) : parseBinaryList(bytes, part);
}
