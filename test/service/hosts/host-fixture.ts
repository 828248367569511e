/** The work with hosts over a database of its own: the shipped policy, with TPMs of any class taken where a test says so. */
import { randomBytes } from 'node:crypto';
import { uuidV7 } from '../../../src/bytes/uuid.ts';
import { createCache } from '../../../src/chain/cache.ts';
import { resolvePolicy } from '../../../src/policy/resolve.ts';
import { HOST_LIMITS, type HostLimits, type HostService } from '../../../src/service/hosts/host-service.ts';
import { signingKey } from '../../../src/results/token.ts';
import { insertBlob, packBlob } from '../../../src/store/blobs.ts';
import { addTrustRoot } from '../../../src/store/trust-roots.ts';
import type { Store } from '../../../src/store/open.ts';
import type { AgentClient } from '../../../src/api/client.ts';
import { makeEkAuthority, type EkAuthority } from '../../support/ek-authority.ts';
import { catalogue, readPolicy } from '../../support/fixtures.ts';
import { direct, SoftwareHost, type HostOptions } from './software-host.ts';
import { ADMIN, NOW } from '../../store/database.ts';
import type { OpenStore } from '../store.ts';
import { joinTokenDigest } from '../../../src/service/hosts/enrol.ts';
import { createJoinToken } from '../../../src/store/join-tokens.ts';

/** A signing key, for results whose signer does not matter. */
export const SIGNING_JWK = {
  kty: 'EC',
  crv: 'P-256',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

export const POLICY_NAME = 'kvm-uki';

export interface HostFixture {
  readonly service: HostService;
  readonly client: AgentClient;
  readonly store: Store;
  readonly maker: EkAuthority;
  /** moves the service's clock */
  pass(milliseconds: number): void;
}

export async function hostFixture(open: OpenStore, limits: Partial<HostLimits> = {}): Promise<HostFixture> {
  const store = await open();
  const maker = await makeEkAuthority();
  const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
  const policy = resolvePolicy(document, catalogue);
  let now = NOW;
  const service: HostService = {
    store,
    policies: new Map([[policy.name, policy]]),
    cache: createCache(),
    key: await signingKey(SIGNING_JWK),
    verifier: { developer: 'assay', build: 'test' },
    challengeKey: new Uint8Array(32).fill(7),
    hostLimits: { ...HOST_LIMITS, ...limits },
    now: () => now,
    newId: () => uuidV7(now, randomBytes(10)),
    random: (size) => new Uint8Array(randomBytes(size)),
  };
  await store.change(ADMIN, async (change) => {
    await insertBlob(change.keep, await packBlob(maker.root.certificate), NOW);
    await addTrustRoot(change, { certificateId: maker.root.id, class: 'discrete', name: maker.root.name });
  });
  return { service, client: direct(service), store, maker, pass: (milliseconds) => void (now += milliseconds) };
}

/** A host of the fixture that has enrolled by a join token of its own. */
export async function enrolledHost(
  { store, client, maker }: Pick<HostFixture, 'store' | 'client' | 'maker'>,
  options: Partial<HostOptions> = {},
): Promise<SoftwareHost> {
  const joinToken = `token ${randomBytes(8).toString('hex')}`;
  await store.change(ADMIN, (change) =>
    createJoinToken(change, {
      id: joinToken,
      sha256: joinTokenDigest(joinToken),
      name: 'rack-1',
      policy: POLICY_NAME,
      maxUses: 1,
      expiresAt: NOW + 3600_000,
    }),
  );
  const host = new SoftwareHost(client, { maker, joinToken, ...options });
  await host.enrol();
  return host;
}
