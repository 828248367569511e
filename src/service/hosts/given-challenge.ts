/** A challenge that a host brings back. */

import { EvidenceError } from '../../bytes/errors.ts';
import { fromBase64url } from '../../bytes/text.ts';
import { challengeFault, type IssuedChallenge } from '../challenge.ts';
import { HttpProblem } from '../problem-error.ts';
import type { HostService } from './host-service.ts';

/** As it stands in a request. */
export interface GivenChallenge {
  readonly nonce: string;
  /** RFC 3339 */
  readonly expiresAt: string;
}

/**
 * The challenge, made by this service for this host and not over.
 * @throws HttpProblem `challenge.foreign`, `challenge.expired`
 */
export function givenChallenge(service: HostService, host: string, given: GivenChallenge): IssuedChallenge {
  const challenge = readChallenge(given);
  const fault = challengeFault(service.challengeKey, host, challenge, service.now());
  if (fault === null) return challenge;
  throw new HttpProblem(`challenge.${fault}`, fault === 'expired' ? `it expired ${given.expiresAt}` : 'not ours');
}

function readChallenge({ nonce, expiresAt }: GivenChallenge): IssuedChallenge {
  const time = Date.parse(expiresAt);
  try {
    // One spelling: what was issued comes back as it was.
    if (Number.isNaN(time) || new Date(time).toISOString() !== expiresAt)
      throw new EvidenceError('time', 'not RFC 3339');
    return { nonce: fromBase64url(nonce), expiresAt: time };
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw new HttpProblem('challenge.foreign', `nonce or expiresAt: ${cause.message}`);
  }
}
