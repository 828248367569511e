/** What a database goes through: a process that is killed, and one beside another. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listEvents } from '../../src/store/events.ts';
import { createHost, listHosts } from '../../src/store/hosts.ts';
import { openStore } from '../../src/store/open.ts';
import { run, start, type Daemon } from '../tools/programs.ts';
import { ADMIN, sqliteDatabase } from '../store/database.ts';

const host = (id: string) => ({ id, name: id, policy: null, state: 'active' }) as const;
const program = (args: readonly string[]) => [
  '--import',
  'tsx',
  join(import.meta.dirname, 'second-process.ts'),
  ...args,
];

/** A process that is in the middle of a change. */
async function holding(address: string): Promise<Daemon> {
  const log = `${address}.log`;
  const daemon = start('node', program([address, 'hold']), { log });
  onTestFinished(() => daemon.stop());
  await vi.waitUntil(() => readFileSync(log, 'utf8').includes('holding'), { timeout: 20_000 });
  return daemon;
}

describe('a SQLite file', () => {
  it('holds what was committed, and nothing else, after its process was killed in a change', async () => {
    const { address } = await sqliteDatabase();
    const before = await openStore(address);
    await before.change(ADMIN, (change) => createHost(change, host('committed')));
    await before.close();
    const daemon = await holding(address);
    process.kill(daemon.pid, 'SIGKILL');
    await daemon.exited;

    const store = await openStore(address);
    onTestFinished(() => store.close());
    expect(await store.damage()).toEqual([]);
    expect((await listHosts(store.read, { limit: 9 })).map(({ id }) => id)).toEqual(['committed']);
    await store.change(ADMIN, (change) => createHost(change, host('later')));
    expect((await listEvents(store.read, { limit: 9 })).map(({ seq }) => seq)).toEqual([1, 2]);
  }, 30_000);

  it('is read while another process is in the middle of a change', async () => {
    const { address } = await sqliteDatabase();
    const store = await openStore(address);
    onTestFinished(() => store.close());
    await store.change(ADMIN, (change) => createHost(change, host('committed')));
    await holding(address);
    expect((await listHosts(store.read, { limit: 9 })).map(({ id }) => id)).toEqual(['committed']);
  }, 30_000);

  it('takes the changes of two processes, whole and numbered without a gap', async () => {
    const { address } = await sqliteDatabase();
    await (await openStore(address)).close();
    await Promise.all([
      run('node', program([address, 'add', 'a', '50'])),
      run('node', program([address, 'add', 'b', '50'])),
    ]);
    const store = await openStore(address);
    onTestFinished(() => store.close());
    expect(await listHosts(store.read, { limit: 200 })).toHaveLength(100);
    const seqs = (await listEvents(store.read, { limit: 200 })).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  }, 60_000);
});
