/** `assay log`. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';

export interface LogOptions {
  readonly json?: true;
}

export function registerLog(program: Command, io: Io): void {
  program
    .command('log')
    .summary('decode and replay a log')
    .description(
      'Decodes a firmware log (TCG, both formats), an IMA list (binary or ASCII) or systemd’s log and replays it. Nothing vouches for a log by itself: only a quote does.',
    )
    .argument('<file>', 'the log; - for standard input')
    .option('--json', 'print the log as JSON (assay.log/1)')
    .addHelpText(
      'after',
      `
Examples:
  assay log /sys/kernel/security/tpm0/binary_bios_measurements
  assay log /run/log/systemd/tpm2-measure.log
  assay log ascii_runtime_measurements --json | jq .pcrs.sha256

Exit codes: 0 parsed, 3 not.`,
    )
    .action(async (file: string, options: LogOptions) => {
      const { showLog } = await import('../actions/log.ts');
      showLog(io, file, options);
    });
}
