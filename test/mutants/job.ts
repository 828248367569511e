/** What main.ts gives its driver to do, and what that answers. */
import type { Mutant } from './scan.ts';

export interface Job {
  readonly mutants: readonly {
    readonly id: number;
    readonly mutant: Mutant;
    readonly tests: readonly (readonly string[])[];
  }[];
  /** Run once more behind all mutants, without one: whatever then fails has made kills that prove nothing. */
  readonly control: readonly (readonly string[])[];
}

/** The `id` of the control's result. */
export const CONTROL = -1;

/** One line of the results file, which ends with the control's. */
export interface Result {
  readonly id: number;
  /** The test that failed, or null where the mutant survived; left out while it is tried. */
  readonly killedBy?: string | null;
}
