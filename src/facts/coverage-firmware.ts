/** The coverage map of the firmware log. */

import type { HashName } from '../bytes/hash.ts';
import type { QuoteReplay } from '../logs/replay.ts';
import type { DecodedEvent } from '../logs/tcg/event-body.ts';
import * as type from '../logs/tcg/event-types.ts';
import type { TcgEvent, TcgLog } from '../logs/tcg/model.ts';
import { startupLocality } from '../logs/tcg/startup.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { SegmentWriter, type CoverageSegment, type UncoveredReason } from './coverage-model.ts';
import { NOT_FIRMWARE_LOG, type PreparedFirmwareLog } from './firmware-log.ts';

/** Event types whose data, where it is bound, must be: altered, it is a mismatch and the log is refused. */
const STRICT: ReadonlySet<number> = new Set([
  type.EV_SEPARATOR,
  type.EV_OMIT_BOOT_DEVICE_EVENTS,
  type.EV_EFI_ACTION,
  type.EV_EFI_VARIABLE_DRIVER_CONFIG,
  type.EV_EFI_VARIABLE_BOOT,
  type.EV_EFI_VARIABLE_BOOT2,
  type.EV_EFI_VARIABLE_AUTHORITY,
  type.EV_EFI_GPT_EVENT,
]);

/** Bodies of GRUB's lines, which are strict as well. */
const GRUB_TEXT: ReadonlySet<string> = new Set(['grub-command', 'kernel-command-line', 'module-command-line']);

/** One log under verified quotes: which PCRs each quoted bank proves. */
interface Proved {
  readonly log: TcgLog;
  readonly judged: HashName;
  readonly prepared: PreparedFirmwareLog;
  readonly quoted: QuotedPcrs;
  readonly equal: ReadonlyMap<HashName, ReadonlySet<number>>;
}

/** @param replays of every quoted bank */
export function firmwareSegments(
  prepared: PreparedFirmwareLog,
  quoted: QuotedPcrs,
  judged: HashName,
  replays: ReadonlyMap<HashName, QuoteReplay>,
): readonly CoverageSegment[] {
  const log = prepared.log.untrusted;
  const equal = new Map([...replays].map(([bank, { log }]) => [bank, log.replayed.equal]));
  const proved = { log, judged, prepared, quoted, equal };
  const writer = new SegmentWriter(log.bytes.length);
  for (const event of log.events) writeEvent(writer, event, proved);
  const padded = log.anomalies.some((anomaly) => anomaly.kind === 'padding');
  if (padded) writer.upTo(log.bytes.length, 'framing');
  else writer.uncoveredTo(log.bytes.length, 'unread-tail');
  return writer.segments();
}

function writeEvent(writer: SegmentWriter, event: TcgEvent, proved: Proved): void {
  for (const { bank, offset, length } of digestsOf(event, proved.log)) {
    writer.upTo(offset, 'framing');
    const reason = whyNotReplayed(event, bank, proved);
    if (reason === 'agrees') writer.upTo(offset + length, 'bound');
    else if (reason === null) writer.upTo(offset + length, 'replayed');
    else writer.uncoveredTo(offset + length, reason);
  }
  writer.upTo(event.dataOffset, 'framing');
  const end = event.dataOffset + event.data.length;
  if (event.type === type.EV_NO_ACTION) writeNoAction(writer, event, proved);
  else {
    const reason = whyNotReplayed(event, proved.judged, proved);
    if (reason === null) writeData(writer, event, proved.prepared.decoded.get(proved.judged)!.events[event.index]!);
    else writer.uncoveredTo(end, reason === 'agrees' ? 'other-bank-digest' : reason);
  }
  writer.upTo(end, 'framing');
}

/** The digests of an event where they lie in the log; those of unknown algorithms have no bank. */
function digestsOf(event: TcgEvent, log: TcgLog) {
  const place = (digest: Uint8Array) => ({
    offset: digest.byteOffset - log.bytes.byteOffset,
    length: digest.length,
  });
  const known = (Object.entries(event.digests) as [HashName, Uint8Array | undefined][]).flatMap(([bank, digest]) =>
    digest === undefined ? [] : [{ bank, ...place(digest) }],
  );
  const foreign = event.foreignDigests.map(({ digest }) => ({ bank: null, ...place(digest) }));
  return [...known, ...foreign].toSorted((a, b) => a.offset - b.offset);
}

