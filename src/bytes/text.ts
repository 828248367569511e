/** Text forms of bytes: lower-case hexadecimal and base64url without padding, both decoded strictly. */

import { EvidenceError } from './errors.ts';

/** Bytes as lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/**
 * Hexadecimal to bytes; either case is read, an odd length or any other character is refused.
 * @throws EvidenceError `text.hex`
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new EvidenceError('text.hex', 'not an even number of hexadecimal digits');
  }
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Bytes as base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/**
 * Base64url without padding to bytes. One spelling per value: padding, the other alphabet and non-zero spare bits
 * are refused.
 * @throws EvidenceError `text.base64url`
 */
export function fromBase64url(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) {
    throw new EvidenceError('text.base64url', 'not base64url without padding');
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Text a host chose, made safe to print: control, bidirectional and other invisible characters become `\u{…}` escapes. */
export function printable(text: string, limit = 256): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}
