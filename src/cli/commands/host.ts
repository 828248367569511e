/** `assay host …` and `assay enrolment …`: whose machines they are, and how they stand. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { operatorOptions, type OperatorOptions, type ReasonOptions } from './operator-options.ts';

export interface HostListOptions extends OperatorOptions {
  readonly state?: string;
}

export interface HostSetOptions extends ReasonOptions {
  readonly name?: string;
  readonly policy?: string;
  readonly withoutPolicy?: true;
}

export interface ApproveOptions extends ReasonOptions {
  readonly name?: string;
  readonly policy?: string;
  readonly replaces?: string;
}

const REASON = ['--reason <text>', 'why, for the record of changes'] as const;

export function registerHost(program: Command, io: Io): void {
  const host = program
    .command('host')
    .summary('list, show, change and retire hosts of a service')
    .description('Hosts that enrolled, and what may be relied on now.');
  operatorOptions(host.command('list').description('Lists hosts with their standing.'))
    .option('--state <state>', 'only those: pending, active or retired')
    .option('--json', 'print the list as JSON (assay.hosts/1)')
    .action(async (options: HostListOptions) => {
      const { listHosts } = await import('../actions/host.ts');
      await listHosts(io, options);
    });
  operatorOptions(
    host
      .command('show')
      .description('Shows one host: what it is known by, its keys, its last appraisals.')
      .argument('<id>', 'id of the host'),
  )
    .option('--json', 'print it as JSON (assay.host/1)')
    .addHelpText('after', '\nExit codes: 0 trusted now, 1 untrusted, 2 unproven, stale or never judged, 3 error.')
    .action(async (id: string, options: OperatorOptions) => {
      const { showHost } = await import('../actions/host.ts');
      io.exitCode = await showHost(io, id, options);
    });
  operatorOptions(
    host
      .command('set')
      .description('Renames a host, or assigns its policy: then it is judged anew at its next attestation.')
      .argument('<id>', 'id of the host')
      .option('--name <name>', 'what you call it')
      .option('--policy <name>', 'policy that applies from now on')
      .option('--without-policy', 'no policy applies: the host is denied')
      .option(...REASON),
  )
    .option('--json', 'print the answer as JSON (assay.host-changed/1)')
    .action(async (id: string, options: HostSetOptions) => {
      const { setHost } = await import('../actions/host.ts');
      await setHost(io, id, options);
    });
  operatorOptions(
    host
      .command('retire')
      .description('Takes a host out of service: its EK is refused from then on.')
      .argument('<id>', 'id of the host')
      .option(...REASON),
  )
    .option('--json', 'print the answer as JSON (assay.host-retired/1)')
    .action(async (id: string, options: ReasonOptions) => {
      const { retireHost } = await import('../actions/host.ts');
      await retireHost(io, id, options);
    });
}

export function registerEnrolment(program: Command, io: Io): void {
  const enrolment = program
    .command('enrolment')
    .summary('decide about machines that want to become hosts')
    .description('Machines whose TPM answered, and of which nobody has said yet that they are ours.');
  operatorOptions(enrolment.command('list').description('Lists machines that wait for a decision.'))
    .option('--state <state>', 'others: challenged, enrolled, refused or expired')
    .option('--json', 'print the list as JSON (assay.enrolments/1)')
    .action(async (options: HostListOptions) => {
      const { listEnrolments } = await import('../actions/host.ts');
      await listEnrolments(io, options);
    });
  operatorOptions(
    enrolment
      .command('approve')
      .description('Says that a machine is ours, and prints the id of its host.')
      .argument('<id>', 'id of the enrolment')
      .option('--name <name>', 'what to call it (default: what it calls itself)')
      .option('--policy <name>', 'policy that applies to it')
      .option('--replaces <host>', 'host it is from now on, as after an exchange of the board')
      .option(...REASON),
  )
    .option('--json', 'print the answer as JSON (assay.enrolment-decided/1)')
    .addHelpText(
      'after',
      '\nCompare the EK with what you know of the machine first: a genuine TPM is not by itself yours.',
    )
    .action(async (id: string, options: ApproveOptions) => {
      const { approve } = await import('../actions/host.ts');
      await approve(io, id, options);
    });
  operatorOptions(
    enrolment
      .command('refuse')
      .description('Says that a machine is not ours.')
      .argument('<id>', 'id of the enrolment')
      .option(...REASON),
  )
    .option('--json', 'print the answer as JSON (assay.enrolment-decided/1)')
    .action(async (id: string, options: ReasonOptions) => {
      const { refuse } = await import('../actions/host.ts');
      await refuse(io, id, options);
    });
}
