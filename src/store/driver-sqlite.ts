/** The one file that knows which SQLite this is: Node's own where it has one, else a package with the same interface. */

import { createRequire } from 'node:module';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import {
  DeleteQueryNode,
  InsertQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  UpdateQueryNode,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';

/** Milliseconds to wait for another process that writes. Waiting stops this one, so a service shares its file with commands only. */
const BUSY_TIMEOUT = 5000;

/** The part of the interface that is used. */
interface SqliteModule {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean }) => DatabaseSyncInstance;
}

function loadSqlite(): SqliteModule {
  // Before Node 22.13 it is not there, or not without an option.
  const builtIn = process.getBuiltinModule('node:sqlite') as SqliteModule | undefined;
  // Required and not imported: the bundled program, which V8 has compiled before, knows no import at run time.
  return builtIn ?? (createRequire(import.meta.url)('@photostructure/sqlite') as SqliteModule);
}

/**
 * A connection to a file. One that writes makes the file if it is missing.
 *
 * WAL: readers see the last commit while a writer is at work. FULL: what was committed is on disk, also after a power failure.
 */
function connect(path: string, readOnly: boolean): DatabaseSyncInstance {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path, { readOnly });
  database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT}`);
  if (!readOnly) database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  database.exec('pragma foreign_keys = on');
  // Rows that an insert replaces meet the triggers of a deletion too.
  database.exec('pragma recursive_triggers = on');
  database.exec('pragma trusted_schema = off');
  return database;
}

/** kysely's dialect over one connection to a file. */
export function sqliteDialect(path: string, { readOnly }: { readonly readOnly: boolean }): Dialect {
  return {
    createDriver: () => new SqliteDriver(path, readOnly),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new Adapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

class Adapter extends SqliteAdapter {
  /** SQLite undoes changes of the schema with the transaction they are made in. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** One connection, lent to one user after the other in the order they asked. */
class SqliteDriver implements Driver {
  readonly #path: string;
  readonly #readOnly: boolean;
  #database: DatabaseSyncInstance | undefined;
  #connection: SqliteConnection | undefined;
  #busy = false;
  readonly #waiting: (() => void)[] = [];

  constructor(path: string, readOnly: boolean) {
    this.#path = path;
    this.#readOnly = readOnly;
  }

  async init(): Promise<void> {
    this.#database = connect(this.#path, this.#readOnly);
    this.#connection = new SqliteConnection(this.#database);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#busy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy = true;
    return this.#connection!;
  }

  releaseConnection(): Promise<void> {
    const next = this.#waiting.shift();
    // Handed on without a moment in which somebody else could take it.
    if (next === undefined) this.#busy = false;
    else next();
    return Promise.resolve();
  }

  /** Every transaction here writes: it takes its place at once, or a second process could change what it has read. */
  beginTransaction(connection: DatabaseConnection): Promise<void> {
    return execute(connection, 'begin immediate');
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return execute(connection, 'commit');
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return execute(connection, 'rollback');
  }

  /** A statement that was not collected yet would keep SQLite from doing this itself; a copy of the file alone lacked the rest. */
  async destroy(): Promise<void> {
    if (!this.#readOnly) this.#database?.exec('pragma wal_checkpoint(truncate)');
    this.#database?.close();
  }
}

async function execute(connection: DatabaseConnection, statement: string): Promise<void> {
  await (connection as SqliteConnection).run(statement);
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSyncInstance;

  constructor(database: DatabaseSyncInstance) {
    this.#database = database;
  }

  async run(statement: string): Promise<void> {
    this.#database.exec(statement);
  }

  async executeQuery<R>({ sql, parameters, query }: CompiledQuery): Promise<QueryResult<R>> {
    const statement = this.#database.prepare(sql);
    const writes = InsertQueryNode.is(query) || UpdateQueryNode.is(query) || DeleteQueryNode.is(query);
    if (!writes || query.returning !== undefined) return { rows: statement.all(...parameters) as R[] };
    return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) };
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('SQLite results are not streamed');
  }
}
