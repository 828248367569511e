/** Databases for tests: each its own, gone afterwards. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import { onTestFinished } from 'vitest';
import { postgresDialect } from '../../src/store/driver-postgres.ts';
import { sqliteDialect } from '../../src/store/driver-sqlite.ts';
import type { Cause } from '../../src/store/events.ts';
import type { DialectName } from '../../src/store/migrations/columns.ts';
import { openStore, type Store } from '../../src/store/open.ts';

/** An empty database, and a way to it that goes past the store. */
export interface TestDatabase {
  readonly dialect: DialectName;
  readonly address: string;
  /** Runs one statement, and gives its rows. */
  execute(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export type MakeDatabase = () => Promise<TestDatabase>;

/** A database by its address; the way past the store is closed after the test. */
export function testDatabase(dialect: DialectName, address: string): TestDatabase {
  const db = new Kysely<unknown>({
    dialect: dialect === 'sqlite' ? sqliteDialect(address, { readOnly: false }) : postgresDialect(address),
  });
  onTestFinished(() => db.destroy());
  return {
    dialect,
    address,
    execute: async (statement) => (await sql.raw<Record<string, unknown>>(statement).execute(db)).rows,
  };
}

/** A file in a folder that is gone after the test. */
export const sqliteDatabase: MakeDatabase = () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'assay.db');
  writeFileSync(path, '', { mode: 0o600 });
  return Promise.resolve(testDatabase('sqlite', path));
};

/** A store over an empty database, closed after the test. */
export async function openTestStore(make: MakeDatabase): Promise<{ store: Store; database: TestDatabase }> {
  const database = await make();
  const store = await openStore(database.address);
  onTestFinished(() => store.close());
  return { store, database };
}

/** The time of everything here that has none of its own. */
export const NOW = Date.UTC(2026, 11, 1);

/** Somebody who changes things. */
export const ADMIN: Cause = { actor: { kind: 'token', id: 'token-1' }, reason: 'because', at: NOW };
