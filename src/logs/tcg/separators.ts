/** Separators: the one event every firmware must extend into PCR 0–7 of every bank it measures into (PFP 1.06, 3.3.2.2). */

import type { DecodedLog } from './event-data.ts';

const PRE_OS_PCRS = 8;

export interface Separator {
  /** index of the first separator of the PCR */
  readonly index: number;
  readonly value: number;
  readonly error: boolean;
  /** separators of this PCR, the first included; more than one ends the pre-OS phase twice */
  readonly count: number;
}

export interface SeparatorEvidence {
  /** PCR 0–7 → its separator, for those that have one whose digest in the bank is of its value */
  readonly pcrs: ReadonlyMap<number, Separator>;
  /** PCRs of 0–7 without one */
  readonly missing: readonly number[];
  /** Whether the firmware measured into this bank at all: each of PCR 0–7 was closed in it. */
  readonly complete: boolean;
}

/**
 * Separators of a log in the bank it was decoded for. A bank without them is a bank the firmware did not extend, whose PCRs an
 * operating system may set to anything: it counts as not there.
 */
export function separatorEvidence({ log, events }: DecodedLog): SeparatorEvidence {
  const pcrs = new Map<number, Separator>();
  for (const [index, { body, binding }] of events.entries()) {
    if (body.kind !== 'separator' || body.value === undefined) continue;
    if (binding !== 'bound' && binding !== 'bound-with-quirk') continue;
    const { pcr } = log.events[index]!;
    const first = pcrs.get(pcr);
    if (first === undefined) pcrs.set(pcr, { index, value: body.value, error: body.error, count: 1 });
    else pcrs.set(pcr, { ...first, count: first.count + 1 });
  }
  const missing: number[] = [];
  for (let pcr = 0; pcr < PRE_OS_PCRS; pcr++) if (!pcrs.has(pcr)) missing.push(pcr);
  return { pcrs, missing, complete: missing.length === 0 };
}
