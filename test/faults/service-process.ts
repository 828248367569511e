/**
 * A service as a process of its own, to be killed: `service-process.ts DATABASE STAND`. It prints its address. STAND says where it
 * stands still, and says so, when the answer of a host is written: `within` the change, `after` it, or `nowhere`.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { signingKey } from '../../src/results/token.ts';
import { openHosts } from '../../src/service/hosts/open.ts';
import { startService } from '../../src/service/server.ts';
import { DEFAULT_LIMITS } from '../../src/service/settings.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { SIGNING_JWK } from '../service/hosts/host-fixture.ts';
import { NOW } from '../store/database.ts';
import { catalogue, readPolicy } from '../support/fixtures.ts';

const [address, stand] = process.argv.slice(2) as [string, string];
const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
const policy = resolvePolicy(document, catalogue);
const shared = {
  policies: new Map([[policy.name, policy]]),
  key: await signingKey(SIGNING_JWK),
  verifier: { developer: 'assay', build: 'test' },
  store: standingStill(await openStore(address), stand),
  now: () => NOW,
  random: randomBytes,
};
const service = await startService(
  {
    ...shared,
    version: '0.0.0',
    localCallers: false,
    limits: DEFAULT_LIMITS,
    logger: pino({ level: 'silent' }),
    newId: randomUUID,
    hosts: await openHosts(shared),
  },
  { listen: { host: '127.0.0.1', port: 0 } },
);
process.stdout.write(`listening ${service.url}\n`);

function standingStill(store: Store, where: string): Store {
  const change: Store['change'] = async (cause, work) => {
    if (where === 'nowhere' || cause.actor.kind !== 'host') return store.change(cause, work);
    if (where === 'after') await store.change(cause, work);
    else await store.change(cause, async (inner) => work(inner).then(forever));
    return forever();
  };
  return Object.create(store, { change: { value: change } }) as Store;
}

function forever(): Promise<never> {
  process.stdout.write('standing\n');
  return new Promise<never>(() => undefined);
}
