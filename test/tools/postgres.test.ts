import { afterAll, beforeAll, describe } from 'vitest';
import { testDatabase, type MakeDatabase } from '../store/database.ts';
import { dumpPostgres, loadPostgres } from '../store/schemas/postgres-dump.ts';
import { storeSuite } from '../store/suite/all.ts';
import { upgradesSuite } from '../store/suite/upgrades.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

const make: MakeDatabase = async () => testDatabase('postgres', await postgres.createDatabase());

describe('on PostgreSQL', () => {
  storeSuite(make);
  upgradesSuite({
    make,
    load: (database, script) => loadPostgres(database.address, script),
    describeSchema: (database) => dumpPostgres(postgres, database.address, ['--schema-only']),
  });
});
