/** `assay agent`. */

import type { Command } from 'commander';
import type { AgentOptions } from '../agent-settings.ts';
import type { Io } from '../io.ts';
import { HOST_NOTE, hostOptions, serviceOptions } from './host-options.ts';

export interface AgentCommandOptions extends AgentOptions {
  readonly once?: true;
}

export function registerAgent(program: Command, io: Io): void {
  const command = program
    .command('agent')
    .summary('attest this host to a service, again and again')
    .description(
      `Enrols this host where it is not yet, then attests it as often as the service asks. It listens on nothing. ${HOST_NOTE}`,
    );
  hostOptions(serviceOptions(command))
    .option('--once', 'attest once and end')
    .addHelpText(
      'after',
      `
Example:
  assay agent --server https://verifier.example --ca verifier-ca.pem

Its events are JSON lines on standard error. SIGTERM and SIGINT stop it: keys are taken out of the TPM first; a second signal ends it at once.
Exit codes: 0 stopped, 1 refused or retired, 3 error. With --once: 0 trusted, 1 untrusted, 2 not proved or not approved yet, 3 error.`,
    )
    .action(async (options: AgentCommandOptions) => {
      const { agent } = await import('../actions/agent.ts');
      io.exitCode = await agent(io, options);
    });
}
