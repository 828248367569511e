/** Runs targets in a thread with limits of time and memory, and starts a new one where an input ended the last. */
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Fault, Job, Report } from './worker.ts';

export interface FuzzLimits {
  /** Milliseconds one input may take. */
  readonly inputTime?: number;
  /** MiB of heap. */
  readonly heap?: number;
}

export interface FuzzRequest {
  readonly target: string;
  readonly seed: number;
  /** Stop after this time, or after `count` inputs. */
  readonly milliseconds?: number;
  readonly count?: number;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly accepted: number;
  /** One per kind of fault: the first index that showed it. */
  readonly faults: readonly Fault[];
}

const TSX = new URL('../../node_modules/tsx/dist/esm/api/index.mjs', import.meta.url).href;

/** A thread begins as JavaScript, and learns TypeScript before it reads the worker. */
const START = `import(${JSON.stringify(TSX)}).then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./worker.ts', import.meta.url).href)});
});`;

/** More kinds of fault than this in one target say nothing new. */
const MAX_FAULTS = 20;
const POLL = 50;

/** A thread that takes one job after the other; loading the readers takes longer than most jobs. */
interface Thread {
  readonly worker: Worker;
  /** Why it ended; null at its own end. */
  readonly ended: Promise<string | null>;
}

export class Fuzzer {
  readonly #targets: string;
  readonly #inputTime: number;
  readonly #heap: number;
  readonly #progress = new Int32Array(new SharedArrayBuffer(12));
  #thread: Thread | undefined;

  /** @param targets URL of the module that exports `TARGETS` */
  constructor(targets: string, { inputTime = 2000, heap = 256 }: FuzzLimits = {}) {
    this.#targets = targets;
    this.#inputTime = inputTime;
    this.#heap = heap;
  }

  async fuzz({ target, seed, milliseconds, count }: FuzzRequest): Promise<FuzzResult> {
    const faults = new Map<string, Fault>();
    const note = (fault: Fault): void => {
      if (!faults.has(fault.error)) faults.set(fault.error, fault);
    };
    this.#progress.fill(0);
    let from = 0;
    let left = milliseconds ?? Infinity;
    while (faults.size < MAX_FAULTS && left > 0 && from < (count ?? Infinity)) {
      this.#thread ??= await this.#start();
      const begin = performance.now();
      const problem = await this.#work({ target, seed, from, milliseconds: left, last: count ?? Infinity }, note);
      if (problem === null) break;
      left -= performance.now() - begin;
      const index = Atomics.load(this.#progress, 0);
      note({ index, error: problem });
      from = index + 1;
    }
    const [, inputs = 0, accepted = 0] = this.#progress;
    return { inputs, accepted, faults: [...faults.values()] };
  }

  async close(): Promise<void> {
    await this.#thread?.worker.terminate();
    this.#thread = undefined;
  }

  async #start(): Promise<Thread> {
    const worker = new Worker(START, {
      eval: true,
      workerData: { targets: this.#targets, shared: this.#progress.buffer },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#heap, maxYoungGenerationSizeMb: 32 },
    });
    const ended = new Promise<string | null>((resolve) => {
      worker.once('error', (error: Error) => resolve(`${error.name}: ${error.message}`));
      worker.once('exit', () => resolve(null));
    });
    const ready = new Promise((resolve) => worker.once('message', resolve));
    const problem = await Promise.race([ended, ready.then(() => undefined)]);
    if (problem !== undefined) throw new Error(`the fuzz thread does not start: ${problem}`);
    return { worker, ended };
  }

  /** @returns null once the job is done, or why the thread was ended */
  async #work(job: Job, note: (fault: Fault) => void): Promise<string | null> {
    const { worker, ended } = this.#thread!;
    let finish: (done: null) => void;
    const done = new Promise<null>((resolve) => (finish = resolve));
    const listen = (report: Report): void => {
      if (report === 'done') finish(null);
      else note(report);
    };
    worker.on('message', listen);
    worker.postMessage(job);
    try {
      let seen = -1;
      let since = performance.now();
      for (;;) {
        const result = await Promise.race([done, ended.then((problem) => problem ?? 'the thread ended'), wait(POLL)]);
        if (result === null) return null;
        if (typeof result === 'string') {
          this.#thread = undefined;
          return result;
        }
        const inputs = Atomics.load(this.#progress, 1);
        if (inputs !== seen) {
          seen = inputs;
          since = performance.now();
        } else if (performance.now() - since > this.#inputTime) {
          await this.close();
          return `no end within ${this.#inputTime} ms`;
        }
      }
    } finally {
      worker.off('message', listen);
    }
  }
}
