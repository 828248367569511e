/** The words of the coverage map: how far each byte of the evidence is vouched for. */

/**
 * `signed`: under the AK's signature, or the signature itself. `replayed`: what was extended into a quoted PCR that replays.
 * `bound`: data that must hash to a replayed digest. `framing`: what says how the rest is read (types, PCR indexes, sizes,
 * counts, template names, padding); no digest covers it, so changing it may only ever cost. `uncovered`: nothing depends on it.
 */
type CoverageClass = 'signed' | 'replayed' | 'bound' | 'framing' | 'uncovered';

/** Why a byte is uncovered. */
export const UNCOVERED_REASONS = [
  /** data beside a digest that is of something else: an address, a path, a label */
  'hint-data',
  /** data that hashes to its digest where data of its kind need not: changed, it is a hint */
  'optional-binding',
  /** a byte that a named quirk leaves out of the digest */
  'outside-quirk',
  /** data that should hash to its digest and does not, for which the log is refused */
  'mismatched-data',
  /** digest of a bank that no quote covers, where nothing ties it to the judged bank's */
  'other-bank-digest',
  /** EV_NO_ACTION, which is not extended */
  'no-action-event',
  /** of a PCR that is not in a signed selection, or that nobody judges */
  'pcr-not-judged',
  /** of a PCR whose quoted value the log does not lead to */
  'pcr-not-replayed',
  /** the template digest beside an IMA entry: the replay computes its own */
  'stored-template-digest',
  /** data of an IMA violation, in place of which the kernel extended ones */
  'violation-data',
  /** entries of the runtime list that came after the quote */
  'after-quoted-prefix',
  /** a tail that is no whole event or entry, for which the log is refused */
  'unread-tail',
  /** a log that cannot be read at all */
  'unreadable',
] as const;
export type UncoveredReason = (typeof UNCOVERED_REASONS)[number];

/** A run of bytes of one class. `reason` is there exactly for `uncovered`. */
export interface CoverageSegment {
  readonly offset: number;
  readonly length: number;
  readonly class: CoverageClass;
  readonly reason?: UncoveredReason;
}

export interface PartCoverage {
  /** `quotes[0].attest`, `quotes[0].signature` …, `log.firmware`, `log.ima`, `log.systemd` */
  readonly part: string;
  readonly length: number;
  /** from the first byte to the last, without gap or overlap; neighbours differ in class or reason */
  readonly segments: readonly CoverageSegment[];
  /** what the classes alone do not say */
  readonly note?: string;
}

/** Lays segments one behind the other over a part. */
export class SegmentWriter {
  readonly #length: number;
  readonly #segments: CoverageSegment[] = [];
  #offset = 0;

  constructor(length: number) {
    this.#length = length;
  }

  /** The bytes from where the last segment ended up to `end` (not included). */
  upTo(end: number, kind: CoverageClass, reason?: UncoveredReason): void {
    if (end < this.#offset || end > this.#length) throw new RangeError(`a segment ends at ${end}, before or behind`);
    if (end === this.#offset) return;
    const last = this.#segments.at(-1);
    const length = end - this.#offset;
    if (last?.class === kind && last.reason === reason) {
      this.#segments[this.#segments.length - 1] = { ...last, length: last.length + length };
    } else {
      this.#segments.push({ offset: this.#offset, length, class: kind, ...(reason !== undefined && { reason }) });
    }
    this.#offset = end;
  }

  uncoveredTo(end: number, reason: UncoveredReason): void {
    this.upTo(end, 'uncovered', reason);
  }

  /** @throws RangeError when bytes are left, which is our own fault */
  segments(): readonly CoverageSegment[] {
    if (this.#offset !== this.#length) throw new RangeError(`segments end at ${this.#offset} of ${this.#length}`);
    return this.#segments;
  }
}
