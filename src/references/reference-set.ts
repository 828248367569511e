/** Reference sets v1: named, sourced, expiring values that evidence is compared with; and pin sets, the AKs of known hosts. */

import * as z from 'zod/mini';
import { PolicyError } from '../bytes/errors.ts';
import { Basis, Digests, Name, parseDocument, Sha256, Timestamp } from './schema.ts';

const common = {
  schema: z.literal('assay.reference/1'),
  name: Name,
  version: z.string(),
  /** Where the values come from: a package and file, a vendor's publication, a captured host. */
  source: z.string(),
  basis: Basis,
  author: z.string(),
  approver: z.optional(z.string()),
  /** The host a capture was taken from: it may not judge that host. */
  capturedFrom: z.optional(z.string()),
  expiresAt: Timestamp,
};

/** Firmware components of PCR 0 and 2: the digest of each measured event. */
const FirmwareReference = z.strictObject({
  ...common,
  kind: z.literal('firmware'),
  components: z.array(z.strictObject({ component: Name, pcr: z.number(), digests: Digests, basis: Basis })),
  /** Known-bad digests: a host that measured one is broken, never merely unproven. */
  revoked: z.optional(z.array(z.strictObject({ component: Name, digests: Digests, reason: z.string() }))),
});

/** An entry of a signature database: the type, and SHA-256 of the signature data (a certificate's DER, or a hash entry's bytes). */
export const SignatureEntry = z.strictObject({
  type: z.enum(['x509', 'sha256']),
  /** EFI GUID in text form, lower case. */
  owner: z.string(),
  /** SHA-256 of the entry's SignatureData. */
  sha256: Sha256,
  /** Printable: the certificate's subject. Never compared. */
  subject: z.optional(z.string()),
});
export type SignatureEntry = z.infer<typeof SignatureEntry>;

/** The approved content of PK, KEK and db. */
const SecureBootKeysReference = z.strictObject({
  ...common,
  kind: z.literal('secure-boot-keys'),
  PK: z.array(SignatureEntry),
  KEK: z.array(SignatureEntry),
  db: z.array(SignatureEntry),
});

/** What a host's dbx must at least hold, as SHA-256 of each entry's SignatureData. An explicit empty list needs a reason. */
const DbxReference = z.strictObject({
  ...common,
  kind: z.literal('dbx'),
  required: z.array(Sha256),
  reason: z.optional(z.string()),
});

/** What shim may measure: SBAT level, and MOK variables by name with the SHA-256 digest measured into PCR 14. */
const MokReference = z.strictObject({
  ...common,
  kind: z.literal('mok'),
  /** Approved contents of SbatLevel, as text. */
  sbatLevels: z.array(z.string()),
  /** Approved content of each MOK variable shim measures into PCR 14. */
  variables: z.array(z.strictObject({ name: z.string(), digests: Digests })),
});

/** Schema of `assay.reference/1`. */
export const ReferenceSet = z.discriminatedUnion('kind', [
  FirmwareReference,
  SecureBootKeysReference,
  DbxReference,
  MokReference,
]);
export type ReferenceSet = z.infer<typeof ReferenceSet>;
/** The sets of one kind. */
export type ReferenceSetOf<K extends ReferenceSet['kind']> = Extract<ReferenceSet, { kind: K }>;

/** The attestation keys of known hosts. A pin stands in for link 1 but the AK's attributes. */
export const PinSet = z.strictObject({
  schema: z.literal('assay.pins/1'),
  name: Name,
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      /** AK name: hexadecimal of nameAlg ‖ digest (TPM 2.0 Part 1, 16). */
      akName: z
        .string()
        .check(z.regex(/^000[bcd]([0-9a-f]{2}){32,64}$/, 'must be an AK name in lower-case hexadecimal')),
    }),
  ),
});
export type PinSet = z.infer<typeof PinSet>;

/**
 * @throws PolicyError `reference.invalid`; `reference.approval` when a capture lacks an approver other than its author
 */
export function parseReferenceSet(value: unknown): ReferenceSet {
  const set = parseDocument(ReferenceSet, value, 'reference.invalid', 'reference set');
  const captured =
    set.basis === 'approved-capture' ||
    (set.kind === 'firmware' && set.components.some((c) => c.basis === 'approved-capture'));
  if (captured && (set.approver === undefined || set.approver === set.author)) {
    throw new PolicyError(
      'reference.approval',
      `reference set ${set.name}: a capture needs an approver other than its author`,
    );
  }
  if (set.kind === 'dbx' && set.required.length === 0 && set.reason === undefined) {
    throw new PolicyError('reference.invalid', `reference set ${set.name}: an empty dbx requirement needs a reason`);
  }
  return set;
}

/** @throws PolicyError `pins.invalid` */
export function parsePinSet(value: unknown): PinSet {
  return parseDocument(PinSet, value, 'pins.invalid', 'pin set');
}
