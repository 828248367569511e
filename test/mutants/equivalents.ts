/**
 * Mutants that no test can kill, because the program means the same: each with the reason. Named by content, not by line, so that an
 * entry stays true while the file around it changes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/repository.ts';
import type { Mutant } from './scan.ts';

export interface Equivalent {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

export function equivalents(): Equivalent[] {
  return JSON.parse(readFileSync(join(ROOT, 'test/mutants/equivalents.json'), 'utf8')) as Equivalent[];
}

/** Why the mutant is equivalent, or null. */
export function explain(known: readonly Equivalent[], { file, before, after }: Mutant): string | null {
  return known.find((one) => one.file === file && one.before === before && one.after === after)?.reason ?? null;
}
