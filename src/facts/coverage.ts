/**
 * The coverage map: of every byte of the quotes, their signatures and the logs, what vouches for it. It says what an attacker
 * on the host may change unseen, so that nobody has to take the word of this verifier for it.
 */

import { readOr } from '../bytes/errors.ts';
import type { HashName } from '../bytes/hash.ts';
import type { EvidenceBundle } from '../evidence/bundle.ts';
import type { Untrusted } from '../bytes/trust.ts';
import { celExtends } from '../logs/cel/extends.ts';
import { parseCelLog } from '../logs/cel/parse.ts';
import { otherExtends } from '../logs/ima/extends.ts';
import { IMA_PCR, type ImaExtendMode, type ImaList } from '../logs/ima/model.ts';
import { parseImaList } from '../logs/ima/parse.ts';
import { replayPrefix } from '../logs/ima/replay.ts';
import { replayAgainstQuote, type QuoteReplay } from '../logs/replay.ts';
import type { RuntimeLog } from '../logs/runtime-log.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { celSegments, provedRecords } from './coverage-cel.ts';
import { firmwareSegments } from './coverage-firmware.ts';
import { imaSegments } from './coverage-ima.ts';
import { SegmentWriter, type CoverageSegment, type PartCoverage } from './coverage-model.ts';
import { NOT_FIRMWARE_LOG, prepareFirmwareLog, type PreparedFirmwareLog } from './firmware-log.ts';

export { UNCOVERED_REASONS, type CoverageSegment, type PartCoverage } from './coverage-model.ts';

const SIGNATURE_NOTE =
  'an ECDSA signature has a second form that verifies too (s and n − s): it is never used as an identity';
const ASCII_NOTE = 'hexadecimal may be spelled in either case';

/**
 * Maps a bundle whose quotes are verified.
 * @param quoted the values of all its quotes, joined
 * @param bank the judged bank
 */
export function coverage(evidence: EvidenceBundle, quoted: QuotedPcrs, bank: HashName): readonly PartCoverage[] {
  const parts: PartCoverage[] = [];
  for (const [index, { attest, signature }] of evidence.quotes.entries()) {
    parts.push({ part: `quotes[${index}].attest`, length: attest.length, segments: signed(attest.length) });
    const segments = signed(signature.length);
    parts.push({ part: `quotes[${index}].signature`, length: signature.length, segments, note: SIGNATURE_NOTE });
  }
  const { firmwareLog, imaLog, systemdLog } = evidence;
  const list = parsed(imaLog?.bytes, parseImaList);
  const systemd = parsed(systemdLog?.bytes, parseCelLog);
  const prepared = parsed(firmwareLog?.bytes, prepareFirmwareLog);
  const runtime = [
    ...(systemd === null ? [] : [celExtends(systemd)]),
    ...(list === null ? [] : [otherExtends(list, (name) => modeOf(list, quoted, name))]),
  ];
  const replays = prepared === null ? null : replaysOf(prepared, quoted, runtime);
  if (firmwareLog?.bytes !== undefined) {
    const { length } = firmwareLog.bytes;
    const segments =
      prepared === null || replays === null ? unreadable(length) : firmwareSegments(prepared, quoted, bank, replays);
    parts.push({ part: 'log.firmware', length, segments });
  }
  const judged = replays?.get(bank);
  if (imaLog?.bytes !== undefined) {
    const { bytes } = imaLog;
    const others = judged === undefined ? new Set<number>() : provedRecords(judged, 'log.ima');
    const segments = list === null ? unreadable(bytes.length) : imaSegments(list, bytes, quoted, bank, others);
    const note = list?.untrusted.format === 'ima-ascii' ? ASCII_NOTE : undefined;
    parts.push({ part: 'log.ima', length: bytes.length, segments, ...(note !== undefined && { note }) });
  }
  if (systemdLog?.bytes !== undefined) {
    const { length } = systemdLog.bytes;
    const segments = systemd === null ? unreadable(length) : celSegments(systemd.untrusted, bank, replays);
    parts.push({ part: 'log.systemd', length, segments });
  }
  return parts;
}

function signed(length: number): readonly CoverageSegment[] {
  const writer = new SegmentWriter(length);
  writer.upTo(length, 'signed');
  return writer.segments();
}

/** The kernel's mode of a bank, as IMA's own PCR shows it. */
function modeOf(list: Untrusted<ImaList>, quoted: QuotedPcrs, bank: HashName): ImaExtendMode {
  const value = quoted.value(bank, IMA_PCR);
  return (value === undefined ? undefined : replayPrefix(list, { bank, quoted: value }).mode) ?? 'native';
}

/** The logs against every quoted bank, or null where the firmware log has no such bank. */
function replaysOf(
  prepared: PreparedFirmwareLog,
  quoted: QuotedPcrs,
  runtime: readonly RuntimeLog[],
): ReadonlyMap<HashName, QuoteReplay> | null {
  return tried(
    () =>
      new Map(
        quoted.banks.map((bank) => {
          const known = prepared.replays.get(bank);
          const options = { skip: NOT_FIRMWARE_LOG, runtime, ...(known !== undefined && { replay: known }) };
          return [bank, replayAgainstQuote(prepared.log, quoted, bank, options)];
        }),
      ),
  );
}

function parsed<T>(bytes: Uint8Array | undefined, parse: (bytes: Uint8Array) => T): T | null {
  return bytes === undefined ? null : tried(() => parse(bytes));
}

/** Null for a log that breaks its format; the appraisal says what is wrong with it. */
function tried<T>(read: () => T): T | null {
  return readOr(read, () => null);
}

/** Of a log that breaks its format no byte is covered. */
function unreadable(length: number): readonly CoverageSegment[] {
  const writer = new SegmentWriter(length);
  writer.uncoveredTo(length, 'unreadable');
  return writer.segments();
}
