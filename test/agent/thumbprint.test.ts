import { calculateJwkThumbprint, type JWK } from 'jose';
import { expect, it } from 'vitest';
import { keyThumbprint } from '../../src/agent/thumbprint.ts';
import { writePublic2B } from '../../src/tpm/public.ts';
import { makeAk } from '../tpm/software-tpm.ts';

it.each(['ecdsa', 'rsassa'] as const)('a thumbprint is that of RFC 7638: %s', async (scheme) => {
  const { area, spki } = makeAk(scheme);
  const jwk = spki.export({ format: 'jwk' }) as JWK;
  expect(keyThumbprint(writePublic2B(area))).toBe(await calculateJwkThumbprint(jwk));
});

it('anything else than a public area has none', () => {
  expect(() => keyThumbprint(new Uint8Array(10))).toThrow(expect.objectContaining({ name: 'EvidenceError' }));
});
