/** Comparison of a quote's counters with those of an earlier quote (TPM 2.0 Part 1, 36.2 to 36.6). */

import type { TpmsClockInfo } from './clock-info.ts';

/** What a quote says of time and of the TPM’s own firmware. */
export interface QuoteCounters {
  readonly clockInfo: TpmsClockInfo;
  readonly firmwareVersion: bigint;
}

/**
 * `first-sight`: nothing to compare with. `same-boot`, `new-boot`: in order. `regressed`: a counter went back; only a TPM
 * clear explains it. `not-comparable`: the two were signed by different keys, and a key outside the endorsement and
 * platform hierarchies shows counters shifted by a constant of its own.
 */
type CounterRelation = 'first-sight' | 'same-boot' | 'new-boot' | 'regressed' | 'not-comparable';

/**
 * Worth showing, never a reason to refuse: `clock-not-safe` the clock may have been set back by a power loss;
 * `firmware-version-changed` the TPM runs other firmware; `resumed` the machine slept since the earlier quote.
 */
export type CounterNote = 'clock-not-safe' | 'firmware-version-changed' | 'resumed';

interface CounterComparison {
  readonly relation: CounterRelation;
  /** the counter that went back, when the relation is `regressed` */
  readonly regressed: 'resetCount' | 'restartCount' | 'clock' | null;
  readonly notes: readonly CounterNote[];
}

/** Compares counters, by difference only, so that shifted ones compare alike. */
export function compareCounters(
  prior: QuoteCounters | null,
  now: QuoteCounters,
  { sameAk }: { readonly sameAk: boolean },
): CounterComparison {
  const notes: CounterNote[] = now.clockInfo.safe ? [] : ['clock-not-safe'];
  if (prior === null) return { relation: 'first-sight', regressed: null, notes };
  if (!sameAk) return { relation: 'not-comparable', regressed: null, notes };
  if (prior.firmwareVersion !== now.firmwareVersion) notes.push('firmware-version-changed');
  const resets = steps(prior.clockInfo.resetCount, now.clockInfo.resetCount);
  if (resets < 0) return { relation: 'regressed', regressed: 'resetCount', notes };
  if (resets > 0) return { relation: 'new-boot', regressed: null, notes };
  const restarts = steps(prior.clockInfo.restartCount, now.clockInfo.restartCount);
  if (restarts < 0) return { relation: 'regressed', regressed: 'restartCount', notes };
  if (restarts > 0) notes.push('resumed');
  if (now.clockInfo.clock < prior.clockInfo.clock) return { relation: 'regressed', regressed: 'clock', notes };
  return { relation: 'same-boot', regressed: null, notes };
}

/** Steps from one 32-bit counter value to the other, the shorter way round: a shifted counter passes its end. */
function steps(from: number, to: number): number {
  return (to - from) | 0;
}
