/** Serial numbers (RFC 5280, clause 4.1.2.2), compared as the numbers they are. */

import type { DerNode } from '../bytes/der.ts';
import { toHex } from '../bytes/text.ts';
import { refused } from './codes.ts';
import { writesPaddedSerials, type QuirkName } from './quirks.ts';

/** Twenty octets are allowed; makers who count the sign octet apart, or hash, write a few more. */
const ALLOWED_OCTETS = 20;
const MAX_OCTETS = 64;

/**
 * Content of the INTEGER, whose tag the caller has looked at.
 * @param organization of the issuer, for the quirk of its serial numbers; undefined accepts none
 * @returns hexadecimal in the shortest form, two's complement
 * @throws EvidenceError `x509.serial-number`
 */
export function readSerialNumber(
  node: DerNode,
  organization: string | undefined,
): { readonly hex: string; readonly quirks: readonly QuirkName[] } {
  const { content, part, offset } = node;
  const quirks: QuirkName[] = [];
  if (content.length === 0) throw refused('x509.serial-number', 'an empty serial number', part, offset);
  if (content.length > MAX_OCTETS) {
    throw refused('x509.serial-number', `a serial number of ${content.length} octets`, part, offset);
  }
  const shortest = shortestInteger(content);
  if (shortest.length !== content.length) {
    if (content[0] !== 0 || !writesPaddedSerials(organization, content)) {
      throw refused('x509.serial-number', 'a serial number not in the shortest form', part, offset);
    }
    quirks.push('padded-serial-number');
  }
  if (content.length > ALLOWED_OCTETS) quirks.push('long-serial-number');
  if (shortest[0]! >= 0x80 || (shortest.length === 1 && shortest[0] === 0)) quirks.push('serial-number-not-positive');
  return { hex: toHex(shortest), quirks };
}

/** The octets after those that only repeat the sign (X.690, clause 8.3.2). */
export function shortestInteger(content: Uint8Array): Uint8Array {
  let from = 0;
  while (from < content.length - 1) {
    const signOnly = content[from + 1]! < 0x80 ? 0 : 0xff;
    if (content[from] !== signOnly) break;
    from++;
  }
  return content.subarray(from);
}
