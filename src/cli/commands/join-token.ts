/** `assay join-token …`: what hosts show to be taken as ours. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { operatorOptions, type OperatorOptions } from './operator-options.ts';

export interface CreateJoinTokenOptions extends OperatorOptions {
  readonly policy: string;
  readonly uses?: string;
  readonly days?: string;
  readonly hours?: string;
  readonly reason?: string;
}

export interface RevokeJoinTokenOptions extends OperatorOptions {
  readonly reason?: string;
}

export function registerJoinToken(program: Command, io: Io): void {
  const joinToken = program
    .command('join-token')
    .summary('make, list and revoke what hosts join with')
    .description('A genuine host that shows a join token when it enrols is ours.');
  operatorOptions(
    joinToken
      .command('create')
      .description('Makes a join token and prints it; it is shown this once.')
      .argument('<name>', 'what it is for')
      .requiredOption('--policy <name>', 'policy that the hosts are judged by')
      .option('--uses <number>', 'hosts it may bring (default 1, at most 10000)')
      .option('--hours <hours>', 'hours until it expires (default 24)')
      .option('--days <days>', 'days until it expires (at most 366)')
      .option('--reason <text>', 'why, for the record of changes'),
  )
    .option('--json', 'print the answer as JSON (assay.join-token/1)')
    .addHelpText(
      'after',
      '\nExample:\n  assay join-token create "rack 7" --policy kvm-uki --uses 40 --token-file operator-token > join-token',
    )
    .action(async (name: string, options: CreateJoinTokenOptions) => {
      const { createJoinToken } = await import('../actions/join-token.ts');
      await createJoinToken(io, name, options);
    });
  operatorOptions(joinToken.command('list').description('Lists every join token ever made, the newest first.'))
    .option('--json', 'print the list as JSON (assay.join-tokens/1)')
    .action(async (options: OperatorOptions) => {
      const { listJoinTokens } = await import('../actions/join-token.ts');
      await listJoinTokens(io, options);
    });
  operatorOptions(
    joinToken
      .command('revoke')
      .description('Revokes a join token: it brings no further host.')
      .argument('<id>', 'id of the join token')
      .option('--reason <text>', 'why, for the record of changes'),
  )
    .option('--json', 'print the answer as JSON (assay.join-token-revoked/1)')
    .action(async (id: string, options: RevokeJoinTokenOptions) => {
      const { revokeJoinToken } = await import('../actions/join-token.ts');
      await revokeJoinToken(io, id, options);
    });
}
