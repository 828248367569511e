/** How long the agent waits, and waiting as such. */

import { randomFraction, type Edge } from './edge.ts';

/** Hosts that were started together must not stay together: up to this part of an interval is left out. */
const JITTER = 0.1;
/** A service may ask for less or more; outside of this it is taken for a mistake. */
const SHORTEST_INTERVAL = 5_000;
const LONGEST_INTERVAL = 24 * 3_600_000;

/** Milliseconds until the next attestation. It comes earlier than asked, never later: results expire. */
export function untilNext(seconds: number, edge: Edge): number {
  const asked = Number.isFinite(seconds) ? seconds * 1000 : SHORTEST_INTERVAL;
  const interval = Math.min(Math.max(asked, SHORTEST_INTERVAL), LONGEST_INTERVAL);
  return Math.round(interval * (1 - JITTER * randomFraction(edge)));
}

const FIRST_RETRY = 1_000;
const LAST_RETRY = 300_000;

/**
 * Milliseconds before the next try: doubling from one second to five minutes, the upper half of it random.
 * @param failures in a row, from 1
 */
export function backOff(failures: number, edge: Edge): number {
  const most = Math.min(FIRST_RETRY * 2 ** (failures - 1), LAST_RETRY);
  return Math.round(most * (0.5 + 0.5 * randomFraction(edge)));
}

/** `resumed`: the machine was suspended meanwhile. */
export type Woken = 'due' | 'resumed' | 'stopped';

/** How long a suspended machine may stay unnoticed after it resumed. */
const STEP = 15_000;
/** A busy machine may be late with a timer; that is no suspend. */
const LATE = 10_000;

/** Waits, in steps: a timer does not run while the machine is suspended, and what it resumes as has to be attested soon. */
export async function wait(ms: number, edge: Edge, signal: AbortSignal): Promise<Woken> {
  const due = edge.uptime() + ms;
  for (let left = ms; left > 0 && !signal.aborted; left = due - edge.uptime()) {
    const step = Math.min(left, STEP);
    const before = edge.uptime();
    await edge.sleep(step, signal);
    if (!signal.aborted && edge.uptime() - before > step + LATE) return 'resumed';
  }
  return signal.aborted ? 'stopped' : 'due';
}
