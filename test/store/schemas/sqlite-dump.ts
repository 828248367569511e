/** A SQLite database as statements that make it again. */

import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';

interface Part {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** Tables first, then their rows, then what looks at rows. */
export function dumpSqlite(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const parts = database
      .prepare(`select type, name, sql from sqlite_master where sql is not null order by rowid`)
      .all() as Part[];
    const tables = parts.filter(({ type }) => type === 'table');
    const others = parts.filter(({ type }) => type !== 'table');
    return [
      ...tables.map(({ sql }) => `${sql};`),
      ...tables.flatMap(({ name }) => rowsOf(database, name)),
      ...others.map(({ sql }) => `${sql};`),
      '',
    ].join('\n');
  } finally {
    database.close();
  }
}

function rowsOf(database: DatabaseSyncInstance, table: string): string[] {
  const columns = (database.prepare(`pragma table_info("${table}")`).all() as { readonly name: string }[]).map(
    ({ name }) => name,
  );
  const quoted = columns.map((name) => `quote("${name}")`).join(` || ', ' || `);
  const rows = database.prepare(`select ${quoted} as row from "${table}"`).all() as { readonly row: string }[];
  return rows.map(({ row }) => `insert into "${table}" values (${row});`);
}

/** Makes a database from such statements. */
export function loadSqlite(path: string, script: string): void {
  const database = new DatabaseSync(path);
  try {
    // Tables and rows stand in the order they were made in, not in that of their references.
    database.exec(`pragma foreign_keys = off; begin; ${script} commit;`);
  } finally {
    database.close();
  }
}
