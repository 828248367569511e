/** `assay events`. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { operatorOptions, type OperatorOptions } from './operator-options.ts';

export interface EventsOptions extends OperatorOptions {
  readonly after?: string;
  readonly limit?: string;
  readonly subject?: string;
}

export function registerEvents(program: Command, io: Io): void {
  operatorOptions(
    program
      .command('events')
      .summary('show who changed what, when and why')
      .description('Shows the record of changes of a service, in order. It takes a token of an auditor.')
      .option('--after <number>', 'events after this number')
      .option('--limit <number>', 'most events to show (default 100, at most 1000)')
      .option('--subject <kind:id>', 'events about this only'),
  )
    .option('--json', 'print the page as JSON (assay.events/1)')
    .addHelpText('after', '\nExample:\n  assay events --after 120 --token-file auditor-token')
    .action(async (options: EventsOptions) => {
      const { showEvents } = await import('../actions/events.ts');
      await showEvents(io, options);
    });
}
