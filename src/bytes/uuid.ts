/** UUID version 7 (RFC 9562 §5.7): ids that sort by the time they were made. */

import { toHex } from './text.ts';

/** Random bytes that an id takes. */
export const UUID_RANDOM_BYTES = 10;

/**
 * An id from its time and its randomness.
 * @param at epoch milliseconds
 * @param random ten random bytes; six of their bits give way to version and variant
 * @throws RangeError when either is out of range
 */
export function uuidV7(at: number, random: Uint8Array): string {
  if (!Number.isInteger(at) || at < 0 || at >= 2 ** 48) throw new RangeError(`${at} is no time of a UUID`);
  if (random.length !== UUID_RANDOM_BYTES) throw new RangeError(`a UUID takes ${UUID_RANDOM_BYTES} random bytes`);
  const tail = Uint8Array.from(random);
  tail[0] = 0x70 | (tail[0]! & 0x0f);
  tail[2] = 0x80 | (tail[2]! & 0x3f);
  const digits = at.toString(16).padStart(12, '0') + toHex(tail);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
