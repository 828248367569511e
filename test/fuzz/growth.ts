/** Whether reading takes time in proportion to the input: the processor time at n, 2n and 4n. */
import type { Growth, Target } from './target.ts';

export interface GrowthResult {
  readonly name: string;
  /** Milliseconds at n, 2n, 4n: the best of several runs each. */
  readonly times: readonly [number, number, number];
  /** time(4n) ÷ time(n), or (time(4n) ÷ time(2n))² if that is less: 4 where it is linear, 16 where it is quadratic */
  readonly ratio: number;
  readonly linear: boolean;
}

/** Half way, on a logarithmic scale, between linear and quadratic. */
const MAX_RATIO = 8;
const RUNS = 5;
/** A busy machine gets more chances; a quadratic reader fails them all. */
const ATTEMPTS = 4;

export function measureGrowth(target: Target, growth: Growth): GrowthResult {
  const inputs = [1, 2, 4].map((factor) => growth.make(growth.n * factor));
  let result: GrowthResult | undefined;
  for (let attempt = 0; attempt < ATTEMPTS && result?.linear !== true; attempt++) {
    const times: number[] = [Infinity, Infinity, Infinity];
    for (let run = 0; run < RUNS; run++) {
      inputs.forEach((input, i) => {
        times[i] = Math.min(
          times[i]!,
          processorTime(() => read(target, input)),
        );
      });
    }
    const [a, b, c] = times as [number, number, number];
    // The square of the second doubling stands in where the first is disturbed: small inputs fit into caches.
    const ratio = Math.min(c / Math.max(a, 0.05), (c / Math.max(b, 0.05)) ** 2);
    if (result === undefined || ratio < result.ratio) {
      result = { name: `${target.name}: ${growth.name}`, times: [a, b, c], ratio, linear: ratio <= MAX_RATIO };
    }
  }
  return result!;
}

function read(target: Target, input: Uint8Array): void {
  try {
    target.run(input);
  } catch (error) {
    // A reader may refuse the input; refusing must not take longer either.
    if (!(error instanceof Error) || !target.refuses.includes(error.name)) throw error;
  }
}

/** Milliseconds of this process's own work: the clock also counts the work of others. */
function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
