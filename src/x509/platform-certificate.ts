/**
 * Platform certificates (TCG Platform Certificate Profile 1.1): the maker's word that an endorsement key belongs to a platform. Most are
 * attribute certificates; software TPMs come with a certificate for the same key instead. Chains of changes (delta certificates) are
 * refused by name.
 */

import { derChildren, derExpect, derOid, TAG, type DerNode } from '../bytes/der.ts';
import type { AttributeCertificate } from './attribute-certificate.ts';
import type { Certificate } from './certificate.ts';
import type { Refusal } from './codes.ts';
import { EXTENSION, extensionValue, readExtKeyUsage, type Extensions } from './extensions.ts';
import { Findings } from './findings.ts';
import type { NoteName } from './path-model.ts';
import { allowsPurpose } from './path-rules.ts';
import { PURPOSE } from './purposes.ts';
import type { QuirkName } from './quirks.ts';
import { checkSignedBy } from './signer.ts';
import { isSameKey, readSubjectKey } from './subject-key.ts';
import { readPlatformAttributes, type PlatformAttributes } from './tpm-attributes.ts';

/** tcg-at-tcgCredentialType: which kind of platform certificate an attribute certificate is. */
const CREDENTIAL_TYPE = '2.23.133.2.25';

/** noRevAvail (RFC 5755, clause 4.3.6): nothing to look up. */
const NO_REVOCATION = '2.5.29.56';

/** Extensions of an attribute certificate that may be critical: what they say is taken into account, or shown. */
const PROCESSED: readonly string[] = [
  EXTENSION.subjectAltName,
  EXTENSION.certificatePolicies,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.subjectDirectoryAttributes,
  EXTENSION.extKeyUsage,
  NO_REVOCATION,
];

/** The answer. Whether the issuer is to be trusted is the answer of its path. */
export interface PlatformCheck {
  readonly ok: boolean;
  /** All that is wrong, not only the first. */
  readonly refusals: readonly Refusal[];
  /** The issuer's word on the platform; undefined where it cannot be read. */
  readonly platform: PlatformAttributes | undefined;
  readonly quirks: readonly QuirkName[];
  readonly notes: readonly NoteName[];
}

export interface PlatformInput {
  /** The endorsement key's certificate that it must be about. */
  readonly ek: Certificate;
  /** The certificate of the issuer, whose path the caller checks. */
  readonly issuer: Certificate;
  /** epoch ms */
  readonly at: number;
  /** Accept a signature over SHA-1, which shows as a note. */
  readonly sha1: boolean;
}

/** Checks a platform certificate that is an attribute certificate (RFC 5755, clause 5). */
export function checkAttributeCertificate(platform: AttributeCertificate, input: PlatformInput): PlatformCheck {
  const { ek, issuer, at } = input;
  const finding = new Findings(platform.quirks);
  finding.attempt(() => {
    if (isDelta(platform)) finding.refuse('platform.delta', 'the credential type is that of a delta certificate');
  });
  for (const [oid, { critical }] of platform.extensions) {
    if (critical && !PROCESSED.includes(oid)) finding.refuse('platform.critical-extension', `extension ${oid}`);
  }
  const { holder } = platform;
  if (holder?.issuerName !== ek.issuerName || holder.serialNumber !== ek.serialNumber) {
    finding.refuse('platform.holder', 'the holder is not the certificate of this endorsement key');
  }
  if (at < platform.notBefore) finding.refuse('platform.not-yet-valid', 'not valid yet');
  if (at > platform.notAfter) finding.refuse('platform.expired', 'no longer valid');
  checkIssuer(platform, issuer, input.sha1, finding);
  return finished(finding, platform);
}

/**
 * Checks a platform certificate that is a certificate for the endorsement key itself. Signature and validity are its path's; its issuers
 * may be asked for the purpose there.
 */
export function checkPlatformKeyCertificate(platform: Certificate, ek: Certificate): PlatformCheck {
  const finding = new Findings(platform.quirks);
  const purposes = platform.extKeyUsage ?? [];
  if (purposes.includes(PURPOSE.deltaPlatform))
    finding.refuse('platform.delta', 'the purpose is that of a delta certificate');
  else if (!purposes.includes(PURPOSE.platform)) finding.refuse('platform.purpose', `purposes: ${purposes.join(', ')}`);
  if (platform.basicConstraints?.ca === true) finding.refuse('platform.purpose', 'the certificate is a CA');
  finding.attempt(() => {
    const key = readSubjectKey(platform.subjectPublicKeyInfo, platform.part);
    if (!isSameKey(key, readSubjectKey(ek.subjectPublicKeyInfo, ek.part))) {
      finding.refuse('platform.holder', 'the certificate is for another key');
    }
  });
  return finished(finding, platform);
}

/** RFC 5755, clauses 4.5 and 5: the issuer's name, what its key may do, and the signature. */
function checkIssuer(platform: AttributeCertificate, issuer: Certificate, sha1: boolean, finding: Findings): void {
  if (platform.issuerName !== issuer.subjectName) finding.refuse('platform.issuer', `issuer: ${platform.issuer}`);
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.has('digitalSignature')) {
    finding.refuse('platform.issuer-key-usage', `key usage: ${[...issuer.keyUsage].join(', ')}`);
  }
  if (issuer.extKeyUsage === undefined) finding.quirks.add('missing-issuer-eku');
  else if (!allowsPurpose(issuer, PURPOSE.platform)) {
    finding.refuse('platform.issuer-purpose', `purposes: ${issuer.extKeyUsage.join(', ')}`);
  }
  const check = checkSignedBy(platform, issuer);
  if (!check.ok) finding.refuse(check.code === 'path.signature' ? 'platform.signature' : check.code, check.message);
  else if (check.sha1 && sha1) finding.notes.push('sha1-signature');
  else if (check.sha1) finding.refuse('path.sha1', `issuer: ${platform.issuer}`);
}

function isDelta({ attributes, extensions, part }: AttributeCertificate): boolean {
  const types = attributes.get(CREDENTIAL_TYPE);
  return (
    (types !== undefined && derChildren(types).map(credentialType).includes(PURPOSE.deltaPlatform)) ||
    purposesOf(extensions, part).includes(PURPOSE.deltaPlatform)
  );
}

function credentialType(value: DerNode): string {
  return derOid(derExpect(derChildren(derExpect(value, TAG.sequence, value))[0], TAG.oid, value));
}

function purposesOf(extensions: Extensions, part: string): readonly string[] {
  return extensionValue(extensions, EXTENSION.extKeyUsage, part, readExtKeyUsage) ?? [];
}

function finished(finding: Findings, { extensions, part }: AttributeCertificate | Certificate): PlatformCheck {
  const platform = finding.attempt(() => readPlatformAttributes(extensions, part, finding.quirks));
  const { refusals, notes, quirks } = finding;
  return { ok: refusals.length === 0, refusals, platform, quirks: [...quirks], notes };
}
