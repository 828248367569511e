/**
 * The coverage map: of every byte of the quotes, their signatures and the logs, what vouches for it. It says what an attacker
 * on the host may change unseen, so that nobody has to take the word of this verifier for it.
 */

import { EvidenceError } from '../bytes/errors.ts';
import type { HashName } from '../bytes/hash.ts';
import type { EvidenceBundle } from '../evidence/bundle.ts';
import { parseImaList } from '../logs/ima/parse.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { firmwareSegments } from './coverage-firmware.ts';
import { imaSegments } from './coverage-ima.ts';
import { SegmentWriter, type CoverageSegment, type PartCoverage } from './coverage-model.ts';
import { prepareFirmwareLog } from './firmware-log.ts';

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
  const firmware = evidence.firmwareLog?.bytes;
  if (firmware !== undefined) {
    const segments = readable(firmware, () => firmwareSegments(prepareFirmwareLog(firmware), quoted, bank));
    parts.push({ part: 'log.firmware', length: firmware.length, segments });
  }
  const ima = evidence.imaLog?.bytes;
  if (ima !== undefined) {
    let note: string | undefined;
    const segments = readable(ima, () => {
      const list = parseImaList(ima);
      if (list.untrusted.format === 'ima-ascii') note = ASCII_NOTE;
      return imaSegments(list, ima, quoted, bank);
    });
    parts.push({ part: 'log.ima', length: ima.length, segments, ...(note !== undefined && { note }) });
  }
  return parts;
}

function signed(length: number): readonly CoverageSegment[] {
  const writer = new SegmentWriter(length);
  writer.upTo(length, 'signed');
  return writer.segments();
}

/** Of a log that breaks its format no byte is covered; the appraisal says what is wrong with it. */
function readable(bytes: Uint8Array, map: () => readonly CoverageSegment[]): readonly CoverageSegment[] {
  try {
    return map();
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    const writer = new SegmentWriter(bytes.length);
    writer.uncoveredTo(bytes.length, 'unreadable');
    return writer.segments();
  }
}
