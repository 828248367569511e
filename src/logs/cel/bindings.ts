/** How the text of a record relates to what was extended: the digests are of it for some event types, and of something else for others. */

import { digest, equalBytes, type HashName } from '../../bytes/hash.ts';
import type { CelRecord } from './model.ts';

/**
 * `bound`: the digest is of the text. `hint`: it is of something that the log does not hold. `mismatch`: it must be of the text
 * and is not. `not-extended`: the record is of an NvPCR, or has no digest of this bank, so no PCR of it was extended.
 */
export type CelBinding = 'bound' | 'hint' | 'mismatch' | 'not-extended';

/**
 * Event types whose digest is of the text (systemd, docs/TPM2_PCR_MEASUREMENTS.md). Not of it is that of `volume-key`, an HMAC
 * under the key of the volume, and that of `imds-userdata`, which is of the data. The type is not hashed: it decides how the text
 * is shown, and nothing else may rest on it.
 */
const OF_THEIR_TEXT: ReadonlySet<string> = new Set([
  'phase',
  'filesystem',
  'machine-id',
  'nvpcr-init',
  'nvpcr-separator',
  'os-separator',
]);

/** The text of a record as far as one bank vouches for it. */
export interface BoundText {
  readonly binding: CelBinding;
  /** what was measured, as UTF-8; only where `bound` */
  readonly text: string | null;
}

/** Compares the text of a record with its digest in one bank. */
export function boundText({ pcr, digests, content }: CelRecord, bank: HashName): BoundText {
  const extended = digests.get(bank)?.value;
  if (pcr === null || extended === undefined) return { binding: 'not-extended', text: null };
  const { eventType = null, text = null } = content ?? {};
  if (text === null || eventType === null || !OF_THEIR_TEXT.has(eventType)) return { binding: 'hint', text: null };
  const written = new TextEncoder().encode(text.value);
  const measured = [unescaped(written), written].find((bytes) => equalBytes(digest(bank, bytes), extended));
  if (measured !== undefined) return { binding: 'bound', text: new TextDecoder().decode(measured) };
  return { binding: isCut(unescaped(written)) ? 'hint' : 'mismatch', text: null };
}

/** Bytes of a text after which systemd writes an ellipsis in place of the rest (pcrextend.c). */
const LIMIT = 1024;
const ELLIPSIS = Buffer.from('...');

function isCut(bytes: Uint8Array): boolean {
  return bytes.length === LIMIT + ELLIPSIS.length && equalBytes(bytes.subarray(LIMIT), ELLIPSIS);
}

const BACKSLASH = 0x5c;
/** Letter or quote behind a backslash → the byte it stands for. */
const SINGLE: ReadonlyMap<number, number> = new Map(
  Object.entries({ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, "'": 39, '\\': 92 }).map(([c, byte]) => [
    c.charCodeAt(0),
    byte,
  ]),
);

/** Undoes systemd's `cescape`: a backslash before a letter, a quote or three octal digits. Any other backslash stands for itself. */
function unescaped(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; length++) {
    const single = bytes[at] === BACKSLASH ? SINGLE.get(bytes[at + 1]!) : undefined;
    const octal = bytes[at] === BACKSLASH ? octalAt(bytes, at + 1) : undefined;
    out[length] = single ?? octal ?? bytes[at]!;
    at += single !== undefined ? 2 : octal !== undefined ? 4 : 1;
  }
  return out.subarray(0, length);
}

function octalAt(bytes: Uint8Array, at: number): number | undefined {
  let value = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) return undefined;
    value = value * 8 + digit;
  }
  return value > 0xff ? undefined : value;
}
