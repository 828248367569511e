/** `assay bundle`. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { plainFileOptions, type PlainFileOptions } from './plain-files.ts';

export interface BundleOptions extends PlainFileOptions {
  readonly out?: string;
}

export function registerBundle(program: Command, io: Io): void {
  const command = program
    .command('bundle')
    .summary('make an evidence bundle of plain files')
    .description(
      'Puts the files of tpm2-tools and the kernel into one evidence bundle (assay.evidence/1), for `assay verify`, `assay policy test` and the service. It judges nothing.',
    );
  plainFileOptions(command)
    .option('--out <file>', 'where the bundle goes (default: standard output)')
    .addHelpText(
      'after',
      `
Example:
  assay bundle --quote quote.bin --signature quote.sig --pcrs quote.pcrs --ak-public ak.tpm2b \\
    --log binary_bios_measurements --ima binary_runtime_measurements --out host7.json

Exit codes: 0 made, 3 not.`,
    )
    .action(async (options: BundleOptions) => {
      const { makeBundle } = await import('../actions/bundle.ts');
      makeBundle(io, options);
    });
}
