/** `assay db …`: what is done with a database itself, without a service. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';

export interface DatabaseOptions {
  readonly database?: string;
  readonly data?: string;
  readonly json?: true;
}

export function registerDb(program: Command, io: Io): void {
  const db = program
    .command('db')
    .summary('look after the database of a service')
    .description('Opens the database of a service itself.');
  const options = (command: Command): Command =>
    command
      .option('--database <address>', 'SQLite file or postgres://… (ASSAY_DATABASE; default: assay.db in --data)')
      .option('--data <dir>', 'folder of the service (ASSAY_DATA)');
  options(db.command('check').description('Says which schema a database has, and whether its file is whole.'))
    .option('--json', 'print one JSON document (assay.db-check/1)')
    .addHelpText('after', '\nExit codes: 0 current and whole, 1 damaged or to be migrated, 3 error.')
    .action(async (given: DatabaseOptions) => {
      const { checkDatabase } = await import('../actions/db.ts');
      io.exitCode = await checkDatabase(io, given);
    });
  options(
    db
      .command('migrate')
      .description('Brings a database to the schema of this version, as the service does when it starts.'),
  )
    .option('--json', 'print one JSON document (assay.db-migrated/1)')
    .action(async (given: DatabaseOptions) => {
      const { migrateDatabase } = await import('../actions/db.ts');
      await migrateDatabase(io, given);
    });
  options(
    db
      .command('admin-token')
      .description('Makes a token of an administrator, for when none is left to make one with. It is recorded.')
      .argument('<file>', 'new file for the token'),
  )
    .option('--json', 'print one JSON document (assay.db-admin-token/1)')
    .action(async (file: string, given: DatabaseOptions) => {
      const { createAdminToken } = await import('../actions/db.ts');
      await createAdminToken(io, file, given);
    });
}
