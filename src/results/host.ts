/** Which known host an appraisal is about. */

import type { Appraisal } from '../chain/model.ts';
import type { PinSet } from '../references/reference-set.ts';

/**
 * The host to which the pin set gives the AK of this appraisal; null unless the links that prove the AK and its signature
 * hold and exactly one host has it.
 */
export function pinnedHost(appraisal: Appraisal, pins: PinSet | null): string | null {
  const proved = ['identity', 'quote'].every((id) =>
    appraisal.links.some((link) => link.link === id && link.status === 'holds'),
  );
  if (!proved || pins === null) return null;
  const names = new Set(
    appraisal.facts.filter((fact) => fact.name === 'ak').map((fact) => (fact.value as { name: string }).name),
  );
  const hosts = new Set(pins.hosts.filter((pin) => names.has(pin.akName)).map((pin) => pin.host));
  return hosts.size === 1 ? [...hosts][0]! : null;
}
