/** The service as tests start it: over real HTTP on loopback, with the shipped policies and a key of its own. */

import { randomUUID } from 'node:crypto';
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
import { DEFAULT_LIMITS, type ServiceContext, type ServiceLimits } from '../../src/service/settings.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The service's clock stands still here, so that results are the same on every run. */
export const NOW = Date.UTC(2026, 11, 1);

export const POLICY = loadPolicy('policies/kvm-uki.yaml', { env: {} });

export interface TestService extends RunningService {
  /** every line of the log so far */
  readonly log: () => string;
}

export interface TestOptions {
  readonly limits?: Partial<ServiceLimits>;
  readonly context?: Partial<ServiceContext>;
  readonly policies?: readonly ResolvedPolicy[];
}

/** Starts the service; it is stopped after the test. */
export async function startTestService(options: TestOptions = {}): Promise<TestService> {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const policies = options.policies ?? [POLICY];
  const context: ServiceContext = {
    policies: new Map(policies.map((policy) => [policy.name, policy])),
    key: await loadSigningKey(await openDataDirectory(join(temporaryFolder(), 'data'))),
    verifier: { developer: 'assay', build: 'assay test' },
    version: '0.0.0',
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    logger: pino({ level: 'debug' }, sink),
    now: () => NOW,
    newId: randomUUID,
    ...options.context,
  };
  const service = await startService(context, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => service.stop());
  return { ...service, log: () => lines.join('') };
}
