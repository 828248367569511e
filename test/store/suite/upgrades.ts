/** Databases of every schema that ever landed (attack 97). */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contentId } from '../../../src/bytes/hash.ts';
import { readBlob } from '../../../src/store/blobs.ts';
import { listEvents } from '../../../src/store/events.ts';
import { listHosts } from '../../../src/store/hosts.ts';
import { openStore, openStoreAsIs } from '../../../src/store/open.ts';
import { listTokens } from '../../../src/store/tokens.ts';
import type { MakeDatabase, TestDatabase } from '../database.ts';
import { dumpFile, landedMigrations } from '../schemas/landed.ts';

export interface UpgradeTools {
  readonly make: MakeDatabase;
  readonly load: (database: TestDatabase, script: string) => Promise<void>;
  /** the schema alone, in a form that is the same for the same schema */
  readonly describeSchema: (database: TestDatabase) => Promise<string>;
}

export function upgradesSuite({ make, load, describeSchema }: UpgradeTools): void {
  describe('a database of an earlier schema', () => {
    it.each(landedMigrations())('%s has the newest afterwards, and its rows', async (migration) => {
      const old = await make();
      await load(old, readFileSync(dumpFile(migration, old.dialect), 'utf8'));
      const store = await openStore(old.address);
      expect((await store.schema()).pending).toEqual([]);
      expect(await store.damage()).toEqual([]);
      expect((await listHosts(store.read, { limit: 9 })).map(({ name }) => name)).toEqual(['hypervisor-1']);
      expect((await listTokens(store.read)).map(({ name }) => name)).toEqual(['first']);
      expect(await listEvents(store.read, { limit: 9 })).toHaveLength(1);
      const content = Buffer.from('content');
      expect(await readBlob(store.read, contentId(content))).toEqual(new Uint8Array(content));
      await store.close();

      const fresh = await make();
      await (await openStore(fresh.address)).close();
      expect(await describeSchema(old)).toBe(await describeSchema(fresh));
    });

    it('has rows in every table', async () => {
      const old = await make();
      await load(old, readFileSync(dumpFile(landedMigrations().at(-1)!, old.dialect), 'utf8'));
      const names =
        old.dialect === 'sqlite'
          ? `select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`
          : `select tablename as name from pg_tables where schemaname = 'public'`;
      for (const { name } of await old.execute(names)) {
        const rows = await old.execute(`select 1 as one from ${String(name)} limit 1`);
        expect({ name, rows: rows.length }).toEqual({ name, rows: 1 });
      }
    });

    it('is opened as it is when it is only looked at', async () => {
      const empty = await make();
      const store = await openStoreAsIs(empty.address);
      expect(await store.schema()).toEqual({ applied: [], pending: landedMigrations(), unknown: [] });
      await store.close();
    });
  });

  it('a database of a later schema is refused, and left alone', async () => {
    const newer = await make();
    await (await openStore(newer.address)).close();
    await newer.execute(`insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00Z')`);
    const before = await describeSchema(newer);
    const refusal = expect.objectContaining({ name: 'UsageError', code: 'database.newer' });
    await expect(openStore(newer.address)).rejects.toThrow(refusal);
    await expect(openStoreAsIs(newer.address)).rejects.toThrow(refusal);
    expect(await describeSchema(newer)).toBe(before);
  });

  it('two services that start at once on an empty database both find the schema', async () => {
    const { address, dialect } = await make();
    // Within one process two would wait for each other inside of SQLite.
    const stores = await Promise.all(Array.from({ length: dialect === 'sqlite' ? 1 : 4 }, () => openStore(address)));
    for (const store of stores) {
      expect((await store.schema()).pending).toEqual([]);
      await store.close();
    }
  });
}
