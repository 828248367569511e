/** The coverage map of the runtime list. */

import { hashSize, type HashName } from '../bytes/hash.ts';
import type { Untrusted } from '../bytes/trust.ts';
import { IMA_PCR, isViolation, type ImaList, type ImaPrefix } from '../logs/ima/model.ts';
import { replayPrefix } from '../logs/ima/replay.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { SegmentWriter, type CoverageSegment, type UncoveredReason } from './coverage-model.ts';

/**
 * @param bytes what the host sent, of which `source` was parsed
 * @param others entries in PCRs other than IMA's own that replay in the judged bank
 */
export function imaSegments(
  source: Untrusted<ImaList>,
  bytes: Uint8Array,
  quoted: QuotedPcrs,
  bank: HashName,
  others: ReadonlySet<number>,
): readonly CoverageSegment[] {
  const list = source.untrusted;
  const value = quoted.value(bank, IMA_PCR);
  const prefix = value === undefined ? undefined : replayPrefix(source, { bank, quoted: value }).prefix?.replayed;
  const writer = new SegmentWriter(bytes.length);
  for (let index = 0; index < list.count; index++) {
    const why = others.has(index) ? null : whyNotProved(list, prefix, index);
    if (list.format === 'ima-binary') writeEntry(writer, list, index, why);
    else writeLine(writer, list, bytes, index, why);
  }
  writer.uncoveredTo(bytes.length, 'unread-tail');
  return writer.segments();
}

function whyNotProved(list: ImaList, prefix: ImaPrefix | undefined, index: number): UncoveredReason | null {
  if (prefix === undefined) return 'pcr-not-replayed';
  if (index >= prefix.end) return 'after-quoted-prefix';
  return list.columns.pcr[index] === prefix.pcr ? null : 'pcr-not-judged';
}

/** Offset of the name's length in the template `ima`, which the list has and the digest leaves out. */
const UNFRAMED_LENGTH = 20;

function writeEntry(writer: SegmentWriter, list: ImaList, index: number, why: UncoveredReason | null): void {
  const { columns } = list;
  const digest = columns.digestOffset[index]!;
  const digestEnd = digest + hashSize(list.digestHash);
  const data = columns.dataOffset[index]!;
  const end = data + columns.dataLength[index]!;
  const violation = isViolation(list, index);
  writer.upTo(digest, 'framing');
  // The zeros that mark a violation decide what was extended; any other stored digest decides nothing.
  if (why === null && violation) writer.upTo(digestEnd, 'replayed');
  else writer.uncoveredTo(digestEnd, why ?? 'stored-template-digest');
  writer.upTo(data, 'framing');
  const reason = why ?? (violation ? 'violation-data' : null);
  const write = (to: number) => (reason === null ? writer.upTo(to, 'bound') : writer.uncoveredTo(to, reason));
  if (list.templates[columns.template[index]!]!.unframed) {
    write(data + UNFRAMED_LENGTH);
    writer.upTo(data + UNFRAMED_LENGTH + 4, 'framing');
  }
  write(end);
}

/** A line: PCR, template digest and template name, then the fields that the digest is of. */
function writeLine(
  writer: SegmentWriter,
  list: ImaList,
  bytes: Uint8Array,
  index: number,
  why: UncoveredReason | null,
): void {
  const start = list.columns.sourceOffset[index]!;
  const lineFeed = bytes.indexOf(0x0a, start);
  const end = lineFeed === -1 ? bytes.length : lineFeed;
  let fields = start;
  // A space before the PCR of one digit, then one behind each of PCR, digest and name.
  for (let spaces = bytes[start] === 0x20 ? 4 : 3; spaces > 0; spaces--) fields = bytes.indexOf(0x20, fields) + 1;
  writer.upTo(fields, 'framing');
  const reason = why ?? (isViolation(list, index) ? 'violation-data' : null);
  if (reason === null) writer.upTo(end, 'bound');
  else writer.uncoveredTo(end, reason);
  writer.upTo(Math.min(end + 1, bytes.length), 'framing');
}
