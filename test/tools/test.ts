/**
 * `npm test`: every test of the repository. Installs, or asks for, the Debian programs first; runs the corpus where
 * ASSAY_CORPUS names it, and says so where it does not. `--report FILE` writes vitest's JSON report.
 */
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { ensureInstalled, ProgramError, PROGRAMS, type ProgramName } from './programs.ts';

const { values } = parseArgs({ options: { report: { type: 'string' } } });

try {
  await ensureInstalled(Object.keys(PROGRAMS) as ProgramName[]);
} catch (error) {
  if (!(error instanceof ProgramError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(3);
}

const corpus = process.env['ASSAY_CORPUS'];
const vitest = await startVitest('test', [], {
  run: true,
  watch: false,
  project: ['unit', 'tools', ...(corpus === undefined ? [] : ['corpus'])],
  reporters: values.report === undefined ? ['default'] : ['default', 'json'],
  ...(values.report === undefined ? {} : { outputFile: { json: values.report } }),
});
await vitest.close();
if (corpus === undefined) process.stdout.write('Not run: test:corpus (set ASSAY_CORPUS to the folder of real logs).\n');
