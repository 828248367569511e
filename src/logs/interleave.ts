/** The order in which two logs were extended into one PCR: each log knows its own order only, and the value of the PCR knows both. */

import { PcrAccumulator, type HashName } from '../bytes/hash.ts';

/** How many extends may still be tried. */
export interface Effort {
  left: number;
}

/** Every order of two logs of seven extends each, or of twenty-one and three, in some 20 ms; hosts have about six and one. */
const MOST_TRIED = 1 << 14;

/** What one replay may spend on all PCRs that two logs write to: beyond it a PCR does not replay. */
export function effort(): Effort {
  return { left: MOST_TRIED };
}

/** A value of the PCR: after how many extends of each log, and which log has not been tried next. */
interface Step {
  readonly taken: readonly [number, number];
  readonly value: Uint8Array;
  untried: 0 | 1 | 2;
}

/**
 * Looks for an order of prefixes of both logs that leads to a value.
 * @param logs the digests of each log in its order
 * @returns of each extend the log it is of; undefined when no order leads there, or none was found with the effort left
 */
export function interleave(
  bank: HashName,
  start: Uint8Array,
  logs: readonly [readonly Uint8Array[], readonly Uint8Array[]],
  target: Uint8Array,
  effort: Effort,
): readonly (0 | 1)[] | undefined {
  const steps: Step[] = [{ taken: [0, 0], value: start, untried: 0 }];
  const order: (0 | 1)[] = [];
  while (steps.length > 0) {
    const step = steps.at(-1)!;
    const log = step.untried;
    if (log === 2) {
      steps.pop();
      order.pop();
      continue;
    }
    step.untried = log === 0 ? 1 : 2;
    const next = logs[log][step.taken[log]];
    if (next === undefined) continue;
    if (effort.left === 0) return undefined;
    effort.left--;
    const accumulator = new PcrAccumulator(bank, step.value);
    accumulator.extend(next);
    order.push(log);
    if (accumulator.equals(target)) return order;
    const [a, b] = step.taken;
    steps.push({ taken: log === 0 ? [a + 1, b] : [a, b + 1], value: accumulator.value(), untried: 0 });
  }
  return undefined;
}
