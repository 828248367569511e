/** RSAES-OAEP with the padding made here, so that the result follows from its arguments alone (RFC 8017, 7.1.1). */

import { constants, publicEncrypt, type KeyObject } from 'node:crypto';
import { digest, hashSize, type HashName } from '../bytes/hash.ts';
import { ByteWriter } from '../bytes/writer.ts';

/** One RSAES-OAEP encryption. */
interface OaepInput {
  /** of the label and of MGF1 */
  readonly hash: HashName;
  /** as it is hashed: a TPM's label has its terminating zero in it */
  readonly label: Uint8Array;
  /** at most the modulus less two digests and two bytes */
  readonly message: Uint8Array;
  /** random, as long as a digest, used once */
  readonly seed: Uint8Array;
}

/**
 * @param size bytes of the modulus
 * @throws RangeError for a message or a seed of a length that does not fit
 */
export function encryptOaep(key: KeyObject, size: number, { hash, label, message, seed }: OaepInput): Uint8Array {
  const digestSize = hashSize(hash);
  if (seed.length !== digestSize) throw new RangeError(`an OAEP seed of ${seed.length} bytes, not ${digestSize}`);
  const padding = size - message.length - 2 * digestSize - 2;
  if (padding < 0) throw new RangeError(`${message.length} bytes do not fit into OAEP with ${hash}`);
  const block = new ByteWriter().raw(digest(hash, label)).raw(new Uint8Array(padding)).u8(1).raw(message).bytes();
  const maskedBlock = xor(block, mgf1(hash, seed, block.length));
  const maskedSeed = xor(seed, mgf1(hash, maskedBlock, digestSize));
  const encoded = new ByteWriter().u8(0).raw(maskedSeed).raw(maskedBlock).bytes();
  return new Uint8Array(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded));
}

/** MGF1 (RFC 8017, B.2.1). */
function mgf1(hash: HashName, seed: Uint8Array, size: number): Uint8Array {
  const out = new ByteWriter();
  for (let counter = 0; out.length < size; counter++) {
    out.raw(digest(hash, new ByteWriter().raw(seed).u32be(counter).bytes()));
  }
  return out.bytes().subarray(0, size);
}

function xor(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => byte ^ mask[at]!);
}
