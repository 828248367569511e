/** The runtime list against the booted image, or why it cannot be asked about. */

import type { FindingCode } from '../codes.ts';
import { scanIma, type ImaScan, type ScannedEntry } from '../ima-scan.ts';
import type { CheckContext, Finding, Outcome } from '../model.ts';
import { finding, unknown } from '../outcome.ts';

/** Judges the scan of the proved list; unknown where there is no proved entry or no image to compare with. */
export function withScan(context: CheckContext<unknown>, judge: (scan: ImaScan) => Outcome): Outcome {
  const { facts, image } = context;
  if (facts.ima !== null && image.manifest !== null) {
    const scan = scanIma(facts.ima.replayed, image.manifest);
    // Nothing measured is nothing known: a list without entries must not pass for one without faults.
    if (scan.entries > 0) return judge(scan);
  }
  const observed =
    facts.ima !== null && image.manifest === null ? 'no approved image to compare it with' : 'no proved entry';
  const at = { part: 'log.ima', pcr: 10 };
  const input = { component: 'IMA', expected: 'a proved list and an approved image', observed, at };
  return unknown([finding({ code: 'runtime.list-missing', ...input })]);
}

/** The finding about one entry; unless said otherwise the component is its file's name, as the host spells it. */
export function entryFinding(code: FindingCode, entry: ScannedEntry, expected: string, component?: string): Finding {
  return finding({
    code,
    component: component ?? (entry.path.slice(entry.path.lastIndexOf('/') + 1) || `entry ${entry.index}`),
    expected,
    observed: `${entry.path} ${entry.digest}`,
    at: { part: 'log.ima', pcr: 10, index: entry.index },
  });
}
