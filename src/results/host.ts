/** Which known host an appraisal is about. */

import { pinsOf } from '../chain/authenticate.ts';
import type { AkPin, Appraisal } from '../chain/model.ts';
import type { Fact } from '../facts/model.ts';
import type { PinSet } from '../references/reference-set.ts';

/** The host to which the policy's pin set gives the AK of this appraisal; null unless that AK is proved to have signed. */
export function pinnedHost({ links, facts }: Pick<Appraisal, 'links' | 'facts'>): string | null {
  const proved = ['identity', 'quote'].every((id) =>
    links.some((link) => link.link === id && link.status === 'holds' && link.waived === 0),
  );
  if (!proved) return null;
  const pins = facts.filter((fact): fact is Fact<'ak.pin'> => fact.name === 'ak.pin');
  const [pin] = pins;
  return pins.length === 1 && pin?.value.state === 'pinned' && pin.value.by === 'pin-set' ? pin.value.host : null;
}

/**
 * The pins of one host, for evidence that must be that host's: a good quote of another host of the same pin set then breaks
 * link 1 instead of being taken for it. Empty when the pin set does not know the host.
 */
export function pinsOfHost(pins: PinSet | null, host: string): readonly AkPin[] {
  return pinsOf(pins).filter((pin) => pin.host === host);
}
