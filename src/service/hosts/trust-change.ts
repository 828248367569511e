/** Roots and revocation lists change: what hosts stood on is looked at again at once, not when they attest next. */

import { createCache } from '../../chain/cache.ts';
import { ekObjection } from '../../chain/ek-objection.ts';
import { voidStanding } from '../../store/appraisals.ts';
import type { Change } from '../../store/change.ts';
import type { Cause } from '../../store/events.ts';
import { trustedHosts, type Host } from '../../store/hosts.ts';
import { knownHost } from './enrolment-record.ts';
import type { HostService } from './host-service.ts';
import { trustStore } from './trust.ts';

type Judging = Pick<HostService, 'store' | 'policies'>;

/** Makes a change of roots or revocation lists, and takes back in it what hosts stand on no longer. */
export function changeTrust<T>(service: Judging, cause: Cause, work: (change: Change) => Promise<T>): Promise<T> {
  return service.store.change(cause, async (change) => {
    const result = await work(change);
    await voidUngenuine(change, service, await trustedHosts(change.read, change.at));
    return result;
  });
}

/** Takes back what hosts stand on whose EK certificate is not genuine any more, each with the finding that says why. */
export async function voidUngenuine(
  change: Change,
  { policies }: Pick<HostService, 'policies'>,
  hosts: readonly Pick<Host, 'id' | 'policy'>[],
): Promise<void> {
  const trust = await trustStore(change.read);
  // Of its own: a fleet would drive everything else out of the one that appraisals use.
  const cache = createCache();
  for (const { id, policy: name } of hosts) {
    const policy = name === null ? undefined : policies.get(name);
    const known = await knownHost(change.read, id);
    if (policy === undefined || known === undefined) {
      await voidStanding(change, id, 'roots changed, and this service has not loaded its policy');
      continue;
    }
    const objection = ekObjection(known.enrolment, policy, trust, change.at, cache);
    if (objection !== null) await voidStanding(change, id, `${objection.code}: ${objection.observed}`);
  }
}
