/** UTF-16LE text as UEFI writes it (CHAR16), decoded strictly: two different byte strings never give the same text. */

import { EvidenceError } from '../bytes/errors.ts';

/**
 * All of `bytes` as text; a NUL inside stays in the text.
 * @throws EvidenceError `uefi.utf16` for an odd length or a surrogate without its partner
 */
export function utf16Text(bytes: Uint8Array, part: string, offset: number): string {
  if (bytes.length % 2 !== 0) {
    throw new EvidenceError('uefi.utf16', `${bytes.length} bytes are no UTF-16 text (${part}, offset ${offset})`, {
      part,
      offset,
    });
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le');
  if (hasLoneSurrogate(text)) {
    throw new EvidenceError('uefi.utf16', `half a surrogate pair (${part}, offset ${offset})`, { part, offset });
  }
  return text;
}

function hasLoneSurrogate(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    if (unit > 0xdbff) return true;
    const next = text.charCodeAt(++i);
    if (!(next >= 0xdc00 && next <= 0xdfff)) return true;
  }
  return false;
}

/** Number of bytes before the first UTF-16 NUL, or `undefined` if there is none. */
export function utf16LengthToNul(bytes: Uint8Array): number | undefined {
  for (let at = 0; at + 1 < bytes.length; at += 2) if (bytes[at] === 0 && bytes[at + 1] === 0) return at;
  return undefined;
}
