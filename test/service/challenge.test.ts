import { expect, it } from 'vitest';
import { challengeFault, issueChallenge } from '../../src/service/challenge.ts';

const KEY = new Uint8Array(32).fill(1);
const RANDOM = new Uint8Array(16).fill(2);
const HOST = '019ab000-0000-7000-8000-000000000001';
const issued = issueChallenge(KEY, HOST, RANDOM, 1000);

it('a challenge is ours until it expires', () => {
  expect(issued.nonce.length).toBe(32);
  expect(challengeFault(KEY, HOST, issued, 999)).toBeNull();
  expect(challengeFault(KEY, HOST, issued, 1000)).toBe('expired');
});

it('attack 90: two challenges differ', () => {
  const other = issueChallenge(KEY, HOST, new Uint8Array(16).fill(3), 1000);
  expect(other.nonce).not.toEqual(issued.nonce);
});

it.each([
  ['a later expiry', HOST, { ...issued, expiresAt: 2000 }],
  ['another host (attack 65)', '019ab000-0000-7000-8000-000000000002', issued],
  ['a short nonce', HOST, { ...issued, nonce: issued.nonce.subarray(0, 31) }],
  ['a longer nonce', HOST, { ...issued, nonce: new Uint8Array(33) }],
  ['an expiry that is no time', HOST, { ...issued, expiresAt: Number.NaN }],
])('%s makes it foreign', (_, host, challenge) => {
  expect(challengeFault(KEY, host, challenge, 500)).toBe('foreign');
});

it('every bit of the nonce counts', () => {
  for (let bit = 0; bit < issued.nonce.length * 8; bit++) {
    const nonce = issued.nonce.slice();
    nonce[bit >> 3]! ^= 1 << (bit & 7);
    expect(challengeFault(KEY, HOST, { ...issued, nonce }, 500)).toBe('foreign');
  }
});

it('a challenge of another service is foreign', () => {
  expect(challengeFault(new Uint8Array(32).fill(9), HOST, issued, 500)).toBe('foreign');
});
