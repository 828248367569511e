/** What RFC 5280, clause 6.1, asks of each certificate of a path for itself, and of an issuer. */

import { derChildren, derExpect, derOid, TAG, type DerNode } from '../bytes/der.ts';
import { readOr } from '../bytes/errors.ts';
import { printable } from '../bytes/text.ts';
import type { Certificate } from './certificate.ts';
import type { CertificateCode, Refusal } from './codes.ts';
import { EXTENSION, extensionValue } from './extensions.ts';
import { PURPOSE } from './purposes.ts';

/**
 * Extensions that may be critical, because they are taken into account: here, or by the check of the profile the path is asked for
 * (names and directory attributes say who the subject is; the key identifiers and distribution points only lead the way).
 */
const PROCESSED: readonly string[] = [
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extKeyUsage,
  EXTENSION.certificatePolicies,
  EXTENSION.subjectAltName,
  EXTENSION.subjectDirectoryAttributes,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.crlDistributionPoints,
];

const POLICY_CONSTRAINTS: readonly string[] = [
  EXTENSION.policyConstraints,
  EXTENSION.policyMappings,
  EXTENSION.inhibitAnyPolicy,
];

/** Pointer to the practice statement, and user notice (clause 4.2.1.4): text for people, which asks nothing of a verifier. */
const QUALIFIERS = new Set(['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2']);

/** Why this certificate may stand in no path, wherever; undefined when it may. */
export function certificateProblem(certificate: Certificate): Refusal | undefined {
  const { extensions } = certificate;
  // An ignored constraint would let a path through that its issuer forbade, so these are refused even where not critical.
  if (extensions.has(EXTENSION.nameConstraints)) return problem('path.name-constraints', certificate);
  if (POLICY_CONSTRAINTS.some((oid) => extensions.has(oid))) return problem('path.policy-constraints', certificate);
  for (const [oid, { critical }] of extensions) {
    if (critical && !PROCESSED.includes(oid))
      return problem('path.critical-extension', certificate, `extension ${oid}`);
  }
  if (extensions.get(EXTENSION.certificatePolicies)?.critical === true && !policiesUnderstood(certificate)) {
    return problem('path.critical-extension', certificate, 'policies that are not understood');
  }
  return undefined;
}

/**
 * Why this certificate may not have issued one below it; undefined when it may.
 * @param below CA certificates between it and the leaf that are not self-issued
 * @param isAnchor a trust anchor of version 1 cannot say that it is a CA, and need not: the caller says it
 */
export function issuerProblem(
  issuer: Certificate,
  below: number,
  isAnchor: boolean,
  purpose: string | undefined,
): Refusal | undefined {
  const constraints = issuer.basicConstraints;
  if (constraints?.ca !== true && !(isAnchor && issuer.version === 1)) return problem('path.not-a-ca', issuer);
  if (constraints?.pathLength !== undefined && below > constraints.pathLength) {
    return problem('path.path-length', issuer, `${below} CA certificates below it, ${constraints.pathLength} allowed`);
  }
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.has('keyCertSign')) return problem('path.key-usage', issuer);
  if (purpose !== undefined && !allowsPurpose(issuer, purpose)) return problem('path.issuer-purpose', issuer);
  return undefined;
}

/** Whether an extended key usage, where there is one, names the purpose or allows any. */
export function allowsPurpose({ extKeyUsage }: Certificate, purpose: string): boolean {
  return extKeyUsage === undefined || extKeyUsage.includes(purpose) || extKeyUsage.includes(PURPOSE.any);
}

/** Subject and issuer are the same name (clause 6.1): such certificates do not count against a path length. */
export function isSelfIssued(certificate: Certificate): boolean {
  return certificate.subjectName === certificate.issuerName;
}

/**
 * Policies do not restrict a path on which no certificate constrains them (clause 6.1.3, with any policy acceptable); what remains is
 * that a critical extension be understood, qualifiers included.
 */
function policiesUnderstood(certificate: Certificate): boolean {
  const read = (node: DerNode): boolean =>
    derChildren(derExpect(node, TAG.sequence, node)).every((information) => {
      const [policy, qualifiers] = derChildren(derExpect(information, TAG.sequence, node));
      derOid(derExpect(policy, TAG.oid, information));
      return qualifiers === undefined || derChildren(qualifiers).every(isKnownQualifier);
    });
  return readOr(
    () => extensionValue(certificate.extensions, EXTENSION.certificatePolicies, certificate.part, read) ?? true,
    () => false,
  );
}

function isKnownQualifier(node: DerNode): boolean {
  return QUALIFIERS.has(derOid(derExpect(derChildren(node)[0], TAG.oid, node)));
}

function problem(code: CertificateCode, { subject }: Certificate, detail?: string): Refusal {
  return { code, message: detail === undefined ? nameOrNone(subject) : `${detail}: ${nameOrNone(subject)}` };
}

function nameOrNone(subject: string): string {
  return subject === '' ? 'the certificate without a subject' : printable(subject);
}
