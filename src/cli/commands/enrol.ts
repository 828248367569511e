/** `assay enrol`. */

import type { Command } from 'commander';
import type { AgentOptions } from '../agent-settings.ts';
import type { Io } from '../io.ts';
import { HOST_NOTE, hostOptions, serviceOptions } from './host-options.ts';

export interface EnrolOptions extends AgentOptions {
  readonly wait: boolean;
  readonly json?: true;
}

export function registerEnrol(program: Command, io: Io): void {
  const command = program
    .command('enrol')
    .summary('make this host known to a service')
    .description(`Enrols this host by its TPM, and waits until an operator has approved it. ${HOST_NOTE}`);
  hostOptions(serviceOptions(command))
    .option('--no-wait', 'end when an operator has to decide')
    .option('--json', 'print the result as JSON (assay.enrolment/1)')
    .addHelpText(
      'after',
      `
Example:
  assay enrol --server https://verifier.example --ca verifier-ca.pem --join-token token

Exit codes: 0 enrolled, 1 refused, 2 an operator has to decide, 3 error.`,
    )
    .action(async (options: EnrolOptions) => {
      const { enrol } = await import('../actions/enrol.ts');
      io.exitCode = await enrol(io, options);
    });
}
