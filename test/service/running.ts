/** The service as tests start it: over real HTTP on loopback, with the shipped policies and a key of its own. */

import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { loadPolicy } from '../../src/cli/load-policy.ts';
import type { ResolvedPolicy } from '../../src/policy/resolve.ts';
import { loadSigningKey, openDataDirectory } from '../../src/service/data-directory.ts';
import { startService, type RunningService } from '../../src/service/server.ts';
import { HOST_LIMITS, type HostLimits } from '../../src/service/hosts/host-service.ts';
import { openHosts } from '../../src/service/hosts/open.ts';
import type { TlsMaterial } from '../../src/service/tls.ts';
import type { Role } from '../../src/api/access.ts';
import { UUID_RANDOM_BYTES, uuidV7 } from '../../src/bytes/uuid.ts';
import { createToken, TOKEN_RANDOM_BYTES, tokenText } from '../../src/store/tokens.ts';
import { DEFAULT_LIMITS, type ServiceContext, type ServiceLimits } from '../../src/service/settings.ts';
import { emptyDatabase, type AtEnd, type OpenStore } from './store.ts';

/** A folder that is gone at the end. */
export function temporaryFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The service's clock stands still here, so that results are the same on every run. */
export const NOW = Date.UTC(2026, 11, 1);

/** What challenges are known by. */
export const CHALLENGE_KEY = new Uint8Array(32).fill(7);

export const POLICY = loadPolicy('policies/kvm-uki.yaml', { env: {} });

export interface TestService extends RunningService {
  readonly context: ServiceContext;
  /** every line of the log so far */
  readonly log: () => string;
}

export interface TestOptions {
  readonly limits?: Partial<ServiceLimits>;
  readonly context?: Partial<ServiceContext>;
  readonly policies?: readonly ResolvedPolicy[];
  readonly tls?: TlsMaterial;
  readonly hostLimits?: Partial<HostLimits>;
  /** default: a SQLite file */
  readonly open?: OpenStore;
}

/** Starts the service; it is stopped at the end. */
export async function startTestService(options: TestOptions = {}, atEnd: AtEnd = onTestFinished): Promise<TestService> {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const policies = options.policies ?? [POLICY];
  const shared = {
    policies: new Map(policies.map((policy) => [policy.name, policy])),
    key: await loadSigningKey(await openDataDirectory(join(temporaryFolder(atEnd), 'data'))),
    verifier: { developer: 'assay', build: 'assay test' },
    store: await (options.open ?? emptyDatabase)(atEnd),
    now: () => NOW,
    random: randomBytes,
    ...options.context,
  };
  const hostLimits = { ...HOST_LIMITS, ...options.hostLimits };
  const context: ServiceContext = {
    version: '0.0.0',
    localCallers: true,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    logger: pino({ level: 'debug' }, sink),
    newId: randomUUID,
    hosts: { ...(await openHosts({ ...shared, hostLimits })), challengeKey: CHALLENGE_KEY },
    ...shared,
  };
  const { tls } = options;
  const service = await startService(context, {
    listen: { host: '127.0.0.1', port: 0 },
    ...(tls !== undefined && { tls }),
  });
  atEnd(() => service.stop());
  return { ...service, context, log: () => lines.join('') };
}

/** A token of that role, made on the database. */
export async function tokenOf({ store, random, now }: ServiceContext, role: Role): Promise<string> {
  const text = tokenText(random(TOKEN_RANDOM_BYTES));
  const id = uuidV7(now(), random(UUID_RANDOM_BYTES));
  const cause = { actor: { kind: 'service' }, reason: null, at: now() } as const;
  await store.change(cause, (change) =>
    createToken(change, { id, text, name: `the ${role}`, role, expiresAt: now() + 60_000 }),
  );
  return text;
}
