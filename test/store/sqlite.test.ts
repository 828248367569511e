import { describe } from 'vitest';
import { sqliteDatabase } from './database.ts';
import { loadSqlite } from './schemas/sqlite-dump.ts';
import { storeSuite } from './suite/all.ts';
import { upgradesSuite } from './suite/upgrades.ts';

describe('on SQLite', () => {
  storeSuite(sqliteDatabase);
  upgradesSuite({
    make: sqliteDatabase,
    load: (database, script) => {
      loadSqlite(database.address, script);
      return Promise.resolve();
    },
    describeSchema: async (database) => {
      const rows = await database.execute('select type, name, sql from sqlite_master order by type, name');
      return JSON.stringify(rows);
    },
  });
});
