/** `assay collect`. */

import type { Command } from 'commander';
import type { AgentOptions } from '../agent-settings.ts';
import type { Io } from '../io.ts';
import { HOST_NOTE, hostOptions } from './host-options.ts';

export interface CollectOptions extends AgentOptions {
  readonly nonce?: string;
  readonly selection: string;
  readonly out?: string;
}

export function registerCollect(program: Command, io: Io): void {
  const command = program
    .command('collect')
    .summary('make an evidence bundle on this host')
    .description(`Quotes PCRs and collects the logs of this host, for \`assay verify\`. ${HOST_NOTE}`)
    .option('--nonce <hex>', 'nonce of the verifier, 16 to 32 bytes (default: one of its own, printed)')
    .option('--selection <list>', 'PCRs to quote', 'sha256:0-15')
    .option('--out <file>', 'where the bundle goes (default: standard output)');
  hostOptions(command)
    .addHelpText(
      'after',
      `
Example:
  assay collect --nonce 6f3a… --out host7.json

Only a nonce of the verifier shows that the quote is fresh.
Exit codes: 0 collected, 3 not.`,
    )
    .action(async (options: CollectOptions) => {
      const { collect } = await import('../actions/collect.ts');
      await collect(io, options);
    });
}
