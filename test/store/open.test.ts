import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHost, listHosts } from '../../src/store/hosts.ts';
import { openStore } from '../../src/store/open.ts';
import { ADMIN, openTestStore, sqliteDatabase } from './database.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'UsageError', code });

/** A path at which nothing is, in a folder that is gone after the test. */
async function freePath(): Promise<string> {
  return join(dirname((await sqliteDatabase()).address), 'new.db');
}

describe('an address', () => {
  it.each(['mysql://localhost/assay', 'file:///var/lib/assay.db', ':memory:', 'sqlite:', 'sqlite::memory:', ''])(
    'is refused: %j',
    async (address) => {
      await expect(openStore(address)).rejects.toThrow(refusal('database.address'));
    },
  );

  it('is not shown with its password when nobody answers there', async () => {
    // Port 1 is tcpmux, which nothing here runs.
    const opening = openStore('postgres://assay:secret-word@127.0.0.1:1/assay?password=secret-word');
    await expect(opening).rejects.toThrow(refusal('database.unusable'));
    await expect(opening).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret-word') as string }),
    );
  });
});

describe('a SQLite file', () => {
  it('is made for its user alone, with what SQLite lays beside it (attack 98)', async () => {
    const path = await freePath();
    const store = await openStore(`sqlite:${path}`);
    onTestFinished(() => store.close());
    await store.change(ADMIN, (change) => createHost(change, { id: 'a', name: 'a', policy: null, state: 'active' }));
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([0o644, 0o640, 0o606])('is refused when others can reach it: mode %i', async (mode) => {
    const { address } = await sqliteDatabase();
    chmodSync(address, mode);
    await expect(openStore(address)).rejects.toThrow(refusal('database.permissions'));
  });

  it('is refused when it is a folder, has no folder, or is something else', async () => {
    const path = await freePath();
    await expect(openStore(join(path, 'assay.db'))).rejects.toThrow(refusal('database.unusable'));
    writeFileSync(path, 'no database at all '.repeat(100), { mode: 0o600 });
    await expect(openStore(path)).rejects.toThrow(refusal('database.unusable'));
    expect(readFileSync(path, 'utf8')).toMatch(/^no database at all/);
    mkdirSync(`${path}.d`);
    await expect(openStore(`${path}.d`)).rejects.toThrow(refusal('database.unusable'));
  });

  it('is whole by itself once it was closed: what is copied then lacks nothing', async () => {
    const { store, database } = await openTestStore(sqliteDatabase);
    await store.change(ADMIN, (change) => createHost(change, { id: 'a', name: 'a', policy: null, state: 'active' }));
    await store.close();
    const copy = await sqliteDatabase();
    writeFileSync(copy.address, readFileSync(database.address));
    const copied = await openStore(copy.address);
    onTestFinished(() => copied.close());
    expect((await listHosts(copied.read, { limit: 9 })).map(({ id }) => id)).toEqual(['a']);
  });

  it('says when it is damaged', async () => {
    const { store, database } = await openTestStore(sqliteDatabase);
    expect(await store.damage()).toEqual([]);
    await database.execute('pragma foreign_keys = off');
    await database.execute(`insert into token_uses values ('nobody', 0)`);
    expect(await store.damage()).toEqual(['token_uses: a row refers to one that is not there']);
  });

  it('says when a page of it was overwritten', async () => {
    const { store, database } = await openTestStore(sqliteDatabase);
    await store.close();
    const bytes = readFileSync(database.address);
    bytes.fill(0x5a, bytes.length - 4096);
    writeFileSync(database.address, bytes);
    const again = await openStore(database.address);
    onTestFinished(() => again.close());
    expect((await again.damage()).join()).toMatch(/page/);
  });
});
