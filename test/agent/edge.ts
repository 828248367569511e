/** A clock that runs only while somebody sleeps by it. */

import type { Edge } from '../../src/agent/edge.ts';

export interface TestEdge extends Edge {
  /** milliseconds of every sleep that ended by itself */
  readonly slept: number[];
  /** the machine is suspended for so long during the next sleep */
  suspendFor(ms: number): void;
}

/**
 * @param fill every random byte
 * @param before is called before each sleep, and may abort what sleeps
 */
export function testEdge(fill = 0, before: (slept: readonly number[]) => void = () => undefined): TestEdge {
  let now = 1_000_000;
  let suspended = 0;
  const slept: number[] = [];
  return {
    slept,
    uptime: () => now,
    suspendFor: (ms) => (suspended = ms),
    randomBytes: (size) => new Uint8Array(size).fill(fill),
    async sleep(ms, signal) {
      before(slept);
      // Whatever else is under way gets its turn, as it would while a timer runs.
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) return;
      slept.push(ms);
      now += ms + suspended;
      suspended = 0;
    },
  };
}
