/** Changes of single bytes and of framing in captured evidence, and what each may do to a verdict. */
import { parseSelection } from '../../src/tpm/selection.ts';
import { contentId } from '../../src/bytes/hash.ts';
import { appraise } from '../../src/chain/appraise.ts';
import { authenticate, pinsOf } from '../../src/chain/authenticate.ts';
import { createCache } from '../../src/chain/cache.ts';
import type { Appraisal, AppraisalInput, LinkStatus } from '../../src/chain/model.ts';
import type { EvidenceBundle } from '../../src/evidence/bundle.ts';
import { coverage, type CoverageSegment, type PartCoverage } from '../../src/facts/coverage.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';

/** The coverage map of an input whose quotes verify. */
export function coverageOf(input: AppraisalInput): readonly PartCoverage[] {
  const { evidence, policy, challenge } = input;
  const pins = input.pins.length > 0 ? input.pins : pinsOf(policy.pins);
  const { quoted, bank } = authenticate(evidence, {
    pins,
    challenge: challenge!,
    selection: parseSelection(challenge!.selection!),
    banks: new Set(parseSelection(policy.selection).keys()),
  });
  if (quoted === null || bank === null) throw new Error('the quotes of this input do not verify');
  return coverage(evidence, quoted, bank);
}

/** The evidence with one of its parts put through `edit`. */
export function withPart(
  evidence: EvidenceBundle,
  part: string,
  edit: (bytes: Uint8Array) => Uint8Array,
): EvidenceBundle {
  const quote = /^quotes\[(\d)\]\.(attest|signature)$/.exec(part);
  if (quote !== null) {
    const [index, field] = [Number(quote[1]), quote[2] as 'attest' | 'signature'];
    const quotes = evidence.quotes.map((one, i) => (i === index ? { ...one, [field]: edit(one[field]) } : one));
    return { ...evidence, quotes };
  }
  const log = ({ 'log.firmware': 'firmwareLog', 'log.ima': 'imaLog', 'log.systemd': 'systemdLog' } as const)[part]!;
  const bytes = edit(evidence[log]!.bytes!);
  return { ...evidence, [log]: { id: contentId(bytes), bytes } };
}

function flipped(bytes: Uint8Array, offset: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset]! ^= mask;
  return copy;
}

const RANK: Readonly<Record<LinkStatus, number>> = { broken: 0, unproven: 1, holds: 2, 'not-applicable': 2 };
const VERDICTS = ['untrusted', 'unproven', 'trusted'];

/**
 * Links that are better than before, and the verdict if it is. A link that is unproven because one of links 1 to 3 before
 * it no longer holds is not better for it, whatever it was.
 */
export function improvements(before: Appraisal, after: Appraisal): string[] {
  const links = after.links.flatMap(({ link, status }, index) => {
    const old = before.links[index]!.status;
    const basis = after.links.slice(0, Math.min(index, 3));
    const demoted = status === 'unproven' && basis.some((one) => one.status !== 'holds');
    return RANK[status] > RANK[old] && !demoted ? [`${link}: ${old} became ${status}`] : [];
  });
  const better = VERDICTS.indexOf(after.verdict) > VERDICTS.indexOf(before.verdict);
  return better ? [...links, `verdict: ${before.verdict} became ${after.verdict}`] : links;
}

/** What must not change with a byte that nothing depends on: all but the hints that findings show. */
function judgement({ verdict, weakestLink, links }: Appraisal): string {
  const told = links.map(({ link, status, findings }) => [
    link,
    status,
    ...findings.map(({ code, component, at }) => `${code} ${component} ${at.part}/${at.pcr ?? ''}/${at.index ?? ''}`),
  ]);
  return JSON.stringify([verdict, weakestLink, told]);
}

/** What is wrong with the effect of a changed byte of this class; null when it is as the map says. */
export function flipProblem(kind: CoverageSegment['class'], before: Appraisal, after: Appraisal): string | null {
  if (kind === 'uncovered') return judgement(before) === judgement(after) ? null : 'changed the judgement';
  const better = improvements(before, after);
  if (better.length > 0) return better.join(', ');
  return kind !== 'framing' && after.verdict === 'trusted' ? 'still trusted' : null;
}

