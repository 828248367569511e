/** What `assay db …` does. */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../bytes/errors.ts';
import { makeAdminToken } from '../../service/first-start.ts';
import { openStore, openStoreAsIs, type Store } from '../../store/open.ts';
import type { DatabaseOptions } from '../commands/db.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { DATABASE_FILE } from '../service-context.ts';

/** @throws UsageError `database.*` */
export async function checkDatabase(io: Io, options: DatabaseOptions): Promise<ExitCode> {
  return use(await openStoreAsIs(existingAddress(io, options)), async (store) => {
    const { applied, pending } = await store.schema();
    const damage = await store.damage();
    const good = pending.length === 0 && damage.length === 0;
    if (options.json === true) {
      io.out(`${JSON.stringify({ schema: 'assay.db-check/1', dialect: store.dialect, applied, pending, damage })}\n`);
    } else {
      const { red, green, yellow } = io.outStyle;
      io.out(
        `schema   ${applied.at(-1) ?? 'none'}${pending.length === 0 ? ', current' : yellow(`, to be migrated: ${pending.join(', ')}`)}\n`,
      );
      io.out(`content  ${damage.length === 0 ? green('whole') : red(damage.join('\n         '))}\n`);
    }
    return good ? EXIT.yes : EXIT.no;
  });
}

/** @throws UsageError `database.*` */
export async function migrateDatabase(io: Io, options: DatabaseOptions): Promise<void> {
  await use(await openStore(address(io, options)), async (store) => {
    const { applied } = await store.schema();
    if (options.json === true) io.out(`${JSON.stringify({ schema: 'assay.db-migrated/1', applied })}\n`);
    else io.out(`schema ${applied.at(-1)}\n`);
  });
}

/** @throws UsageError `database.*`, `data.admin-token` */
export async function createAdminToken(io: Io, file: string, options: DatabaseOptions): Promise<void> {
  await use(await openStore(existingAddress(io, options)), async (store) => {
    await makeAdminToken(store, file, { at: io.now(), random: randomBytes });
    if (options.json === true) io.out(`${JSON.stringify({ schema: 'assay.db-admin-token/1', file })}\n`);
    else io.out(`the token is in ${file}\n`);
  });
}

async function use<T>(store: Store, work: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function address(io: Io, options: DatabaseOptions): string {
  const database = options.database ?? (io.env['ASSAY_DATABASE'] || undefined);
  if (database !== undefined) return database;
  const data = options.data ?? (io.env['ASSAY_DATA'] || undefined);
  if (data !== undefined) return join(data, DATABASE_FILE);
  throw new UsageError('database.none', 'no database is given', 'give --database ADDRESS or --data DIR');
}

/** A SQLite file that is not there would be made: here that is a wrong path. */
function existingAddress(io: Io, options: DatabaseOptions): string {
  const given = address(io, options);
  if (/^postgres(ql)?:/.test(given) || existsSync(given.replace(/^sqlite:/, ''))) return given;
  throw new UsageError('database.none', `there is no database at ${given}`, 'check --database or --data');
}
