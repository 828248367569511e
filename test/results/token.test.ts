import { createPublicKey, verify } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { earClaims } from '../../src/results/ear.ts';
import { keySet, signEar, signingKey, type SigningKey } from '../../src/results/token.ts';
import { appraisal } from './appraisals.ts';

let privateJwk: JWK;
let key: SigningKey;

beforeAll(async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  privateJwk = await exportJWK(privateKey);
  key = await signingKey(privateJwk);
});

describe('signed results', () => {
  it('verify with the published key, by code that is not jose', async () => {
    const claims = earClaims(appraisal(), {
      nonce: new Uint8Array(32),
      maxAgeSeconds: 60,
      host: null,
      verifier: { developer: 'assay', build: 'assay 1' },
      tokenId: 'id',
    });
    const [header, payload, signature] = (await signEar(claims, key)).split('.') as [string, string, string];
    const [jwk] = keySet([key]).keys;
    const publicKey = createPublicKey({ key: jwk as never, format: 'jwk' });
    const check = (text: string) =>
      verify(
        'sha256',
        Buffer.from(text),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
    expect(check(`${header}.${payload}`)).toBe(true);
    expect(check(`${header}.${payload.slice(0, -4)}AAAA`)).toBe(false);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'ES256',
      typ: 'eat+jwt',
      kid: jwk?.kid,
    });
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual(claims);
  });

  it('publishes no private part', () => {
    expect(JSON.stringify(keySet([key]))).not.toContain(privateJwk.d);
    expect(Object.keys(keySet([key]).keys[0]!).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('refuses a key that is public or on another curve', async () => {
    const { d: _secret, ...publicPart } = privateJwk;
    await expect(signingKey(publicPart)).rejects.toThrow('not a private P-256 key');
    await expect(signingKey({ ...privateJwk, crv: 'P-384' })).rejects.toThrow('not a private P-256 key');
  });
});
