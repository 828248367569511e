/** Brings a database to the schema of this version. */

import { Migrator, type Kysely, type Migration } from 'kysely';
import { UsageError } from '../bytes/errors.ts';
import { up as ground } from './migrations/0001-ground.ts';
import { up as evidenceParts } from './migrations/0002-evidence-parts.ts';
import { up as systemdLog } from './migrations/0003-systemd-log.ts';
import type { DialectName } from './migrations/columns.ts';

/** Every schema that ever landed, in order. A new one is added at the end; none is changed. */
const MIGRATIONS: readonly (readonly [
  name: string,
  up: (db: Kysely<unknown>, dialect: DialectName) => Promise<void>,
])[] = [
  ['0001-ground', ground],
  ['0002-evidence-parts', evidenceParts],
  ['0003-systemd-log', systemdLog],
];

export interface SchemaState {
  /** names of the migrations that were applied */
  readonly applied: readonly string[];
  /** that this version has beyond them */
  readonly pending: readonly string[];
  /** that this version does not know */
  readonly unknown: readonly string[];
}

/** What schema a database has. An empty one has none. */
export async function schemaState(db: Kysely<unknown>): Promise<SchemaState> {
  const applied = await appliedMigrations(db);
  const known = MIGRATIONS.map(([name]) => name);
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

async function appliedMigrations(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const reader = db as Kysely<{ kysely_migration: { readonly name: string } }>;
  const rows = await reader.selectFrom('kysely_migration').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}

/**
 * Applies what is missing, each migration whole or not at all.
 * @throws UsageError `database.newer`
 */
export async function migrate(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  refuseNewer(await schemaState(db));
  const migrations = MIGRATIONS.map(([name, up]): [string, Migration] => [
    name,
    { up: (within) => up(within as Kysely<unknown>, dialect) },
  ]);
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(Object.fromEntries(migrations)) },
  }).migrateToLatest();
  if (error !== undefined) throw error as Error;
}

/** @throws UsageError `database.newer` */
export function refuseNewer({ unknown }: SchemaState): void {
  if (unknown.length === 0) return;
  throw new UsageError(
    'database.newer',
    `the database was written by a newer version of assay: it has ${unknown.join(', ')}`,
    'run that version, or restore a backup taken before it',
  );
}
