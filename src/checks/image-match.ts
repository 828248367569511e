/**
 * Which approved image a boot is, and where it differs: the measured events of each PCR against the orders the image's manifest
 * allows. What the running system measured behind them is asked about by checks of its own. All PCRs are compared with one manifest, so parts of two approved images never add up to a third.
 */

import type { HashName } from '../bytes/hash.ts';
import type { Facts } from '../facts/facts.ts';
import type { Fact } from '../facts/model.ts';
import type { ImageManifest, ManifestEvent, ManifestVariant } from '../references/manifest.ts';
import { digestIn } from '../references/schema.ts';
import { partEvents } from './userspace.ts';

/** The PCRs a manifest describes. */
const MANIFEST_PCRS = ['4', '8', '9', '11', '12', '13', '14'] as const;

/** One place where a PCR's events leave the model: what was expected there, what stands there. */
export interface Difference {
  readonly pcr: number;
  readonly expected: ManifestEvent | null;
  readonly observed: Fact<'event'> | null;
  /** both sides are known to the image, only not in this order */
  readonly orderOnly: boolean;
}

/** A boot against the nearest approved image. */
export interface ImageMatch {
  /** the nearest approved image; null when the policy approves none, or before link 3 holds */
  readonly manifest: ImageManifest | null;
  readonly differences: readonly Difference[];
  /** The measured command line: the manifest's text, when every measurement of it is the manifest's. */
  readonly commandLine: string | null;
}

/** Where nothing was compared. */
export const NO_IMAGE: ImageMatch = { manifest: null, differences: [], commandLine: null };

/** Component that manifests give the measurements of the kernel command line. */
export const COMMAND_LINE = 'command-line';

/** Longer sequences are compared position by position, so that a host cannot make the comparison quadratic in its log. */
const MAX_ALIGNED = 512;

/** Whether an event of PCR 4 is the firmware's own and not of a boot image. */
function isFirmwareOwn(event: Fact<'event'>): boolean {
  return event.value.content.kind === 'separator' || event.value.content.kind === 'action';
}

/**
 * @param manifests the approved images
 * @returns the nearest of them; the first where several are equally near
 */
export function matchImage(facts: Facts, manifests: readonly ImageManifest[], bank: HashName): ImageMatch {
  let best: ImageMatch = { manifest: null, differences: [], commandLine: null };
  const measured = MANIFEST_PCRS.filter((pcr) => facts.replays(Number(pcr))).map((pcr) => {
    const { boot } = partEvents(facts, Number(pcr));
    return { pcr, observed: boot.filter((event) => !isFirmwareOwn(event)) };
  });
  for (const manifest of manifests) {
    const differences = measured.flatMap(({ pcr, observed }) => comparePcr(manifest, pcr, observed, bank));
    const match = { manifest, differences, commandLine: commandLineOf(facts, manifest, differences) };
    if (best.manifest === null || closer(match, best)) best = match;
  }
  return best;
}

/** Fewer differences in PCR 4 first: the programs say which image it is. */
function closer(a: ImageMatch, b: ImageMatch): boolean {
  const inPcr4 = (match: ImageMatch) => match.differences.filter((difference) => difference.pcr === 4).length;
  return inPcr4(a) !== inPcr4(b) ? inPcr4(a) < inPcr4(b) : a.differences.length < b.differences.length;
}

function comparePcr(
  manifest: ImageManifest,
  pcr: (typeof MANIFEST_PCRS)[number],
  observed: readonly Fact<'event'>[],
  bank: HashName,
): readonly Difference[] {
  const number = Number(pcr);
  let best: readonly Difference[] | undefined;
  for (const variant of manifest.pcrs[pcr]) {
    const differences = compareSequence(number, variant, observed, bank);
    if (differences.length === 0) return [];
    if (best === undefined || differences.length < best.length) best = differences;
  }
  return best ?? observed.map((event) => ({ pcr: number, expected: null, observed: event, orderOnly: false }));
}

function compareSequence(
  pcr: number,
  variant: ManifestVariant,
  observed: readonly Fact<'event'>[],
  bank: HashName,
): readonly Difference[] {
  const expected = variant.events;
  const same = (i: number, j: number) => digestIn(expected[i]!.digests, bank) === observed[j]!.value.digest;
  if (expected.length === observed.length && expected.every((_, i) => same(i, i))) return [];

  const kept =
    expected.length <= MAX_ALIGNED && observed.length <= MAX_ALIGNED
      ? longestCommon(expected.length, observed.length, same)
      : [];
  const differences: Difference[] = [];
  const gap = (i: number, iEnd: number, j: number, jEnd: number) => {
    for (; i < iEnd || j < jEnd; i++, j++) {
      differences.push({
        pcr,
        expected: i < iEnd ? expected[i]! : null,
        observed: j < jEnd ? observed[j]! : null,
        orderOnly: false,
      });
    }
  };
  let i = 0;
  let j = 0;
  for (const [iKept, jKept] of kept) {
    gap(i, iKept, j, jKept);
    i = iKept + 1;
    j = jKept + 1;
  }
  gap(i, expected.length, j, observed.length);
  return markOrder(differences, expected, bank);
}

/** A difference whose observed digest the image has elsewhere in this PCR is one of order (or of repetition). */
function markOrder(
  differences: readonly Difference[],
  expected: readonly ManifestEvent[],
  bank: HashName,
): Difference[] {
  const known = new Set(expected.map((event) => digestIn(event.digests, bank)));
  return differences.map((difference) => ({
    ...difference,
    orderOnly: difference.observed !== null && known.has(difference.observed.value.digest),
  }));
}

/** Longest common subsequence as pairs of positions. */
function longestCommon(
  n: number,
  m: number,
  same: (i: number, j: number) => boolean,
): readonly (readonly [number, number])[] {
  const width = m + 1;
  const length = new Uint16Array((n + 1) * width);
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      const at = i * width + j;
      length[at] = same(i, j) ? length[at + width + 1]! + 1 : Math.max(length[at + width]!, length[at + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < n && j < m;) {
    const at = i * width + j;
    if (same(i, j)) pairs.push([i++, j++]);
    else if (length[at + width]! >= length[at + 1]!) i++;
    else j++;
  }
  return pairs;
}

/**
 * The command line is known only through the image: its measurements carry a digest, and the manifest the text. Known when the
 * image measures it at all, in PCRs that replay, and none of its measurements differs; nothing added it to in PCR 12.
 */
function commandLineOf(facts: Facts, manifest: ImageManifest, differences: readonly Difference[]): string | null {
  const pcrs = MANIFEST_PCRS.filter((pcr) =>
    manifest.pcrs[pcr].some((variant) => variant.events.some((event) => event.component === COMMAND_LINE)),
  );
  if (pcrs.length === 0 || !pcrs.every((pcr) => facts.replays(Number(pcr))) || !facts.replays(12)) return null;
  const changed = differences.some(
    (difference) =>
      difference.pcr === 12 ||
      difference.expected?.component === COMMAND_LINE ||
      (difference.pcr === 8 && pcrs.includes('8')),
  );
  return changed ? null : manifest.commandLine;
}
