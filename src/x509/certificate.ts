/** X.509 certificates as data (RFC 5280, clause 4.1): what they say, never whether they are to be trusted. */

import {
  contextPrimitive,
  contextTag,
  derBitOctets,
  derExpect,
  derOnly,
  derSmallNumber,
  readDer,
  TAG,
} from '../bytes/der.ts';
import type { DerNode } from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { digestHex } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { isNull, readAlgorithm, type AlgorithmIdentifier } from './algorithm.ts';
import { refused } from './codes.ts';
import {
  EXTENSION,
  extensionValue,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readExtensions,
  readExtKeyUsage,
  readKeyUsage,
  readSubjectKeyIdentifier,
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type Extensions,
  type KeyUsage,
} from './extensions.ts';
import { attributeOf, ORGANIZATION, readName } from './name.ts';
import type { QuirkName } from './quirks.ts';
import { readSerialNumber } from './serial-number.ts';
import { readTime } from './time.ts';

/** Far above any real certificate; a TPM stores some 2 KiB. */
const MAX_CERTIFICATE = 64 * 1024;

/** ECDSA with SHA-1 to SHA-512 (RFC 5758, clause 3.2). */
const ECDSA = /^1\.2\.840\.10045\.4\./;

/** Bytes somebody signed, with the signature. */
export interface Signed {
  /** The bytes the signature is over, as they stand. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/** One certificate. */
export interface Certificate extends Signed {
  readonly der: Uint8Array;
  /** SHA-256 of the DER: the certificate's id in manifests and reference sets. */
  readonly sha256: string;
  readonly version: 1 | 2 | 3;
  /** Printable subject (RFC 4514). Never compared. */
  readonly subject: string;
  /** Printable issuer (RFC 4514). Never compared. */
  readonly issuer: string;
  /** Hexadecimal of the DER of the names: what identifies an issuer exactly. */
  readonly subjectDer: string;
  readonly issuerDer: string;
  /** The names as paths compare them: string types of the same characters are equal (`readName`). */
  readonly subjectName: string;
  readonly issuerName: string;
  /** Hexadecimal, in the shortest form of a two's complement number. */
  readonly serialNumber: string;
  /** epoch ms, inclusive */
  readonly notBefore: number;
  /** epoch ms, inclusive */
  readonly notAfter: number;
  /** The DER of the SubjectPublicKeyInfo; `readSubjectKey` opens it. */
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly extensions: Extensions;
  readonly basicConstraints: BasicConstraints | undefined;
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  /** Purposes as object identifiers, in order. */
  readonly extKeyUsage: readonly string[] | undefined;
  /** Hexadecimal. */
  readonly subjectKeyIdentifier: string | undefined;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  /** What was tolerated in reading it. */
  readonly quirks: readonly QuirkName[];
  /** The part of the evidence it came from, for messages. */
  readonly part: string;
}

/**
 * Reads one DER certificate that fills `der`.
 * @throws EvidenceError `x509.*`, and the reader's own `der.*` for bytes that are not DER
 */
export function parseCertificate(der: Uint8Array, part: string): Certificate {
  if (der.length > MAX_CERTIFICATE) throw refused('x509.size', `a certificate of ${der.length} bytes`, part);
  const quirks = new Set<QuirkName>();
  const { tbs: tbsNode, ...signed } = readSigned(readDer(der, part), quirks);
  const tbs = new DerFields(tbsNode);
  const version = readVersion(tbs);
  const serial = tbs.take(TAG.integer);
  checkSameAlgorithm(tbs.take(TAG.sequence), signed.algorithmNode);
  const issuerNode = tbs.take(TAG.sequence);
  const issuer = readName(issuerNode);
  const validity = readValidity(tbs.take(TAG.sequence), quirks);
  const subjectNode = tbs.take(TAG.sequence);
  const subject = readName(subjectNode);
  const spki = tbs.take(TAG.sequence);
  const uniqueIds = [tbs.optional(contextPrimitive(1)), tbs.optional(contextPrimitive(2))];
  const wrapped = tbs.optional(contextTag(3));
  tbs.end();
  if (version === 1 && uniqueIds.some((id) => id !== undefined)) {
    throw refused('x509.version', 'a version 1 certificate with unique identifiers', part, tbsNode.offset);
  }
  if (version !== 3 && wrapped !== undefined) {
    throw refused('x509.version', `a version ${version} certificate with extensions`, part, wrapped.offset);
  }
  if (issuer.unsorted || subject.unsorted) quirks.add('unsorted-set');
  const serialNumber = readSerialNumber(serial, attributeOf(issuer.attributes, ORGANIZATION));
  serialNumber.quirks.forEach((quirk) => quirks.add(quirk));
  const extensions: Extensions = wrapped === undefined ? new Map() : readExtensions(derOnly(wrapped), quirks);
  const value = <T>(oid: string, read: (node: DerNode) => T): T | undefined =>
    extensionValue(extensions, oid, part, read);
  return {
    der,
    sha256: digestHex('sha256', der),
    version,
    subject: subject.text,
    issuer: issuer.text,
    subjectDer: toHex(subjectNode.raw),
    issuerDer: toHex(issuerNode.raw),
    subjectName: subject.comparable,
    issuerName: issuer.comparable,
    serialNumber: serialNumber.hex,
    ...validity,
    subjectPublicKeyInfo: spki.raw,
    extensions,
    basicConstraints: value(EXTENSION.basicConstraints, (node) => readBasicConstraints(node, quirks)),
    keyUsage: value(EXTENSION.keyUsage, (node) => readKeyUsage(node, quirks)),
    extKeyUsage: value(EXTENSION.extKeyUsage, readExtKeyUsage),
    subjectKeyIdentifier: value(EXTENSION.subjectKeyIdentifier, readSubjectKeyIdentifier),
    authorityKeyIdentifier: value(EXTENSION.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    tbs: tbsNode.raw,
    signatureAlgorithm: signed.signatureAlgorithm,
    signature: signed.signature,
    quirks: [...quirks],
    part,
  };
}

/** The three parts of whatever is signed as a certificate is: what is signed, the algorithm, the signature. */
export function readSigned(
  root: DerNode,
  quirks: Set<QuirkName>,
): { tbs: DerNode; algorithmNode: DerNode; signatureAlgorithm: AlgorithmIdentifier; signature: Uint8Array } {
  const outer = new DerFields(derExpect(root, TAG.sequence, root));
  const tbs = outer.take(TAG.sequence);
  const algorithmNode = outer.take(TAG.sequence);
  const signature = derBitOctets(outer.take(TAG.bitString));
  outer.end();
  const signatureAlgorithm = readAlgorithm(algorithmNode);
  if (ECDSA.test(signatureAlgorithm.oid) && isNull(signatureAlgorithm.parameters)) quirks.add('ecdsa-null-parameters');
  return { tbs, algorithmNode, signatureAlgorithm, signature };
}

/** @throws EvidenceError `x509.algorithm-differs` unless both are byte for byte the same (clause 4.1.1.2) */
export function checkSameAlgorithm(inner: DerNode, outer: DerNode): void {
  if (Buffer.compare(inner.raw, outer.raw) === 0) return;
  throw refused('x509.algorithm-differs', 'two signature algorithms', inner.part, inner.offset);
}

function readVersion(tbs: DerFields): 1 | 2 | 3 {
  const tagged = tbs.optional(contextTag(0));
  if (tagged === undefined) return 1;
  const number = derSmallNumber(derExpect(derOnly(tagged), TAG.integer, tagged));
  if (number === 1) return 2;
  if (number === 2) return 3;
  // Version 1 is the default, which DER does not write.
  throw refused('x509.version', `version number ${number}`, tagged.part, tagged.offset);
}

function readValidity(node: DerNode, quirks: Set<QuirkName>): { notBefore: number; notAfter: number } {
  const [first, second, ...more] = new DerFields(node).rest();
  const notBefore = readTime(first, node);
  const notAfter = readTime(second, node);
  if (more.length > 0) throw refused('x509.malformed', 'more than two times', node.part, node.offset);
  if (notBefore.early || notAfter.early) quirks.add('early-generalized-time');
  return { notBefore: notBefore.at, notAfter: notAfter.at };
}
