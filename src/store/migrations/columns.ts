/**
 * What the two databases call the same column, table and trigger. The migrations are built from it and never change, so neither
 * does this: a test holds the digest of every file of this folder.
 */

import { sql, type ColumnDataType, type CreateTableBuilder, type Kysely } from 'kysely';

/** The database at hand. */
export type DialectName = 'sqlite' | 'postgres';

/** Whole numbers up to 2⁵³: counts, and times in epoch milliseconds. */
export function integer(dialect: DialectName): ColumnDataType {
  return dialect === 'sqlite' ? 'integer' : 'bigint';
}

export function bytes(dialect: DialectName): ColumnDataType {
  return dialect === 'sqlite' ? 'blob' : 'bytea';
}

/** A table whose columns hold values of their type only, in SQLite too. */
export function createTable(db: Kysely<unknown>, dialect: DialectName, name: string): CreateTableBuilder<string> {
  const table = db.schema.createTable(name);
  return dialect === 'sqlite' ? table.modifyEnd(sql`strict`) : table;
}

/** Makes the database itself refuse to change rows of a table, or to take them out. */
export async function refuse(
  db: Kysely<unknown>,
  dialect: DialectName,
  table: string,
  operations: readonly ('update' | 'delete')[],
): Promise<void> {
  for (const operation of operations) {
    const name = `${table}_no_${operation}`;
    if (dialect === 'sqlite') {
      await sql`create trigger ${sql.id(name)} before ${sql.raw(operation)} on ${sql.id(table)}
        begin select raise(abort, ${sql.lit(`${table}: ${operation} is refused`)}); end`.execute(db);
      continue;
    }
    const truncate = operation === 'delete' ? sql` or truncate` : sql``;
    await sql`create function ${sql.id(name)}() returns trigger language plpgsql as ${sql.lit(
      `begin raise exception '${table}: ${operation} is refused'; end`,
    )}`.execute(db);
    await sql`create trigger ${sql.id(name)} before ${sql.raw(operation)}${truncate} on ${sql.id(table)}
      for each statement execute function ${sql.id(name)}()`.execute(db);
  }
}
