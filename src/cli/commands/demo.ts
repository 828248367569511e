/** `assay demo`. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';

export interface DemoOptions {
  readonly exit?: true;
}

export function registerDemo(program: Command, io: Io): void {
  program
    .command('demo')
    .summary('judge the captured machines that come with assay')
    .description(
      'Starts the service on a free loopback port, sends it the evidence of every captured machine, checks each signed result against ' +
        'the key set, and prints which links of each chain hold.',
    )
    .option('--exit', 'end afterwards instead of going on serving')
    .action(async (options: DemoOptions) => {
      const { demo } = await import('../actions/demo.ts');
      io.exitCode = await demo(io, options);
    });
}
