/** Signing of results, and the key set that checks them. Keys are passed in; ES256 only. */

import { calculateJwkThumbprint, exportJWK, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { EarClaims } from './ear.ts';

/** A key that signs results. `kid` is the RFC 7638 thumbprint of the public half. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** public half, as published in the key set */
  readonly publicJwk: JWK;
}

/**
 * A signing key from its private JWK.
 * @throws Error when the JWK is not a private P-256 key
 */
export async function signingKey(jwk: JWK): Promise<SigningKey> {
  if (jwk.kty !== 'EC' || jwk.crv !== 'P-256' || jwk.d === undefined) throw new Error('not a private P-256 key');
  const privateKey = (await importJWK(jwk, 'ES256', { extractable: true })) as CryptoKey;
  const { kty, crv, x, y } = await exportJWK(privateKey);
  const publicKey: JWK = { kty: kty!, crv: crv!, x: x!, y: y! };
  const kid = await calculateJwkThumbprint(publicKey, 'sha256');
  return { kid, privateKey, publicJwk: { ...publicKey, kid, alg: 'ES256', use: 'sig' } };
}

/** The JSON Web Key Set (RFC 7517) of the public halves. */
export function keySet(keys: readonly SigningKey[]): { readonly keys: readonly JWK[] } {
  return { keys: keys.map((key) => key.publicJwk) };
}

/** An EAR as a JWT, signed with ES256. */
export function signEar(claims: EarClaims, key: SigningKey): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'eat+jwt', kid: key.kid })
    .sign(key.privateKey);
}
