/** The coverage map of systemd's log. */

import type { HashName } from '../bytes/hash.ts';
import { boundText } from '../logs/cel/bindings.ts';
import type { CelLog, CelRecord, Place } from '../logs/cel/model.ts';
import type { QuoteReplay } from '../logs/replay.ts';
import { SegmentWriter, type CoverageSegment } from './coverage-model.ts';

interface Covered extends Place {
  readonly kind: 'replayed' | 'bound';
}

/**
 * What no digest covers is framing here and never uncovered: one changed byte may always end a string.
 * @param replays of every quoted bank; null where the firmware log cannot be replayed
 */
export function celSegments(
  log: CelLog,
  judged: HashName,
  replays: ReadonlyMap<HashName, QuoteReplay> | null,
): readonly CoverageSegment[] {
  const proved = new Map([...(replays ?? [])].map(([bank, replay]) => [bank, provedRecords(replay)]));
  const writer = new SegmentWriter(log.bytes.length);
  for (const record of log.records) {
    const covered = [...coveredDigests(record, judged, proved), ...coveredText(log, record, judged, proved)];
    for (const { offset, length, kind } of covered.toSorted((a, b) => a.offset - b.offset)) {
      writer.upTo(offset, 'framing');
      writer.upTo(offset + length, kind);
    }
  }
  writer.upTo(log.bytes.length, 'framing');
  return writer.segments();
}

type Proved = ReadonlyMap<HashName, ReadonlySet<number>>;

/** Records whose digest of a bank is part of a quoted value. */
export function provedRecords(replay: QuoteReplay, part = 'log.systemd'): ReadonlySet<number> {
  const events = [...replay.runtime.replayed.events.values()].flat();
  return new Set(events.flatMap((one) => (one.part === part ? [one.index] : [])));
}

function coveredDigests(record: CelRecord, judged: HashName, proved: Proved): Covered[] {
  const isBound = (bank: HashName): boolean => boundText(record, bank).binding === 'bound';
  // Banks that disagree on one text refuse the log.
  const agreed = proved.get(judged)?.has(record.index) === true && isBound(judged);
  return [...record.digests].flatMap(([bank, place]): Covered[] => {
    if (proved.get(bank)?.has(record.index) === true) return [{ ...place, kind: 'replayed' }];
    return agreed && isBound(bank) ? [{ ...place, kind: 'bound' }] : [];
  });
}

/** The text of a record that hashes to its digest; JSON has two spellings of an escape in hexadecimal. */
function coveredText(log: CelLog, record: CelRecord, judged: HashName, proved: Proved): Covered[] {
  const text = record.content?.text ?? null;
  if (text === null || proved.get(judged)?.has(record.index) !== true) return [];
  const written = Buffer.from(log.bytes.subarray(text.offset, text.offset + text.length));
  if (boundText(record, judged).binding !== 'bound' || written.includes('\\u')) return [];
  return [{ offset: text.offset, length: text.length, kind: 'bound' }];
}
