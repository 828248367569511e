/** Which known host an appraisal is about. */

import { digest } from '../bytes/hash.ts';
import { canonicalJson } from '../bytes/json.ts';
import { toBase64url } from '../bytes/text.ts';
import { pinsOf } from '../chain/authenticate.ts';
import type { AkPin, Appraisal } from '../chain/model.ts';
import { isFact } from '../facts/facts.ts';
import type { Fact } from '../facts/model.ts';
import type { PinSet } from '../references/reference-set.ts';

/** The host to which its enrolment, or the policy's pin set, gives the AK of this appraisal; null unless that AK is proved to have signed. */
export function pinnedHost({ links, facts }: Pick<Appraisal, 'links' | 'facts'>): string | null {
  if (!provedToBeSigned(links)) return null;
  const pins = facts.filter((fact): fact is Fact<'ak.pin'> => fact.name === 'ak.pin');
  const [pin] = pins;
  return pins.length === 1 && pin?.value.state === 'pinned' && pin.value.by !== 'caller' ? pin.value.host : null;
}

/** Whether links 1 and 2 hold by themselves: then what the quote binds was signed by the key the result is about. */
function provedToBeSigned(links: Appraisal['links']): boolean {
  return ['identity', 'quote'].every((id) =>
    links.some((link) => link.link === id && link.status === 'holds' && link.waived === 0),
  );
}

/** A public P-256 key as a JWK (RFC 7518, 6.2.1). */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** RFC 7638 thumbprint, SHA-256, base64url. */
export function thumbprint({ kty, crv, x, y }: PublicJwk): string {
  return toBase64url(digest('sha256', new TextEncoder().encode(canonicalJson({ kty, crv, x, y }))));
}

/**
 * The key the result's holder has to prove it has (RFC 7800): the host's signing key, when the quote binds a claim that names it.
 * @param hostKey as the attestation key certified it at enrolment
 */
export function confirmedKey(
  { links, facts }: Pick<Appraisal, 'links' | 'facts'>,
  hostKey: PublicJwk | null,
): PublicJwk | null {
  if (hostKey === null || !provedToBeSigned(links)) return null;
  const bound = facts.some(
    (fact) =>
      isFact(fact, 'quote.claims') &&
      fact.value.state === 'present' &&
      fact.value.claims.hostKey === thumbprint(hostKey),
  );
  return bound ? hostKey : null;
}

/**
 * The pins of one host, for evidence that must be that host's: a good quote of another host of the same pin set then breaks
 * link 1 instead of being taken for it. Empty when the pin set does not know the host.
 */
export function pinsOfHost(pins: PinSet | null, host: string): readonly AkPin[] {
  return pinsOf(pins).filter((pin) => pin.host === host);
}
