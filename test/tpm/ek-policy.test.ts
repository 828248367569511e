import { expect, it } from 'vitest';
import { ekPolicy } from '../../src/tpm/ek-policy.ts';
import { fromHex } from '../../src/bytes/text.ts';

/** As the EK Credential Profile prints them, B.6.2 and B.6.5. */
const POLICY_A = '837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa';
const POLICY_B = [
  ['sha256', 'ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0'],
  ['sha384', 'b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e12'],
  [
    'sha512',
    'b8221ca69e8550a4914de3faa6a18c072cc01208073a928d5d66d59ef79e49a429c41a6b269571d57edb25fbdb1838425608b413cd616a5f6db5b6071af99bea',
  ],
] as const;

it('PolicyA is known, and leaves nothing to choose', () => {
  expect(ekPolicy('sha256', fromHex(POLICY_A))).toEqual({ branches: null });
});

it.each(POLICY_B)('PolicyB of %s is PolicyA or PolicyC', (hash, policy) => {
  expect(ekPolicy(hash, fromHex(policy))?.branches).toHaveLength(2);
});

it('any other policy is not known', () => {
  expect(ekPolicy('sha256', new Uint8Array(0))).toBeUndefined();
  expect(
    ekPolicy(
      'sha256',
      fromHex(POLICY_A).map((byte) => byte ^ 1),
    ),
  ).toBeUndefined();
  expect(ekPolicy('sha384', fromHex(POLICY_B[0][1]))).toBeUndefined();
  expect(ekPolicy('sha1', new Uint8Array(20))).toBeUndefined();
});
