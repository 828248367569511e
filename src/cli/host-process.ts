/** Clock, randomness and signals of the process, for the commands that run on a host. */

import { randomBytes } from 'node:crypto';
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Edge } from '../agent/edge.ts';

export function processEdge(): Edge {
  return {
    uptime: () => uptime() * 1000,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    randomBytes: (size) => new Uint8Array(randomBytes(size)),
  };
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Aborted by the first SIGTERM or SIGINT; a second one ends the process at once, whatever its threads are waiting for. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const stopped = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      process.off(signal, stopped);
      process.kill(process.pid, signal);
    }
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stopped);
  return stop.signal;
}
