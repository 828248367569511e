/** Attribute certificates as data (RFC 5755, clause 4.1), the form of most platform certificates: what they say, not whether it is to be trusted. */

import {
  contextTag,
  derChildren,
  derExpect,
  derOid,
  derSmallNumber,
  readDer,
  TAG,
  type DerNode,
} from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { digestHex } from '../bytes/hash.ts';
import { checkSameAlgorithm, readSigned, type Signed } from './certificate.ts';
import { refused } from './codes.ts';
import { readExtensions, type Extensions } from './extensions.ts';
import { onlyDirectoryName } from './general-names.ts';
import { attributeOf, ORGANIZATION, readName } from './name.ts';
import type { QuirkName } from './quirks.ts';
import { readSerialNumber } from './serial-number.ts';
import { readTime } from './time.ts';

/** Lists of components make them long; real ones have some 4 KiB. */
const MAX_CERTIFICATE = 256 * 1024;

/** One attribute certificate. */
export interface AttributeCertificate extends Signed {
  readonly der: Uint8Array;
  readonly sha256: string;
  /** The certificate it is about, where it names one by issuer and serial number (baseCertificateID). */
  readonly holder: CertificateName | undefined;
  /** Printable. Never compared. */
  readonly issuer: string;
  /** The issuer's name as in `Certificate`. */
  readonly issuerName: string;
  /** As in `Certificate`. */
  readonly serialNumber: string;
  /** epoch ms, inclusive */
  readonly notBefore: number;
  /** epoch ms, inclusive */
  readonly notAfter: number;
  /** By object identifier: the DER of the SET of values. */
  readonly attributes: ReadonlyMap<string, DerNode>;
  readonly extensions: Extensions;
  readonly quirks: readonly QuirkName[];
  readonly part: string;
}

/** IssuerSerial: a certificate by the name of its issuer and its number, both as in `Certificate`. */
export interface CertificateName {
  readonly issuerName: string;
  readonly serialNumber: string;
}

/**
 * Reads one DER attribute certificate of version 2 that fills `der`.
 * @throws EvidenceError `x509.*`, `der.*`
 */
export function parseAttributeCertificate(der: Uint8Array, part: string): AttributeCertificate {
  if (der.length > MAX_CERTIFICATE) throw refused('x509.size', `an attribute certificate of ${der.length} bytes`, part);
  const quirks = new Set<QuirkName>();
  const { tbs: infoNode, algorithmNode, signatureAlgorithm, signature } = readSigned(readDer(der, part), quirks);
  const info = new DerFields(infoNode);
  const version = info.take(TAG.integer);
  if (derSmallNumber(version) !== 1) throw refused('x509.version', 'not version 2', part, version.offset);
  const holder = readHolder(info.take(TAG.sequence), quirks);
  // Version 1 has its issuer without a tag.
  const issuer = readName(readIssuer(info.take(contextTag(0))));
  if (issuer.unsorted) quirks.add('unsorted-set');
  checkSameAlgorithm(info.take(TAG.sequence), algorithmNode);
  const serialNumber = readSerialNumber(info.take(TAG.integer), attributeOf(issuer.attributes, ORGANIZATION));
  serialNumber.quirks.forEach((quirk) => quirks.add(quirk));
  const validity = readValidity(info.take(TAG.sequence));
  const attributes = readAttributes(info.take(TAG.sequence));
  info.optional(TAG.bitString);
  const extensions = info.optional(TAG.sequence);
  info.end();
  return {
    der,
    sha256: digestHex('sha256', der),
    holder,
    issuer: issuer.text,
    issuerName: issuer.comparable,
    serialNumber: serialNumber.hex,
    ...validity,
    attributes,
    extensions: extensions === undefined ? new Map() : readExtensions(extensions, quirks),
    tbs: infoNode.raw,
    signatureAlgorithm,
    signature,
    quirks: [...quirks],
    part,
  };
}

/** Holder: a certificate's name, and perhaps a name or a digest beside it. */
function readHolder(node: DerNode, quirks: Set<QuirkName>): CertificateName | undefined {
  const fields = new DerFields(node);
  const base = fields.optional(contextTag(0));
  fields.optional(contextTag(1));
  fields.optional(contextTag(2));
  fields.end();
  if (base === undefined) return undefined;
  const issuerSerial = new DerFields(base);
  const name = onlyDirectoryName(issuerSerial.take(TAG.sequence));
  if (name === undefined)
    throw refused('x509.malformed', 'a holder whose issuer is not one name', node.part, base.offset);
  const issuer = readName(name);
  if (issuer.unsorted) quirks.add('unsorted-set');
  const serialNumber = readSerialNumber(issuerSerial.take(TAG.integer), attributeOf(issuer.attributes, ORGANIZATION));
  serialNumber.quirks.forEach((quirk) => quirks.add(quirk));
  issuerSerial.optional(TAG.bitString);
  issuerSerial.end();
  return { issuerName: issuer.comparable, serialNumber: serialNumber.hex };
}

/** V2Form with one directory name and nothing else (clause 4.2.3). */
function readIssuer(v2Form: DerNode): DerNode {
  const fields = new DerFields(v2Form);
  const name = onlyDirectoryName(fields.take(TAG.sequence));
  fields.end();
  if (name === undefined) throw refused('x509.malformed', 'an issuer that is not one name', v2Form.part, v2Form.offset);
  return name;
}

/** Clause 4.2.6: GeneralizedTime always. */
function readValidity(node: DerNode): { notBefore: number; notAfter: number } {
  const fields = new DerFields(node);
  const times = [fields.take(TAG.generalizedTime), fields.take(TAG.generalizedTime)] as const;
  fields.end();
  return { notBefore: readTime(times[0], node).at, notAfter: readTime(times[1], node).at };
}

function readAttributes(node: DerNode): ReadonlyMap<string, DerNode> {
  const attributes = new Map<string, DerNode>();
  for (const attribute of derChildren(node)) {
    const fields = new DerFields(derExpect(attribute, TAG.sequence, node));
    const type = derOid(fields.take(TAG.oid));
    const values = fields.take(TAG.set);
    fields.end();
    // Clause 4.2.7: each type at most once.
    if (attributes.has(type)) {
      throw refused('x509.malformed', `attribute ${type} is there twice`, node.part, attribute.offset);
    }
    attributes.set(type, values);
  }
  return attributes;
}
