/** `assay audit …`: what was judged, judged again. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { operatorOptions, type OperatorOptions } from './operator-options.ts';

export interface ExportOptions extends OperatorOptions {
  readonly out?: string;
}

export interface ReplayOptions {
  readonly json?: true;
}

export function registerAudit(program: Command, io: Io): void {
  const audit = program
    .command('audit')
    .summary('judge again what was judged')
    .description('An appraisal is a function of its input, and a service keeps both.');
  operatorOptions(
    audit
      .command('export')
      .description('Fetches an appraisal with everything it was a function of, as one JSON document.')
      .argument('<appraisal>', 'id of the appraisal; assay host show lists the last ones of a host')
      .option('--out <file>', 'write it into this file (default: standard output)'),
  ).action(async (id: string, options: ExportOptions) => {
    const { exportAppraisal } = await import('../actions/audit.ts');
    await exportAppraisal(io, id, options);
  });
  audit
    .command('replay')
    .description('Makes an appraisal again from its export, without a service, and compares it to the byte.')
    .argument('<file>', 'export (assay.appraisal-export/1); - for standard input')
    .option('--json', 'print one JSON document (assay.replay/1)')
    .addHelpText(
      'after',
      `
Example:
  assay audit export 019ac… --out appraisal.json --token-file auditor-token
  assay audit replay appraisal.json

Exit codes: 0 the same, 1 something differs, 3 error.`,
    )
    .action(async (file: string, options: ReplayOptions) => {
      const { replayAppraisal } = await import('../actions/audit.ts');
      io.exitCode = replayAppraisal(io, file, options);
    });
}
