/** The first event of a log: which format and which algorithms follow (PFP 1.06, 10.4.5.1; EFI platform 1.22, 7.4). */

import { EvidenceError } from '../../bytes/errors.ts';
import { hashById } from '../../bytes/hash.ts';
import { ByteReader } from '../../bytes/reader.ts';
import type { SpecId, SpecIdAlgorithm } from './model.ts';

/** HASH_COUNT: no TPM has more banks (TPM 2.0 Part 2, 10.6.2 implementations). */
export const MAX_ALGORITHMS = 16;
/** The largest digest of TCG's registry, SHA-512. */
const MAX_DIGEST_SIZE = 64;
const SIGNATURE_SIZE = 16;

const AGILE = 'Spec ID Event03';
const LEGACY = new Set(['Spec ID Event00', 'Spec ID Event02']);

/** The signature of EV_NO_ACTION data: text to the first NUL in the first 16 bytes; `undefined` if it is no such text. */
export function noActionSignature(data: Uint8Array): string | undefined {
  if (data.length < SIGNATURE_SIZE) return undefined;
  let text = '';
  for (let i = 0; i < SIGNATURE_SIZE; i++) {
    const c = data[i]!;
    if (c === 0) break;
    if (c < 0x20 || c > 0x7e) return undefined;
    text += String.fromCharCode(c);
  }
  return text;
}

/** Whether EV_NO_ACTION data is a Spec ID event of any version. */
export function isSpecId(signature: string | undefined): boolean {
  return signature !== undefined && (signature === AGILE || LEGACY.has(signature));
}

interface ParsedSpecId {
  readonly specId: SpecId;
  /** whether vendorInfo ends exactly where the event does */
  readonly exact: boolean;
}

/**
 * TCG_EfiSpecIDEvent, or TCG_PCClientSpecIDEvent of a TCG 1.2 log. The algorithms decide how every later event is framed, so
 * they are refused where they contradict themselves or the algorithm.
 * @throws EvidenceError `bytes.truncated`, `tcg.spec-id-algorithms`, `tcg.spec-id-digest-size`
 */
export function parseSpecId(data: Uint8Array, part: string, base: number): ParsedSpecId {
  const r = new ByteReader(data, part, base);
  const signature = noActionSignature(r.take(SIGNATURE_SIZE))!;
  const platformClass = r.u32();
  const specVersionMinor = r.u8();
  const specVersionMajor = r.u8();
  const specErrata = r.u8();
  const uintnSize = r.u8();
  const algorithms = signature === AGILE ? readAlgorithms(r) : [];
  const vendorInfoSize = r.remaining === 0 ? 0 : r.u8();
  const exact = vendorInfoSize === r.remaining;
  const vendorInfo = r.take(Math.min(vendorInfoSize, r.remaining));
  const specId = {
    signature,
    platformClass,
    specVersionMinor,
    specVersionMajor,
    specErrata,
    uintnSize,
    algorithms,
    vendorInfo,
  };
  return { specId, exact };
}

function readAlgorithms(r: ByteReader): SpecIdAlgorithm[] {
  const count = r.u32();
  if (count === 0 || count > MAX_ALGORITHMS) {
    throw r.error('tcg.spec-id-algorithms', `the Spec ID event lists ${count} algorithms`);
  }
  const algorithms: SpecIdAlgorithm[] = [];
  for (let i = 0; i < count; i++) {
    const algorithmId = r.u16();
    const digestSize = r.u16();
    if (algorithms.some((a) => a.algorithmId === algorithmId)) {
      throw r.error('tcg.spec-id-algorithms', `algorithm 0x${algorithmId.toString(16)} is listed twice`);
    }
    const known = hashById(algorithmId)?.size;
    if (digestSize === 0 || digestSize > MAX_DIGEST_SIZE || (known !== undefined && digestSize !== known)) {
      throw r.error('tcg.spec-id-digest-size', `${digestSize} bytes for algorithm 0x${algorithmId.toString(16)}`);
    }
    algorithms.push({ algorithmId, digestSize });
  }
  return algorithms;
}

/** Whether the first event opens a crypto-agile log. */
export function isAgileSpecId(signature: string | undefined): boolean {
  return signature === AGILE;
}

/** An error for a log that cannot be a firmware log at all. */
export function notALog(message: string, part: string): EvidenceError {
  return new EvidenceError('tcg.not-a-log', `${message} (${part})`, { part, offset: 0 });
}