/**
 * Why the digest of one bank proves nothing, or null where it replays. `agrees`: it does not, but the same event's data is
 * bound in the judged bank and in this one, and banks that disagree refuse the log.
 */
function whyNotReplayed(event: TcgEvent, bank: HashName | null, proved: Proved): UncoveredReason | 'agrees' | null {
  const { quoted, equal, judged, prepared } = proved;
  if (event.type === type.EV_NO_ACTION) return 'no-action-event';
  if (bank === null) return 'other-bank-digest';
  const pcrs = equal.get(bank);
  if (pcrs === undefined) {
    const bound = (name: HashName) => prepared.decoded.get(name)!.events[event.index]!.binding.startsWith('bound');
    return equal.get(judged)!.has(event.pcr) && bound(judged) && bound(bank) ? 'agrees' : 'other-bank-digest';
  }
  if (pcrs.has(event.pcr)) return null;
  const asked = quoted.selection.get(bank)!.includes(event.pcr) && !NOT_FIRMWARE_LOG.has(event.pcr);
  return asked ? 'pcr-not-replayed' : 'pcr-not-judged';
}

/** Data of an event whose digest is proved. */
function writeData(writer: SegmentWriter, event: TcgEvent, { binding, quirk, body }: DecodedEvent): void {
  const { dataOffset, data } = event;
  const end = dataOffset + data.length;
  if (binding === 'hint') return writer.uncoveredTo(end, 'hint-data');
  if (binding === 'mismatch') return writer.uncoveredTo(end, 'mismatched-data');
  if ('text' in body && GRUB_TEXT.has(body.kind)) {
    // `grub_cmd: ` says what the text is; the digest is of the text, with or without its terminator.
    const withNul = quirk !== undefined;
    const terminator = !withNul && data.at(-1) === 0 ? 1 : 0;
    writer.upTo(end - terminator - Buffer.byteLength(body.text ?? '') - (withNul ? 1 : 0), 'framing');
    return writer.upTo(end - terminator, 'bound');
  }
  if (body.kind === 'variable' && !body.nameBound) {
    // The digest is of VariableData alone: the GUID is a hint; lengths frame, and the name must be text.
    writer.uncoveredTo(dataOffset + 16, 'hint-data');
    writer.upTo(end - body.data.length, 'framing');
    return writer.upTo(end, 'bound');
  }
  if (!STRICT.has(event.type)) return writer.uncoveredTo(end, 'optional-binding');
  if (quirk === 'shim-authority-minus-last-byte') {
    writer.upTo(end - 1, 'bound');
    return writer.uncoveredTo(end, 'outside-quirk');
  }
  // The data must be some text, and which is said nowhere.
  if (quirk === 'separator-data-text') return writer.upTo(end, 'framing');
  writer.upTo(end, 'bound');
}

const SIGNATURE = 16;
/** platformClass, versions, errata and uintnSize: shown, never used */
const SPEC_ID_FIELDS = 8;

function writeNoAction(writer: SegmentWriter, event: TcgEvent, { log, equal, judged }: Proved): void {
  const { dataOffset, data, index } = event;
  const end = dataOffset + data.length;
  if (index === 0 && log.specId !== undefined) {
    writer.upTo(dataOffset + SIGNATURE, 'framing');
    writer.uncoveredTo(dataOffset + SIGNATURE + SPEC_ID_FIELDS, 'no-action-event');
    writer.upTo(end - log.specId.vendorInfo.length, 'framing');
    return writer.uncoveredTo(end, 'no-action-event');
  }
  if (startupLocality(data) === undefined) return writer.uncoveredTo(end, 'no-action-event');
  writer.upTo(end - 1, 'framing');
  // The value PCR 0 starts from: that PCR 0 replays proves it.
  const counts = index === log.startup.localityIndex && equal.get(judged)!.has(0);
  writer.upTo(end, counts ? 'replayed' : 'framing');
}
