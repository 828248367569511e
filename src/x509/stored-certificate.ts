/** Certificates as they lie in the NV indices of a TPM (TCG EK Credential Profile, clause 2.2.1.4). */

import { readDerPrefix } from '../bytes/der.ts';
import { ByteReader } from '../bytes/reader.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import { refused } from './codes.ts';
import type { QuirkName } from './quirks.ts';

/** TCG_PCCLIENT_STORED_CERT and TCG_FULL_CERT of the TCG PC Client Specific Implementation Specification for TPM 1.2. */
const STORED_CERT = 0x1001;
const FULL_CERT_TYPE = 0;
const FULL_CERT = 0x1002;

/** Indices 0x01C00100 to 0x01C001FF of a TPM hold a few kilobytes in all. */
const MAX_STORED = 64 * 1024;
const MAX_CERTIFICATES = 16;
const DER_SEQUENCE = 0x30;

export interface StoredCertificate {
  readonly certificate: Certificate;
  /** What was tolerated around the certificate; what was tolerated inside is the certificate's. */
  readonly quirks: readonly QuirkName[];
}

/**
 * The certificate in an NV index: DER, which a structure of TPM 1.2 may precede and one repeated byte may follow.
 * @throws EvidenceError `x509.*`, `der.*`, `bytes.*`
 */
export function readStoredCertificate(bytes: Uint8Array, part: string): StoredCertificate {
  const quirks: QuirkName[] = [];
  const stored = withoutHeader(bytes, part);
  if (stored !== undefined) quirks.push('nv-header');
  const { certificate, rest } = stored ?? takeCertificate(bytes, part);
  if (rest.length > 0) {
    refuseUnlessPadding(rest, part);
    quirks.push('nv-padding');
  }
  return { certificate, quirks };
}

/**
 * The certificates of the indices for chains, read in order and joined: DER one after the other, then perhaps padding.
 * @throws EvidenceError `x509.*`, `der.*`
 */
export function readStoredChain(bytes: Uint8Array, part: string): readonly Certificate[] {
  if (bytes.length > MAX_STORED) throw refused('x509.size', `a chain of ${bytes.length} bytes`, part);
  const certificates: Certificate[] = [];
  let rest = bytes;
  while (rest[0] === DER_SEQUENCE) {
    if (certificates.length === MAX_CERTIFICATES) {
      throw refused('x509.count', `more than ${MAX_CERTIFICATES} certificates`, part);
    }
    const taken = takeCertificate(rest, part);
    certificates.push(taken.certificate);
    rest = taken.rest;
  }
  refuseUnlessPadding(rest, part);
  return certificates;
}

interface Taken {
  readonly certificate: Certificate;
  readonly rest: Uint8Array;
}

function takeCertificate(bytes: Uint8Array, part: string): Taken {
  const { raw } = readDerPrefix(bytes, part);
  return { certificate: parseCertificate(raw, part), rest: bytes.subarray(raw.length) };
}

/** What the structure of TPM 1.2 holds; undefined where there is none. */
function withoutHeader(bytes: Uint8Array, part: string): Taken | undefined {
  if (bytes[0] !== STORED_CERT >> 8) return undefined;
  const reader = new ByteReader(bytes, part);
  const [tag, type, size, fullTag] = [reader.u16be(), reader.u8(), reader.u16be(), reader.u16be()];
  // The size counts the second tag.
  if (tag !== STORED_CERT || type !== FULL_CERT_TYPE || fullTag !== FULL_CERT || size < 2) {
    throw refused('x509.malformed', 'neither a certificate nor a stored one', part, 0);
  }
  return { certificate: parseCertificate(reader.take(size - 2), part), rest: reader.rest() };
}

/** Padding repeats one byte; anything else is not known to be padding. */
function refuseUnlessPadding(rest: Uint8Array, part: string): void {
  if (rest.some((byte) => byte !== rest[0])) {
    throw refused('x509.padding', `${rest.length} bytes after the certificate that are no padding`, part);
  }
}
