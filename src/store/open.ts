/** Opens the database that an address names, and gives the one interface to it. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { Kysely, sql, type Transaction } from 'kysely';
import { UsageError } from '../bytes/errors.ts';
import { Change } from './change.ts';
import { sqliteDialect } from './driver-sqlite.ts';
import type { Cause } from './events.ts';
import { migrate, refuseNewer, schemaState, type SchemaState } from './migrate.ts';
import type { DialectName } from './migrations/columns.ts';
import type { Keeper, Reader, Tables } from './schema.ts';

/** A database that is open. The functions of this room's other files take its parts. */
export interface Store {
  readonly dialect: DialectName;
  /** sees what was committed */
  readonly read: Reader;
  /** Writes what needs no event, each statement by itself. Not to be used inside of a change, which has its own. */
  readonly keep: Keeper;
  /**
   * Makes one change: all of it, with its events, or nothing when `work` throws. Changes are made one after the other, over all
   * processes, so what `work` reads through the change stays so until it ends. Do nothing slow in it.
   */
  change<T>(cause: Cause, work: (change: Change) => Promise<T>): Promise<T>;
  schema(): Promise<SchemaState>;
  /** What the database itself finds wrong with its file; nothing on PostgreSQL, which checks elsewhere. */
  damage(): Promise<string[]>;
  close(): Promise<void>;
}

/** The two ways into a database, and what it is. */
interface Handles {
  readonly dialect: DialectName;
  readonly reader: Kysely<Tables>;
  readonly writer: Kysely<Tables>;
}

/** Number of PostgreSQL's advisory lock that a change holds; any number that nothing else in the database uses. */
const CHANGE_LOCK = 6_011_774;

/**
 * Opens a database and brings it to this version's schema.
 * @param address a path, `sqlite:PATH` or `postgres://…`
 * @throws UsageError `database.*`
 */
export function openStore(address: string): Promise<Store> {
  return open(address, async ({ writer, dialect }) => migrate(writer as unknown as Kysely<unknown>, dialect));
}

/**
 * Opens a database with the schema it has, to look at it.
 * @throws UsageError `database.*`
 */
export function openStoreAsIs(address: string): Promise<Store> {
  return open(address, async ({ writer }) => refuseNewer(await schemaState(writer as unknown as Kysely<unknown>)));
}

async function open(address: string, prepare: (handles: Handles) => Promise<void>): Promise<Store> {
  const handles = await connect(address);
  try {
    await prepare(handles);
    return createStore(handles);
  } catch (cause) {
    await close(handles);
    throw inWords(cause, address);
  }
}

async function connect(address: string): Promise<Handles> {
  if (/^postgres(ql)?:/.test(address)) {
    const { postgresDialect } = await import('./driver-postgres.ts');
    const db = new Kysely<Tables>({ dialect: postgresDialect(address) });
    return { dialect: 'postgres', reader: db, writer: db };
  }
  const path = address.replace(/^sqlite:/, '');
  if (path === '' || path === ':memory:' || path.includes('://')) {
    throw new UsageError(
      'database.address',
      `${withoutPassword(address)} is no address of a database`,
      'write a path, sqlite:PATH or postgres://USER@HOST/DATABASE',
    );
  }
  claimFile(path);
  return {
    dialect: 'sqlite',
    reader: new Kysely<Tables>({ dialect: sqliteDialect(path, { readOnly: true }) }),
    writer: new Kysely<Tables>({ dialect: sqliteDialect(path, { readOnly: false }) }),
  };
}

/** Makes the file if it is missing, for its user alone, and refuses one that others can read: keys are in it. */
function claimFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'a', 0o600);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError('database.unusable', `${path} cannot be opened (${code})`, 'check the path and its rights');
  }
  try {
    const { mode } = fstatSync(file);
    if ((mode & 0o077) === 0) return;
    throw new UsageError(
      'database.permissions',
      `${path} has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: others can reach it`,
      `run: chmod 600 ${path}`,
    );
  } finally {
    closeSync(file);
  }
}

/** What a database or the system says has a code; what has none is a fault of our own. */
function inWords(cause: unknown, address: string): unknown {
  if (cause instanceof UsageError || typeof (cause as { readonly code?: unknown }).code !== 'string') return cause;
  return new UsageError(
    'database.unusable',
    `the database ${withoutPassword(address)} cannot be used: ${(cause as Error).message || String(cause)}`,
    'check the address, that the database runs, and what its user may do',
  );
}

/** An address as it may be shown. */
function withoutPassword(address: string): string {
  return address.replace(/^([a-z]+:\/\/[^/@:]*):[^/]*@/, '$1:…@').replace(/([?&]password=)[^&]*/g, '$1…');
}

/**
 * The writer whose change is being made: a change inside of that would wait for itself. One for all stores, as every
 * asynchronous call of the process pays for each of these for as long as it lives.
 */
const changing = new AsyncLocalStorage<Kysely<Tables>>();

function createStore({ dialect, reader, writer }: Handles): Store {
  const refuseInside = (): void => {
    if (changing.getStore() === writer) throw new Error('within a change, use the change itself');
  };
  return {
    dialect,
    read: reader,
    get keep() {
      refuseInside();
      return writer as Keeper;
    },
    async change(cause, work) {
      refuseInside();
      return changing.run(writer, () =>
        writer.transaction().execute(async (transaction) => {
          await takeTurn(transaction, dialect);
          const change = new Change(transaction, cause);
          const result = await work(change);
          await change.appendEvents();
          return result;
        }),
      );
    },
    schema: () => schemaState(writer as unknown as Kysely<unknown>),
    damage: () => findDamage(writer, dialect),
    close: () => close({ dialect, reader, writer }),
  };
}

/** SQLite has one writer anyway. In PostgreSQL the lock ends with the transaction. */
async function takeTurn(transaction: Transaction<Tables>, dialect: DialectName): Promise<void> {
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(CHANGE_LOCK)})`.execute(transaction);
}

async function findDamage(db: Kysely<Tables>, dialect: DialectName): Promise<string[]> {
  if (dialect === 'postgres') return [];
  const integrity = await sql<{ readonly integrity_check: string }>`pragma integrity_check`.execute(db);
  const references = await sql<{ readonly table: string }>`pragma foreign_key_check`.execute(db);
  return [
    ...integrity.rows.flatMap((row) => row.integrity_check.split('\n')).filter((text) => text !== 'ok'),
    ...references.rows.map(({ table }) => `${table}: a row refers to one that is not there`),
  ];
}

async function close({ reader, writer }: Handles): Promise<void> {
  await reader.destroy();
  if (writer !== reader) await writer.destroy();
}
