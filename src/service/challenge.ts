/**
 * Challenges that nothing is stored for: the service knows its own by an HMAC. Whether one was used is decided where it is redeemed.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Half of the nonce is random, half says who made it, for whom and until when. */
export const CHALLENGE_RANDOM_BYTES = 16;
const TAG_BYTES = 16;
const NONCE_BYTES = CHALLENGE_RANDOM_BYTES + TAG_BYTES;

/** A nonce and when it stops being one. */
export interface IssuedChallenge {
  readonly nonce: Uint8Array;
  /** epoch milliseconds */
  readonly expiresAt: number;
}

/**
 * A challenge for one host.
 * @param key secret of the service, the same on every replica
 * @param random 16 fresh random bytes
 */
export function issueChallenge(key: Uint8Array, host: string, random: Uint8Array, expiresAt: number): IssuedChallenge {
  if (random.length !== CHALLENGE_RANDOM_BYTES)
    throw new RangeError(`a challenge takes ${CHALLENGE_RANDOM_BYTES} random bytes`);
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(random);
  nonce.set(tag(key, host, random, expiresAt), CHALLENGE_RANDOM_BYTES);
  return { nonce, expiresAt };
}

/** Why a challenge that came back is not answered: `foreign` was made elsewhere, for another host, or for another time. */
export type ChallengeFault = 'foreign' | 'expired';

/** What is wrong with a challenge that came back, by itself; null: it is ours, for this host, and in time. */
export function challengeFault(
  key: Uint8Array,
  host: string,
  { nonce, expiresAt }: IssuedChallenge,
  now: number,
): ChallengeFault | null {
  if (nonce.length !== NONCE_BYTES || !Number.isSafeInteger(expiresAt)) return 'foreign';
  const expected = tag(key, host, nonce.subarray(0, CHALLENGE_RANDOM_BYTES), expiresAt);
  if (!timingSafeEqual(expected, nonce.subarray(CHALLENGE_RANDOM_BYTES))) return 'foreign';
  return now < expiresAt ? null : 'expired';
}

/**
 * What a host is given when its AK has answered a challenge and a log of it is missing: with this it may send the log in parts.
 * Nothing is stored for it either.
 */
export function partsGrant(key: Uint8Array, host: string, { nonce, expiresAt }: IssuedChallenge): Uint8Array {
  return mac(key, 'assay-parts-1', host, nonce, expiresAt);
}

/** Whether that is the grant for this host and challenge. */
export function isPartsGrant(key: Uint8Array, host: string, challenge: IssuedChallenge, grant: Uint8Array): boolean {
  const expected = partsGrant(key, host, challenge);
  return grant.length === expected.length && timingSafeEqual(expected, grant);
}

function tag(key: Uint8Array, host: string, random: Uint8Array, expiresAt: number): Uint8Array {
  return mac(key, 'assay-challenge-1', host, random, expiresAt).subarray(0, TAG_BYTES);
}

function mac(key: Uint8Array, purpose: string, host: string, bytes: Uint8Array, expiresAt: number): Uint8Array {
  return createHmac('sha256', key).update(`${purpose}\0${host}\0${expiresAt}\0`).update(bytes).digest();
}
