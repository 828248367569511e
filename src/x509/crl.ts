/** Certificate revocation lists (RFC 5280, clause 5): complete and direct ones. Delta and indirect lists are refused by name. */

import {
  contextPrimitive,
  contextTag,
  derBoolean,
  derChildren,
  derExpect,
  derOnly,
  derSmallNumber,
  readDer,
  TAG,
  type DerNode,
} from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { digestHex } from '../bytes/hash.ts';
import { checkSameAlgorithm, readSigned, type Signed } from './certificate.ts';
import { refused } from './codes.ts';
import { EXTENSION, extensionValue, readExtensions, type Extensions } from './extensions.ts';
import { readDistributionPointName } from './general-names.ts';
import { attributeOf, ORGANIZATION, readName } from './name.ts';
import type { QuirkName } from './quirks.ts';
import { readSerialNumber } from './serial-number.ts';
import { readTime } from './time.ts';

/** Lists of TPM makers have kilobytes. Entries take some 35 bytes each. */
const MAX_CRL = 4 * 1024 * 1024;

/** Clause 5.3.1, by number; 7 is not used. */
const REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

export type RevocationReason = NonNullable<(typeof REASONS)[number]>;

/** One entry: a certificate its issuer took back. */
export interface Revocation {
  /** A certificate on hold counts as revoked while it is listed. */
  readonly reason: RevocationReason;
  /** epoch ms */
  readonly revokedAt: number;
}

/** One list. */
export interface Crl extends Signed {
  readonly der: Uint8Array;
  readonly sha256: string;
  /** Printable. Never compared. */
  readonly issuer: string;
  /** The issuer's name as in `Certificate`. */
  readonly issuerName: string;
  /** epoch ms */
  readonly thisUpdate: number;
  /** epoch ms; a list without it is never current */
  readonly nextUpdate: number | undefined;
  /** What the list covers, where it says so. */
  readonly scope: CrlScope;
  /** By serial number, as in `Certificate`. */
  readonly revoked: ReadonlyMap<string, Revocation>;
  readonly quirks: readonly QuirkName[];
}

interface CrlScope {
  /** It covers only certificates that name one of these distribution points (hexadecimal of the DER). */
  readonly distributionPoint: readonly string[] | undefined;
  readonly only: 'users' | 'cas' | 'attributes' | undefined;
}

/** What this reader knows how to take into account. */
const KNOWN: readonly string[] = [
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.crlNumber,
  EXTENSION.issuingDistributionPoint,
];
const KNOWN_OF_ENTRY: readonly string[] = [EXTENSION.reasonCode, EXTENSION.invalidityDate];

/**
 * Reads one DER list that fills `der`.
 * @throws EvidenceError `crl.*`, `x509.*`, `der.*`
 */
export function parseCrl(der: Uint8Array, part: string): Crl {
  if (der.length > MAX_CRL) throw refused('x509.size', `a revocation list of ${der.length} bytes`, part);
  const quirks = new Set<QuirkName>();
  const { tbs: tbsNode, algorithmNode, signatureAlgorithm, signature } = readSigned(readDer(der, part), quirks);
  const tbs = new DerFields(tbsNode);
  const version = tbs.optional(TAG.integer);
  if (version !== undefined && derSmallNumber(version) !== 1) {
    throw refused('x509.version', 'neither a version 1 nor a version 2 list', part, version.offset);
  }
  checkSameAlgorithm(tbs.take(TAG.sequence), algorithmNode);
  const issuer = readName(tbs.take(TAG.sequence));
  if (issuer.unsorted) quirks.add('unsorted-set');
  const thisUpdate = readTime(tbs.optional(TAG.utcTime, TAG.generalizedTime), tbsNode);
  const nextUpdate = tbs.optional(TAG.utcTime, TAG.generalizedTime);
  const entries = tbs.optional(TAG.sequence);
  const wrapped = tbs.optional(contextTag(0));
  tbs.end();
  if (version === undefined && wrapped !== undefined) {
    throw refused('x509.version', 'a version 1 list with extensions', part, wrapped.offset);
  }
  const extensions: Extensions = wrapped === undefined ? new Map() : readExtensions(derOnly(wrapped), quirks);
  refuseUnknown(extensions, part);
  const organization = attributeOf(issuer.attributes, ORGANIZATION);
  return {
    der,
    sha256: digestHex('sha256', der),
    issuer: issuer.text,
    issuerName: issuer.comparable,
    thisUpdate: thisUpdate.at,
    nextUpdate: nextUpdate === undefined ? undefined : readTime(nextUpdate, tbsNode).at,
    scope: readScope(extensions, part),
    revoked: readEntries(entries, version !== undefined, organization, quirks),
    tbs: tbsNode.raw,
    signatureAlgorithm,
    signature,
    quirks: [...quirks],
  };
}

