/** The values a boot of the image leads to, where the image alone decides: what tools that read no event log compare with. */

import { digest, hashSize, PcrAccumulator, type HashName } from '../bytes/hash.ts';
import { fromHex, toHex } from '../bytes/text.ts';
import { PHASES } from '../references/phases.ts';
import type { ImageManifest } from '../references/manifest.ts';
import { digestIn } from '../references/schema.ts';

/** PCR 11 at one point of the boot. */
export interface PhaseValue {
  /** the phases measured so far, with colons between, as systemd-measure(1) writes them; empty before the first */
  readonly path: string;
  /** hexadecimal */
  readonly value: string;
}

/** The phases of a host that starts; those of its end follow when nobody asks any more. */
const STARTING = PHASES.slice(0, PHASES.indexOf('ready') + 1);

/**
 * PCR 11 of one bank after the image's sections, and after each phase of a start.
 * @returns none for an image that measures nothing there, or whose manifest lacks digests of the bank
 */
export function phaseValues({ pcrs }: ImageManifest, bank: HashName): readonly PhaseValue[] {
  const digests = (pcrs['11'][0]?.events ?? []).map((event) => digestIn(event.digests, bank));
  if (digests.length === 0) return [];
  const pcr = new PcrAccumulator(bank, new Uint8Array(hashSize(bank)));
  for (const value of digests) {
    if (value === undefined) return [];
    pcr.extend(fromHex(value));
  }
  const values = [{ path: '', value: toHex(pcr.value()) }];
  for (const [i, phase] of STARTING.entries()) {
    pcr.extend(digest(bank, new TextEncoder().encode(phase)));
    values.push({ path: STARTING.slice(0, i + 1).join(':'), value: toHex(pcr.value()) });
  }
  return values;
}
