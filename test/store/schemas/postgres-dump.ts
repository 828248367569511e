/** A PostgreSQL database as statements that make it again. */

import { Client } from 'pg';
import type { TestPostgres } from '../../tools/postgres.ts';

/** What pg_dump gives, without its commands to psql. */
export async function dumpPostgres(
  server: TestPostgres,
  address: string,
  options: readonly string[] = [],
): Promise<string> {
  const text = await server.program('pg_dump', ['--inserts', '--no-owner', '--no-privileges', ...options, address]);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('--') && !line.startsWith('\\'))
    .join('\n')
    .concat('\n');
}

/** Makes a database from such statements. */
export async function loadPostgres(address: string, script: string): Promise<void> {
  const client = new Client({ connectionString: address });
  await client.connect();
  try {
    await client.query(script);
  } finally {
    await client.end();
  }
}
