/** Writes PKCS#12 files for tests (RFC 7292): no private keys, fixed salts, one round, so the same content gives the same file. */
import { createCipheriv, pbkdf2Sync } from 'node:crypto';
import { integer, sequence } from './certificate-maker.ts';
import { der, derOidValue } from './der-writer.ts';

const DATA = '1.2.840.113549.1.7.1';
const SALT = Buffer.alloc(8, 7);
const IV = Buffer.alloc(16, 9);
const AES_128_CBC = sequence(derOidValue('2.16.840.1.101.3.4.1.2'), der(0x04, IV));

/** A part in the clear. */
export function dataSafe(content: Uint8Array): Buffer {
  return sequence(derOidValue(DATA), der(0xa0, der(0x04, content)));
}

/** A part of type encryptedData. */
export function encryptedSafe(algorithm: Uint8Array, encrypted: Uint8Array = Buffer.alloc(16)): Buffer {
  const content = sequence(derOidValue(DATA), algorithm, der(0x80, encrypted));
  return sequence(derOidValue('1.2.840.113549.1.7.6'), der(0xa0, sequence(integer(0), content)));
}

/** A part encrypted with PBES2: PBKDF2 with HMAC-SHA-1, AES-128-CBC. */
export function pbes2Safe(content: Uint8Array, passphrase: string): Buffer {
  const cipher = createCipheriv('aes-128-cbc', pbkdf2Sync(passphrase, SALT, 1, 16, 'sha1'), IV);
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  return encryptedSafe(pbes2(integer(1)), encrypted);
}

/** AlgorithmIdentifier of PBES2 with that count of rounds, and perhaps another scheme or function. */
export function pbes2(
  rounds: Uint8Array,
  { scheme = AES_128_CBC, prf, kdf = '1.2.840.113549.1.5.12' }: Pbes2Parts = {},
): Buffer {
  const parameters = sequence(der(0x04, SALT), rounds, ...(prf === undefined ? [] : [sequence(derOidValue(prf))]));
  const derivation = sequence(derOidValue(kdf), parameters);
  return sequence(derOidValue('1.2.840.113549.1.5.13'), sequence(derivation, scheme));
}

interface Pbes2Parts {
  readonly scheme?: Uint8Array;
  /** Object identifiers. */
  readonly prf?: string;
  readonly kdf?: string;
}

/** A bag with a certificate, or with another type to be passed over. */
export function certificateBag(certificate: Uint8Array, type = '1.2.840.113549.1.12.10.1.3'): Buffer {
  const value = sequence(derOidValue('1.2.840.113549.1.9.22.1'), der(0xa0, der(0x04, certificate)));
  return sequence(derOidValue(type), der(0xa0, value));
}

/** A file without a MAC, or with the given one. */
export function pfx(safes: readonly Uint8Array[], mac?: Uint8Array): Buffer {
  return sequence(integer(3), dataSafe(sequence(...safes)), ...(mac === undefined ? [] : [mac]));
}

/** A MAC that proves no passphrase. */
export function wrongMac(hash: string, rounds: Uint8Array): Buffer {
  return sequence(sequence(sequence(derOidValue(hash)), der(0x04, Buffer.alloc(20))), der(0x04, SALT), rounds);
}
