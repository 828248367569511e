/** X.509 certificates as data: what they say, never whether they are to be trusted. */

// Its side effect is what @peculiar/x509 needs before it is loaded.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';
import { X509Certificate } from '@peculiar/x509';
import { contextTag, derChildren, derExpect, derIntegerHex, readDer, TAG } from '../bytes/der.ts';
import { EvidenceError } from '../bytes/errors.ts';
import { digestHex } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';

/** One certificate. */
export interface Certificate {
  readonly der: Uint8Array;
  /** SHA-256 of the DER: the certificate's id in manifests and reference sets. */
  readonly sha256: string;
  /** Printable subject (RFC 4514). Never compared. */
  readonly subject: string;
  /** Printable issuer (RFC 4514). Never compared. */
  readonly issuer: string;
  /** Hexadecimal of the DER of the names and serial number: what identifies an issuer exactly. */
  readonly subjectDer: string;
  readonly issuerDer: string;
  readonly serialNumber: string;
}

/**
 * Reads one DER certificate (RFC 5280, clause 4.1) that fills `der`.
 * @throws EvidenceError `x509.malformed`, and the reader's own codes for bytes that are not DER
 */
export function parseCertificate(der: Uint8Array, part: string): Certificate {
  const root = readDer(der, part);
  const outer = derExpect(root, TAG.sequence, root);
  const tbs = derExpect(derChildren(outer)[0], TAG.sequence, outer);
  const fields = derChildren(tbs);
  // version [0] is absent in version 1 certificates
  const first = fields[0]?.tag === contextTag(0) ? 1 : 0;
  const serial = derExpect(fields[first], TAG.integer, tbs);
  const issuer = derExpect(fields[first + 2], TAG.sequence, tbs);
  const subject = derExpect(fields[first + 4], TAG.sequence, tbs);
  const names = printableNames(der, part);
  return {
    der,
    sha256: digestHex('sha256', der),
    subject: names.subject,
    issuer: names.issuer,
    subjectDer: toHex(subject.raw),
    issuerDer: toHex(issuer.raw),
    serialNumber: derIntegerHex(serial),
  };
}

function printableNames(der: Uint8Array, part: string): { subject: string; issuer: string } {
  try {
    const parsed = new X509Certificate(new Uint8Array(der));
    return { subject: parsed.subject, issuer: parsed.issuer };
  } catch (cause) {
    throw new EvidenceError('x509.malformed', `not a certificate: ${(cause as Error).message} (${part})`, { part });
  }
}
