/** Changes and their events. */

import { describe, expect, it } from 'vitest';
import { listEvents } from '../../../src/store/events.ts';
import { changeHost, createHost, findHost } from '../../../src/store/hosts.ts';
import type { DialectName } from '../../../src/store/migrations/columns.ts';
import { openStore } from '../../../src/store/open.ts';
import { ADMIN, NOW, openTestStore, type MakeDatabase } from '../database.ts';

const host = (id: string) => ({ id, name: `name of ${id}`, policy: 'kvm-uki', state: 'active' }) as const;

export function changesSuite(make: MakeDatabase): void {
  describe('a change', () => {
    it('is there with its event, or not at all', async () => {
      const { store } = await openTestStore(make);
      await store.change(ADMIN, (change) => createHost(change, host('a')));
      const failure = store.change(ADMIN, async (change) => {
        await createHost(change, host('b'));
        expect(await findHost(change.read, 'b')).toBeDefined();
        throw new Error('no');
      });
      await expect(failure).rejects.toThrow('no');
      expect(await findHost(store.read, 'b')).toBeUndefined();
      expect(await listEvents(store.read, { limit: 10 })).toEqual([
        {
          seq: 1,
          at: NOW,
          actor: 'token:token-1',
          action: 'host.created',
          subject: { kind: 'host', id: 'a' },
          reason: 'because',
          detail: { name: 'name of a', policy: 'kvm-uki', state: 'active' },
        },
      ]);
    });

    it('is not seen before it is whole', async () => {
      const { store } = await openTestStore(make);
      await store.change(ADMIN, async (change) => {
        await createHost(change, host('a'));
        expect(await findHost(store.read, 'a')).toBeUndefined();
      });
      expect(await findHost(store.read, 'a')).toBeDefined();
    });

    it('has no other change within, which would wait for ever', async () => {
      const { store } = await openTestStore(make);
      const within = store.change(ADMIN, () => store.change(ADMIN, (change) => createHost(change, host('a'))));
      await expect(within).rejects.toThrow('use the change itself');
      await expect(store.change(ADMIN, async () => void store.keep)).rejects.toThrow('use the change itself');
    });

    it('stands alone: of two that read and then write, the second sees the first', async () => {
      const { store, database } = await openTestStore(make);
      // Two stores in one process would wait for each other inside of SQLite; two processes are tried in faults.test.ts.
      const second = database.dialect === 'sqlite' ? store : await openStore(database.address);
      await store.change(ADMIN, (change) => createHost(change, { ...host('a'), name: '0' }));
      const add = (through: typeof store) =>
        through.change(ADMIN, async (change) => {
          const { name } = (await findHost(change.read, 'a'))!;
          await changeHost(change, 'a', { name: String(Number(name) + 1) });
        });
      await Promise.all(Array.from({ length: 10 }, (_, index) => add(index % 2 === 0 ? store : second)));
      expect((await findHost(store.read, 'a'))?.name).toBe('10');
      const seqs = (await listEvents(store.read, { limit: 100 })).map(({ seq }) => seq);
      expect(seqs).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
      if (second !== store) await second.close();
    });
  });

  describe('an event', () => {
    it.each([
      `update events set actor = 'nobody'`,
      `update events set seq = seq + 1`,
      `delete from events`,
      `delete from appraisals`,
      `update appraisals set verdict = 'trusted'`,
    ])('is not changed or taken out, by whatever statement: %s', async (statement) => {
      const { store, database } = await openTestStore(make);
      await store.change(ADMIN, (change) => createHost(change, host('a')));
      for (const row of appraisalRow(database.dialect)) await database.execute(row);
      await expect(database.execute(statement)).rejects.toThrow('is refused');
      expect(await listEvents(store.read, { limit: 10 })).toHaveLength(1);
    });

    it('is not replaced by another of its number', async () => {
      const { store, database } = await openTestStore(make);
      await store.change(ADMIN, (change) => createHost(change, host('a')));
      const values = `values (1, 0, 'x', 'x.y', 'x', 'x', null, '{}')`;
      const statement =
        database.dialect === 'sqlite'
          ? `insert or replace into events ${values}`
          : `insert into events ${values} on conflict (seq) do update set actor = 'x'`;
      await expect(database.execute(statement)).rejects.toThrow('is refused');
    });

    it('is found from a number on, and by its subject', async () => {
      const { store } = await openTestStore(make);
      await store.change(ADMIN, async (change) => {
        for (const id of ['a', 'b', 'c']) await createHost(change, host(id));
      });
      const page = await listEvents(store.read, { after: 1, limit: 1 });
      expect(page.map(({ subject }) => subject.id)).toEqual(['b']);
      const ofC = await listEvents(store.read, { subject: { kind: 'host', id: 'c' }, limit: 10 });
      expect(ofC.map(({ seq }) => seq)).toEqual([3]);
      expect(await listEvents(store.read, { subject: { kind: 'token', id: 'c' }, limit: 10 })).toEqual([]);
    });
  });
}

/** Statements that put one appraisal of host `a` there. */
function appraisalRow(dialect: DialectName): readonly string[] {
  const id = `sha256:${'0'.repeat(64)}`;
  const empty = dialect === 'sqlite' ? `x''` : `''`;
  return [
    `insert into blobs values ('${id}', 0, 'identity', ${empty}, 0)`,
    `insert into appraisals values ('1', 'a', 0, 'untrusted', null, '${id}', '${id}', '${id}', null, null, null, null)`,
  ];
}
