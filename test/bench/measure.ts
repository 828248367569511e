/** Timing of two pieces of work in one process, turn by turn, so that what disturbs one disturbs the other. */

export interface Work {
  readonly name: string;
  /** does the work once; what it gives back is used, so that nothing is optimised away */
  readonly run: () => unknown;
}

export interface Timing {
  readonly name: string;
  /** best time of one run, in microseconds */
  readonly best: number;
  /** median of the rounds */
  readonly median: number;
}

/** How long to measure: a smoke run shows that the figures can be made, and says little about them. */
export interface Effort {
  readonly rounds: number;
  /** milliseconds each work runs first: a service has compiled its code long since */
  readonly warmUp: number;
  /** whole processes started */
  readonly runs: number;
}
export const FULL: Effort = { rounds: 60, warmUp: 2500, runs: 15 };
export const SMOKE: Effort = { rounds: 3, warmUp: 100, runs: 3 };

const ROUND_MS = 12;
let sink: unknown;

/** Rounds of about 12 ms each, the works in turn; a busy machine disturbs the median, hardly the best. */
export function compare(works: readonly Work[], { rounds, warmUp }: Effort): readonly Timing[] {
  const counts = works.map(({ run }) => {
    for (const end = performance.now() + warmUp; performance.now() < end;) sink = run();
    const began = performance.now();
    let n = 0;
    do {
      sink = run();
      n++;
    } while (performance.now() - began < ROUND_MS * 4);
    return Math.max(1, Math.round(n / 4));
  });
  const times = works.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of works.entries()) {
      const n = counts[i]!;
      const began = performance.now();
      for (let k = 0; k < n; k++) sink = run();
      times[i]!.push(((performance.now() - began) * 1000) / n);
    }
  }
  if (sink === times) throw new Error('never');
  return works.map(({ name }, i) => {
    const sorted = times[i]!.toSorted((a, b) => a - b);
    return { name, best: sorted[0]!, median: sorted[sorted.length >> 1]! };
  });
}
