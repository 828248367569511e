import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { startTestService, tokenOf } from '../service/running.ts';
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

  it('the service runs, and several of them on one database', async () => {
    const address = await postgres.createDatabase();
    const stores = [await openStore(address), await openStore(address)] as const;
    onTestFinished(async () => {
      for (const store of stores) await store.close();
    });
    const one = await startTestService({ context: { store: stores[0] } });
    const other = await startTestService({ context: { store: stores[1] } });
    const headers = {
      authorization: `Bearer ${await tokenOf(one.context, 'admin')}`,
      'content-type': 'application/json',
    };
    const create = ({ url }: typeof one, name: string) =>
      fetch(`${url}/v1/tokens`, { method: 'POST', headers, body: JSON.stringify({ name, role: 'viewer' }) });
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) => create(index % 2 ? one : other, `t${index}`)),
    );
    expect(made.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
    const { events } = (await (await fetch(`${other.url}/v1/events`, { headers })).json()) as {
      events: { seq: number }[];
    };
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 22 }, (_, index) => index + 1));
    expect((await fetch(`${one.url}/readyz`)).status).toBe(200);
  });
});