function refuseUnknown(extensions: Extensions, part: string): void {
  if (extensions.has(EXTENSION.deltaCrlIndicator)) throw refused('crl.delta', 'a delta list', part);
  for (const [oid, { critical }] of extensions) {
    if (critical && !KNOWN.includes(oid)) throw refused('crl.critical-extension', `extension ${oid}`, part);
  }
}

/** IssuingDistributionPoint (clause 5.2.5). */
interface IssuingDistributionPoint {
  readonly scope: CrlScope;
  readonly reasons: boolean;
  readonly indirect: boolean;
}

function readScope(extensions: Extensions, part: string): CrlScope {
  const read = extensionValue(extensions, EXTENSION.issuingDistributionPoint, part, readIssuingDistributionPoint);
  if (read === undefined) return { distributionPoint: undefined, only: undefined };
  if (read.indirect) throw refused('crl.indirect', 'an indirect list', part);
  if (read.reasons) throw refused('crl.partial', 'a list for some reasons only', part);
  return read.scope;
}

function readIssuingDistributionPoint(node: DerNode): IssuingDistributionPoint {
  const fields = new DerFields(derExpect(node, TAG.sequence, node));
  const name = fields.optional(contextTag(0));
  const flag = (number: number): boolean => {
    const field = fields.optional(contextPrimitive(number));
    return field !== undefined && derBoolean({ ...field, tag: TAG.boolean });
  };
  const [users, cas] = [flag(1), flag(2)];
  const reasons = fields.optional(contextPrimitive(3)) !== undefined;
  const [indirect, attributes] = [flag(4), flag(5)];
  fields.end();
  const kinds = (['users', 'cas', 'attributes'] as const).filter((_, index) => [users, cas, attributes][index]);
  if (kinds.length > 1) throw refused('x509.malformed', 'a list for two kinds only', node.part, node.offset);
  const distributionPoint = name === undefined ? undefined : readDistributionPointName(name).names;
  return { scope: { distributionPoint, only: kinds[0] }, reasons, indirect };
}

function readEntries(
  list: DerNode | undefined,
  mayHaveExtensions: boolean,
  organization: string | undefined,
  quirks: Set<QuirkName>,
): ReadonlyMap<string, Revocation> {
  const revoked = new Map<string, Revocation>();
  for (const entry of list === undefined ? [] : derChildren(list)) {
    const fields = new DerFields(derExpect(entry, TAG.sequence, entry));
    const serial = readSerialNumber(fields.take(TAG.integer), organization);
    serial.quirks.forEach((quirk) => quirks.add(quirk));
    const { at } = readTime(fields.optional(TAG.utcTime, TAG.generalizedTime), entry);
    const extensions = mayHaveExtensions ? fields.optional(TAG.sequence) : undefined;
    fields.end();
    // Listed twice: the first entry stands, and revoked is revoked.
    if (!revoked.has(serial.hex)) revoked.set(serial.hex, { reason: readReason(extensions, quirks), revokedAt: at });
  }
  return revoked;
}

function readReason(node: DerNode | undefined, quirks: Set<QuirkName>): RevocationReason {
  if (node === undefined) return 'unspecified';
  const extensions = readExtensions(node, quirks);
  if (extensions.has(EXTENSION.certificateIssuer))
    throw refused('crl.indirect', 'an entry of another issuer', node.part, node.offset);
  for (const [oid, { critical }] of extensions) {
    if (critical && !KNOWN_OF_ENTRY.includes(oid)) {
      throw refused('crl.critical-extension', `extension ${oid} of an entry`, node.part, node.offset);
    }
  }
  const read = (value: DerNode): number => derSmallNumber(derExpect(value, TAG.enumerated, value));
  const number = extensionValue(extensions, EXTENSION.reasonCode, node.part, read) ?? 0;
  const reason = REASONS[number];
  // Entries are removed by delta lists only.
  if (reason === undefined || reason === 'removeFromCRL') {
    throw refused('x509.extension-malformed', `reason ${number}`, node.part, node.offset);
  }
  return reason;
}
