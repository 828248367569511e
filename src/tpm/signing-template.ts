/** Templates of signing keys without a policy, which differ in their attributes only. */

import { TPM_ALG } from './algorithms.ts';
import type { TpmtPublic } from './public.ts';

/** RSA-2048 with RSASSA, or P-256 with ECDSA, both with SHA-256. */
export type SigningKeyType = TpmtPublic['type'];

/** Bytes a caller tells keys of one template apart by. */
const UNIQUE_SIZE = 32;

/**
 * @param unique goes to the front of the modulus, or to x; the rest is zeros, so that the field is as wide as the key's: the
 *   form every TPM takes, being that of the EK templates
 * @throws RangeError unless `unique` is 32 bytes
 */
export function signingTemplate(type: SigningKeyType, objectAttributes: number, unique: Uint8Array): TpmtPublic {
  if (unique.length !== UNIQUE_SIZE) throw new RangeError(`unique of ${unique.length} bytes, not ${UNIQUE_SIZE}`);
  const common = { nameAlg: 'sha256', objectAttributes, authPolicy: new Uint8Array(0) } as const;
  if (type === 'rsa') {
    const scheme = { scheme: TPM_ALG.RSASSA, hashAlg: 'sha256', count: null } as const;
    const modulus = new Uint8Array(256);
    modulus.set(unique);
    return { type, ...common, parameters: { symmetric: null, scheme, keyBits: 2048, exponent: 0 }, unique: modulus };
  }
  const scheme = { scheme: TPM_ALG.ECDSA, hashAlg: 'sha256', count: null } as const;
  const point = { x: unique.slice(), y: new Uint8Array(UNIQUE_SIZE) };
  return { type, ...common, parameters: { symmetric: null, scheme, curveID: 'p256', kdf: null }, unique: point };
}
