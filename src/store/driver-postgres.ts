/** PostgreSQL through pg's pool. */

import { PostgresDialect, type Dialect } from 'kysely';
import { Pool, types } from 'pg';

/** Milliseconds after which a connection that cannot be had, or a statement that does not end, is an error. */
const CONNECT_TIMEOUT = 5000;
const STATEMENT_TIMEOUT = 60_000;

/** Object identifier of int8, the type of counts and times. */
const INT8 = 20;

/** @param url `postgres://user:password@host:port/database`; a socket is `postgres:///database?host=/run/postgresql` */
export function postgresDialect(url: string): Dialect {
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    application_name: 'assay',
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? wholeNumber : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
  });
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', () => undefined);
  return new PostgresDialect({ pool });
}

/** pg gives int8 as text, because it may not fit a number. Here it always does. */
function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is no safe integer`);
  return value;
}
