/**
 * What has landed and does not change any more: the files of `src/store/migrations` by their digests, and a dump of each schema with
 * some rows, for each database.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex } from '../../../src/bytes/hash.ts';
import type { DialectName } from '../../../src/store/migrations/columns.ts';
import { ROOT } from '../../support/repository.ts';

export const SCHEMAS = join(ROOT, 'test/store/schemas');
const MIGRATIONS = join(ROOT, 'src/store/migrations');
export const DIGESTS = join(SCHEMAS, 'digests.json');

/** Digests of the files of the folder now, by their names. */
export function presentDigests(): Record<string, string> {
  const files = readdirSync(MIGRATIONS).toSorted();
  return Object.fromEntries(files.map((file) => [file, digestHex('sha256', readFileSync(join(MIGRATIONS, file)))]));
}

/** Digests of the files as they landed. */
export function landedDigests(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(DIGESTS, 'utf8')) as Record<string, string>;
}

/** Names of the landed migrations, in order. */
export function landedMigrations(): string[] {
  return Object.keys(landedDigests())
    .filter((file) => /^\d{4}-/.test(file))
    .map((file) => file.replace(/\.ts$/, ''))
    .toSorted();
}

export function dumpFile(migration: string, dialect: DialectName): string {
  return join(SCHEMAS, `${migration}.${dialect}.sql`);
}
