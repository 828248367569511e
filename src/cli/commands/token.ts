/** `assay token …`: who may call a service. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { operatorOptions, type OperatorOptions } from './operator-options.ts';

export interface CreateTokenOptions extends OperatorOptions {
  readonly role: string;
  readonly days?: string;
  readonly reason?: string;
}

export interface RevokeTokenOptions extends OperatorOptions {
  readonly reason?: string;
}

export function registerToken(program: Command, io: Io): void {
  const token = program
    .command('token')
    .summary('make, list and revoke tokens of a service')
    .description('Tokens say who may call a service, and as what.');
  operatorOptions(
    token
      .command('create')
      .description('Makes a token and prints it; it is shown this once.')
      .argument('<name>', 'who or what will hold it')
      .requiredOption('--role <role>', 'viewer, auditor, operator or admin; each may do what those before it may')
      .option('--days <days>', 'days until it expires (default 90, at most 366)')
      .option('--reason <text>', 'why, for the record of changes'),
  )
    .option('--json', 'print the answer as JSON (assay.token/1)')
    .addHelpText(
      'after',
      '\nExample:\n  assay token create dashboard --role viewer --token-file admin-token > dashboard-token',
    )
    .action(async (name: string, options: CreateTokenOptions) => {
      const { createToken } = await import('../actions/token.ts');
      await createToken(io, name, options);
    });
  operatorOptions(token.command('list').description('Lists every token ever made, the newest first.'))
    .option('--json', 'print the list as JSON (assay.tokens/1)')
    .action(async (options: OperatorOptions) => {
      const { listTokens } = await import('../actions/token.ts');
      await listTokens(io, options);
    });
  operatorOptions(
    token
      .command('revoke')
      .description('Revokes a token: it is worth nothing from then on.')
      .argument('<id>', 'id of the token')
      .option('--reason <text>', 'why, for the record of changes'),
  )
    .option('--json', 'print the answer as JSON (assay.token-revoked/1)')
    .action(async (id: string, options: RevokeTokenOptions) => {
      const { revokeToken } = await import('../actions/token.ts');
      await revokeToken(io, id, options);
    });
}
