/**
 * The seed of every random choice in the tests: `ASSAY_SEED`, or a fresh one per test file. It is set for fast-check before
 * any test runs (this file is a set-up file of every project), and printed when a test fails:
 * `ASSAY_SEED=<seed> npx vitest run --project unit <file>` repeats the run.
 */
import { randomInt } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, onTestFailed, beforeEach } from 'vitest';

const given = process.env['ASSAY_SEED'];
if (given !== undefined && !/^-?\d+$/.test(given)) throw new Error(`ASSAY_SEED is not a whole number: ${given}`);

/** A signed 32-bit number, as fast-check takes it. */
export const SEED = given === undefined ? randomInt(0x7fffffff) : Number(given) | 0;

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });

let failed = false;
beforeEach(() => {
  onTestFailed(() => {
    failed = true;
  });
});
afterAll(() => {
  if (failed) process.stderr.write(`ASSAY_SEED=${SEED}\n`);
});
