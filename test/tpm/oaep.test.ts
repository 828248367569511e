import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HASHES, hashSize } from '../../src/bytes/hash.ts';
import { encryptOaep } from '../../src/tpm/oaep.ts';

const SIZE = 256;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: SIZE * 8 });

describe('OAEP', () => {
  it.each(HASHES)('with $name is what OpenSSL opens', ({ name }) => {
    const size = hashSize(name);
    const message = fc.uint8Array({ maxLength: SIZE - 2 * size - 2 });
    const label = fc.uint8Array({ maxLength: 20 });
    const seed = fc.uint8Array({ minLength: size, maxLength: size });
    fc.assert(
      fc.property(message, label, seed, (message, label, seed) => {
        const sent = encryptOaep(publicKey, SIZE, { hash: name, label, message, seed });
        expect(encryptOaep(publicKey, SIZE, { hash: name, label, message, seed })).toEqual(sent);
        const padding = constants.RSA_PKCS1_OAEP_PADDING;
        const opened = privateDecrypt({ key: privateKey, padding, oaepHash: name, oaepLabel: label }, sent);
        expect(new Uint8Array(opened)).toEqual(message);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses what does not fit, and a seed of another length', () => {
    const seed = new Uint8Array(32);
    const encrypt = (length: number, seed: Uint8Array): Uint8Array =>
      encryptOaep(publicKey, SIZE, { hash: 'sha256', label: seed, message: new Uint8Array(length), seed });
    expect(encrypt(SIZE - 66, seed)).toHaveLength(SIZE);
    expect(() => encrypt(SIZE - 65, seed)).toThrow(/^191 bytes do not fit/);
    expect(() => encrypt(1, seed.subarray(1))).toThrow(/^an OAEP seed of 31 bytes/);
    expect(() => encrypt(1, new Uint8Array(33))).toThrow(RangeError);
  });
});
