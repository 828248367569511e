/**
 * A thread that reads one changed input after the other and reports what only our own fault explains. The index it works on stands
 * in shared memory, so that whoever ends a hanging thread knows the input.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { mutant } from './mutate.ts';
import { Random } from './random.ts';
import type { Target } from './target.ts';

export interface Job {
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  /** Milliseconds of work, and the index to stop before; both may be Infinity. */
  readonly milliseconds: number;
  readonly last: number;
}

/** What was thrown for the input of an index. */
export interface Fault {
  readonly index: number;
  readonly error: string;
}

export type Report = Fault | 'done';

/** Bytes outside the heap that one input may cost, beyond its own size; larger is an allocation from a claimed length. */
const MAX_EXTERNAL_GROWTH = 96 * 1024 * 1024;

if (parentPort !== null) {
  const port = parentPort;
  const { targets, shared } = workerData as { readonly targets: string; readonly shared: SharedArrayBuffer };
  const { TARGETS } = (await import(targets)) as { readonly TARGETS: readonly Target[] };
  const report = (message: Report): void => port.postMessage(message);
  port.on('message', (job: Job) => {
    work(TARGETS, job, new Int32Array(shared), report);
    report('done');
  });
  report('done');
}

/** @param progress index, inputs read, inputs accepted */
function work(targets: readonly Target[], job: Job, progress: Int32Array, report: (fault: Fault) => void): void {
  const target = targets.find(({ name }) => name === job.target);
  if (target === undefined) throw new Error(`no target ${job.target}`);
  const seeds = target.seeds();
  const end = performance.now() + job.milliseconds;
  for (let index = job.from; index < job.last && performance.now() < end; index++) {
    Atomics.store(progress, 0, index);
    const input = inputOf(seeds, target, job.seed, index);
    const before = process.memoryUsage().arrayBuffers;
    try {
      target.run(input);
      Atomics.add(progress, 2, 1);
    } catch (error) {
      if (!isRefusal(error, target)) report({ index, error: describe(error) });
    }
    const grown = process.memoryUsage().arrayBuffers - before;
    if (grown > MAX_EXTERNAL_GROWTH) report({ index, error: `${Math.round(grown / 1048576)} MiB outside the heap` });
    Atomics.add(progress, 1, 1);
  }
}

/** The input of an index: first the seeds as they are, then changed ones. */
export function inputOf(seeds: readonly Uint8Array[], target: Target, seed: number, index: number): Uint8Array {
  return seeds[index] ?? mutant(seeds, new Random(seed, target.name, index));
}

/** Whether the error is an answer: of a class the target refuses with, and with a code to branch on. */
export function isRefusal(error: unknown, target: Target): boolean {
  return (
    error instanceof Error && target.refuses.includes(error.name) && 'code' in error && typeof error.code === 'string'
  );
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const place = error.stack?.split('\n').find((line) => line.includes('/src/')) ?? '';
  return `${error.name}: ${error.message} ${place.trim()}`;
}
