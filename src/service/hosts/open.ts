/** Starts the work with hosts: what it needs beside the rest of the service. */

import { fromBase64url, toBase64url } from '../../bytes/text.ts';
import { UUID_RANDOM_BYTES, uuidV7 } from '../../bytes/uuid.ts';
import { createCache } from '../../chain/cache.ts';
import { ensureSetting } from '../../store/settings.ts';
import { HOST_LIMITS, type HostService } from './host-service.ts';

const CHALLENGE_KEY_BYTES = 32;

/** The key of challenges is made once and kept in the database, so that every replica knows the challenges of the others. */
export async function openHosts(
  parts: Omit<HostService, 'cache' | 'challengeKey' | 'hostLimits' | 'newId'> &
    Partial<Pick<HostService, 'hostLimits'>>,
): Promise<HostService> {
  const { store, now, random, hostLimits = HOST_LIMITS } = parts;
  const at = now();
  const fresh = toBase64url(random(CHALLENGE_KEY_BYTES));
  const key = await store.change({ actor: { kind: 'service' }, reason: 'start', at }, (change) =>
    ensureSetting(change, 'challenge-key', fresh),
  );
  return {
    ...parts,
    cache: createCache(),
    challengeKey: fromBase64url(key),
    hostLimits,
    newId: () => uuidV7(now(), random(UUID_RANDOM_BYTES)),
  };
}
