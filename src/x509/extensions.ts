/** Extensions (RFC 5280, clause 4.2): the list, and the values that paths are judged by. */

import {
  contextPrimitive,
  contextTag,
  derBits,
  derBoolean,
  derChildren,
  derExpect,
  derOid,
  derSmallNumber,
  readDer,
  TAG,
  type DerNode,
} from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { readOr } from '../bytes/errors.ts';
import { toHex } from '../bytes/text.ts';
import { refused } from './codes.ts';
import type { QuirkName } from './quirks.ts';
import { shortestInteger } from './serial-number.ts';

/** Extensions by the names of RFC 5280, and those of the TCG's profiles. */
export const EXTENSION = {
  subjectDirectoryAttributes: '2.5.29.9',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  targetInformation: '2.5.29.55',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
} as const;

/** One extension. */
export interface Extension {
  readonly critical: boolean;
  /** What the OCTET STRING holds: one DER value, as it stands. */
  readonly value: Uint8Array;
}

/** By object identifier. */
export type Extensions = ReadonlyMap<string, Extension>;

/**
 * Reads `Extensions`, a SEQUENCE OF Extension.
 * @param quirks receives what is tolerated
 * @throws EvidenceError `x509.extension-duplicate`, `der.*`
 */
export function readExtensions(node: DerNode, quirks: Set<QuirkName>): Extensions {
  const extensions = new Map<string, Extension>();
  for (const child of derChildren(derExpect(node, TAG.sequence, node))) {
    const fields = new DerFields(derExpect(child, TAG.sequence, node));
    const oid = derOid(fields.take(TAG.oid));
    const flag = fields.optional(TAG.boolean);
    const critical = flag !== undefined && derBoolean(flag);
    if (flag !== undefined && !critical) quirks.add('explicit-default');
    const value = fields.take(TAG.octetString).content;
    fields.end();
    if (extensions.has(oid)) {
      throw refused('x509.extension-duplicate', `extension ${oid} is there twice`, node.part, child.offset);
    }
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

/**
 * The value of an extension, read by `read`; undefined when the extension is not there.
 * @throws EvidenceError `x509.extension-malformed` for whatever `read` does not accept
 */
export function extensionValue<T>(
  extensions: Extensions,
  oid: string,
  part: string,
  read: (node: DerNode) => T,
): T | undefined {
  const extension = extensions.get(oid);
  if (extension === undefined) return undefined;
  return readOr(
    () => read(readDer(extension.value, part)),
    ({ message }) => {
      throw refused('x509.extension-malformed', `extension ${oid}: ${message}`, part);
    },
  );
}

/** Clause 4.2.1.9. */
export interface BasicConstraints {
  readonly ca: boolean;
  /** pathLenConstraint */
  readonly pathLength: number | undefined;
}

export function readBasicConstraints(node: DerNode, quirks: Set<QuirkName>): BasicConstraints {
  const fields = new DerFields(derExpect(node, TAG.sequence, node));
  const flag = fields.optional(TAG.boolean);
  const ca = flag !== undefined && derBoolean(flag);
  if (flag !== undefined && !ca) quirks.add('explicit-default');
  const length = fields.optional(TAG.integer);
  fields.end();
  return { ca, pathLength: length === undefined ? undefined : derSmallNumber(length) };
}

/** Clause 4.2.1.3, in the order of the bits. */
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];

export function readKeyUsage(node: DerNode, quirks: Set<QuirkName>): ReadonlySet<KeyUsage> {
  const { bytes, unused } = derBits(derExpect(node, TAG.bitString, node));
  const bits = bytes.length * 8 - unused;
  const isSet = (bit: number): boolean => (((bytes[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0;
  if (bits > 0 && !isSet(bits - 1)) quirks.add('padded-key-usage');
  return new Set(KEY_USAGES.filter((_, bit) => bit < bits && isSet(bit)));
}

/** Clause 4.2.1.12: object identifiers, at least one. */
export function readExtKeyUsage(node: DerNode): readonly string[] {
  const purposes = derChildren(derExpect(node, TAG.sequence, node)).map(derOid);
  if (purposes.length === 0) throw refused('x509.extension-malformed', 'no purpose', node.part, node.offset);
  return purposes;
}

export function readSubjectKeyIdentifier(node: DerNode): string {
  return toHex(derExpect(node, TAG.octetString, node).content);
}

/** Clause 4.2.1.1; hexadecimal as in `Certificate`. */
export interface AuthorityKeyIdentifier {
  readonly keyId: string | undefined;
  /** The DER of the name, where authorityCertIssuer is exactly one directory name. */
  readonly issuerDer: string | undefined;
  /** A hint like all of this extension, so read as any number. */
  readonly serialNumber: string | undefined;
}

export function readAuthorityKeyIdentifier(node: DerNode): AuthorityKeyIdentifier {
  const fields = new DerFields(derExpect(node, TAG.sequence, node));
  const keyId = fields.optional(contextPrimitive(0));
  const issuer = fields.optional(contextTag(1));
  const serial = fields.optional(contextPrimitive(2));
  fields.end();
  return {
    keyId: keyId === undefined ? undefined : toHex(keyId.content),
    issuerDer: issuer === undefined ? undefined : onlyName(issuer),
    serialNumber: serial === undefined ? undefined : toHex(shortestInteger(serial.content)),
  };
}

/** The DER of the name where there is exactly one and it is a directory name; other names are no help here. */
function onlyName(generalNames: DerNode): string | undefined {
  const [only, ...more] = derChildren(generalNames);
  // A Name is a CHOICE, so its tag is explicit.
  return only?.tag === contextTag(4) && more.length === 0 ? toHex(only.content) : undefined;
}
