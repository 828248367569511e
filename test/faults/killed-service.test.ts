/** A service that is killed: what it said stands, what it did not finish never was, and each challenge counts once. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { agentClient, type AgentClient } from '../../src/api/client.ts';
import { httpTransport } from '../../src/api/transport.ts';
import { toBase64url } from '../../src/bytes/text.ts';
import { joinTokenDigest } from '../../src/service/hosts/enrol.ts';
import { standingOf } from '../../src/service/standing.ts';
import { listAppraisals } from '../../src/store/appraisals.ts';
import { insertBlob, packBlob } from '../../src/store/blobs.ts';
import { latestBoot } from '../../src/store/boots.ts';
import { listEvents } from '../../src/store/events.ts';
import { findHost, listHosts } from '../../src/store/hosts.ts';
import { createJoinToken } from '../../src/store/join-tokens.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { addTrustRoot } from '../../src/store/trust-roots.ts';
import { SoftwareHost } from '../service/hosts/software-host.ts';
import { ADMIN, NOW } from '../store/database.ts';
import { makeEkAuthority } from '../support/ek-authority.ts';
import { startPostgres, type TestPostgres } from '../tools/postgres.ts';
import { start, type Daemon } from '../tools/programs.ts';

let postgres: TestPostgres;
let folder: string;

beforeAll(async () => {
  postgres = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), 'assay-killed-'));
});

afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

let number = 0;

interface Started {
  readonly daemon: Daemon;
  readonly client: AgentClient;
  /** waits until it stands still */
  readonly stands: () => Promise<unknown>;
  readonly kill: () => Promise<unknown>;
}

async function started(address: string, stand: 'within' | 'after' | 'nowhere'): Promise<Started> {
  const log = join(folder, `log-${number++}`);
  const program = join(import.meta.dirname, 'service-process.ts');
  const daemon = start('node', ['--import', 'tsx', program, address, stand], { log });
  onTestFinished(() => daemon.stop());
  const says = (word: RegExp): Promise<unknown> =>
    vi.waitUntil(() => word.test(readFileSync(log, 'utf8')), { timeout: 60_000 });
  await says(/^listening /);
  const server = /^listening (\S+)$/m.exec(readFileSync(log, 'utf8'))![1]!;
  return {
    daemon,
    client: agentClient(httpTransport({ server })),
    stands: () => says(/^standing$/m),
    kill: () => {
      process.kill(daemon.pid, 'SIGKILL');
      return daemon.exited;
    },
  };
}

async function look<T>(address: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(address);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const arrives = (answer: Promise<unknown>): Promise<boolean> =>
  answer.then(
    () => true,
    () => false,
  );

const sqlite = (): Promise<string> => {
  const path = join(folder, `assay-${number++}.db`);
  writeFileSync(path, '', { mode: 0o600 });
  return Promise.resolve(path);
};

it.each([
  ['SQLite', sqlite],
  ['PostgreSQL', () => postgres.createDatabase()],
] as const)('attack 53: killed at each step, on %s', async (_, makeDatabase) => {
  const address = await makeDatabase();
  const maker = await makeEkAuthority();
  await look(address, (store) =>
    store.change(ADMIN, async (change) => {
      await insertBlob(change.keep, await packBlob(maker.root.certificate), NOW);
      await addTrustRoot(change, { certificateId: maker.root.id, class: 'discrete', name: 'maker' });
      const token = { id: 'join-1', sha256: joinTokenDigest('t'), name: 'rack', policy: 'kvm-uki', maxUses: 2 };
      await createJoinToken(change, { ...token, expiresAt: NOW + 3600_000 });
    }),
  );
  const first = await started(address, 'nowhere');
  let current = first.client;
  const client: AgentClient = {
    enrol: (request) => current.enrol(request),
    activate: (id, request) => current.activate(id, request),
    enrolment: (id) => current.enrolment(id),
    challenge: (host) => current.challenge(host),
    evidencePart: (host, part) => current.evidencePart(host, part),
    evidence: (host, message) => current.evidence(host, message),
  };
  const host = new SoftwareHost(client, { maker, joinToken: 't' });

  // Between the two halves of an enrolment.
  const secret = await host.begin();
  await first.kill();
  const second = await started(address, 'within');
  current = second.client;
  const enrolled = await client.activate(host.enrolment, { secret: toBase64url(secret) });
  host.id = enrolled.host!;

  // While evidence is written: everything is, and nothing is committed.
  const challenge = await host.challenge();
  const lost = arrives(host.answer(challenge));
  await second.stands();
  await second.kill();
  expect(await lost).toBe(false);
  await look(address, async (store) => {
    expect(await store.damage()).toEqual([]);
    expect(await listAppraisals(store.read, { hostId: host.id, limit: 9 })).toEqual([]);
    expect(await latestBoot(store.read, host.id, challenge.ak)).toBeUndefined();
    expect((await findHost(store.read, host.id))!.last).toBeNull();
  });

  // The challenge outlived the service that made it. This time it is committed, and the host does not learn it.
  const third = await started(address, 'after');
  current = third.client;
  const unheard = arrives(host.answer(challenge));
  await third.stands();
  await third.kill();
  expect(await unheard).toBe(false);

  const fourth = await started(address, 'nowhere');
  current = fourth.client;
  await expect(host.answer(challenge)).rejects.toMatchObject({ code: 'challenge.used' });
  expect((await host.attest()).verdict).toBe('trusted');
  await look(address, async (store) => {
    expect(await store.damage()).toEqual([]);
    expect(await listHosts(store.read, { limit: 9 })).toHaveLength(1);
    expect(await listAppraisals(store.read, { hostId: host.id, limit: 9 })).toHaveLength(2);
    expect(standingOf((await findHost(store.read, host.id))!, NOW)).toBe('trusted');
    const events = await listEvents(store.read, { limit: 100 });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    expect(events.filter(({ action }) => action === 'host.verdict-changed')).toHaveLength(1);
    expect(events.filter(({ action }) => action === 'join-token.used')).toHaveLength(1);
  });
});