export interface FlipReport {
  readonly tried: number;
  readonly problems: readonly string[];
  /** parts of the framing with which the verdict was still trusted */
  readonly stillTrusted: ReadonlySet<string>;
}

/**
 * Changes bytes of every segment and judges each changed input.
 * @param stride bytes from one change to the next, counted over the part; every segment has at least one
 * @param random 0 to 1, for the masks and the first offset
 * @param only the one part to change
 */
export function flipBytes(input: AppraisalInput, stride: number, random: () => number, only?: string): FlipReport {
  const cache = createCache(8);
  const before = appraise(input, cache);
  const problems: string[] = [];
  const stillTrusted = new Set<string>();
  let tried = 0;
  for (const { part, segments } of coverageOf(input)) {
    if (only !== undefined && part !== only) continue;
    let next = Math.floor(random() * stride);
    for (const segment of segments) {
      const end = segment.offset + segment.length;
      const offsets: number[] = [];
      for (; next < end; next += stride) if (next >= segment.offset) offsets.push(next);
      if (offsets.length === 0 && stride < 100) offsets.push(segment.offset + Math.floor(random() * segment.length));
      for (const offset of offsets) {
        const mask = 1 + Math.floor(random() * 255);
        const evidence = withPart(input.evidence, part, (bytes) => flipped(bytes, offset, mask));
        const after = appraise({ ...input, evidence }, cache);
        tried++;
        const problem = flipProblem(segment.class, before, after);
        if (problem !== null) problems.push(`${part} offset ${offset} ^ ${mask} (${segment.class}): ${problem}`);
        else if (segment.class === 'framing' && after.verdict === 'trusted') {
          stillTrusted.add(`${part}: ${fieldAt(input.evidence.firmwareLog!.bytes!, part, offset)}`);
        }
      }
    }
  }
  return { tried, problems, stillTrusted };
}

/** Which field of the firmware log's framing a byte belongs to, by the layout of TCG_PCR_EVENT2. */
function fieldAt(log: Uint8Array, part: string, offset: number): string {
  if (part !== 'log.firmware') return 'framing';
  const events = parseTcgLog(log).untrusted.events;
  const event = events.findLast((one) => one.offset <= offset)!;
  const within = offset - event.offset;
  if (within < 4) return 'PCR index';
  if (within < 8) return 'event type';
  if (offset < event.dataOffset) return 'digests';
  return event.index === 0 ? 'Spec ID' : 'event data';
}

/** Every event type of the specification, and some that it does not define. */
export const EVENT_TYPES: readonly number[] = [
  ...Array.from({ length: 0x14 }, (_, type) => type),
  ...[...Array.from({ length: 0x11 }, (_, type) => type), 0xe0, 0xe1, 0xe2, 0xe3, 0xe4].map(
    (type) => 0x80000000 + type,
  ),
  0x401,
  0x8401,
  0x10000000,
];

/** The firmware log with one u32 of an event changed: at 0 the PCR index, at 4 the type. */
export function relabelled(log: Uint8Array, index: number, field: 'pcr' | 'type', value: number): Uint8Array {
  const event = parseTcgLog(log).untrusted.events[index]!;
  const copy = log.slice();
  new DataView(copy.buffer).setUint32(event.offset + (field === 'pcr' ? 0 : 4), value, true);
  return copy;
}

/** The firmware log with an event and the one behind it changed round. */
export function swapped(log: Uint8Array, index: number): Uint8Array {
  const events = parseTcgLog(log).untrusted.events;
  const [one, two] = [events[index]!, events[index + 1]!];
  const middle = two.offset;
  const end = two.offset + two.length;
  return Buffer.concat([
    log.subarray(0, one.offset),
    log.subarray(middle, end),
    log.subarray(one.offset, middle),
    log.subarray(end),
  ]);
}

/** A repeatable source of numbers from 0 to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
