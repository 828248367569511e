/** The key derivation functions of the TPM (TPM 2.0 Part 1, 11.4.10). */

import { createHmac } from 'node:crypto';
import { digest, type HashName } from '../bytes/hash.ts';
import { ByteWriter } from '../bytes/writer.ts';

/**
 * KDFa: SP 800-108 in counter mode with HMAC (Part 1, 11.4.10.2).
 * @param label without its terminating zero, which is added
 * @param size bytes of the result
 */
export function kdfa(
  hash: HashName,
  key: Uint8Array,
  label: string,
  contextU: Uint8Array,
  contextV: Uint8Array,
  size: number,
): Uint8Array {
  const fixed = new ByteWriter()
    .raw(text(label))
    .raw(contextU)
    .raw(contextV)
    .u32be(size * 8)
    .bytes();
  return blocks(size, (counter) => {
    const input = new ByteWriter().u32be(counter).raw(fixed).bytes();
    return new Uint8Array(createHmac(hash, key).update(input).digest());
  });
}

/**
 * KDFe: the one-step derivation of SP 800-56A from an ECDH secret (Part 1, 11.4.10.3).
 * @param z the shared x coordinate; it and the two others as wide as the curve's field (Part 1, C.8)
 * @param label without its terminating zero, which is added
 * @param partyU x coordinate of the ephemeral key
 * @param partyV x coordinate of the other party's key
 * @param size bytes of the result
 */
export function kdfe(
  hash: HashName,
  z: Uint8Array,
  label: string,
  partyU: Uint8Array,
  partyV: Uint8Array,
  size: number,
): Uint8Array {
  const rest = new ByteWriter().raw(z).raw(text(label)).raw(partyU).raw(partyV).bytes();
  return blocks(size, (counter) => digest(hash, new ByteWriter().u32be(counter).raw(rest).bytes()));
}

/** The first `size` bytes of block 1, block 2 and so on. */
function blocks(size: number, block: (counter: number) => Uint8Array): Uint8Array {
  const out = new ByteWriter();
  for (let counter = 1; out.length < size; counter++) out.raw(block(counter));
  return out.bytes().subarray(0, size);
}

/** Labels of the TPM are hashed with their terminating zero (Part 1, 11.4.10.2). */
function text(label: string): Uint8Array {
  return Buffer.from(`${label}\0`, 'latin1');
}
