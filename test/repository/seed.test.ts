import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SEED } from '../support/seed.ts';

it('gives fast-check the seed of the run', () => {
  expect(fc.readConfigureGlobal().seed).toBe(SEED);
  expect(fc.sample(fc.nat(), 5)).toEqual(fc.sample(fc.nat(), { numRuns: 5, seed: SEED }));
});
