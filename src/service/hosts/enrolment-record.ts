/** What a host enrolled with, as it is kept: a blob that the enrolment names. */

import { canonicalJson, parseJson } from '../../bytes/json.ts';
import { fromBase64url } from '../../bytes/text.ts';
import type { Enrolment } from '../../references/enrolment.ts';
import type { PublicJwk } from '../../results/host.ts';
import { packBlob, namedBlob, type PackedBlob } from '../../store/blobs.ts';
import { enrolmentOfHost, type Enrolment as EnrolmentRow } from '../../store/enrolments.ts';
import type { Reader } from '../../store/schema.ts';
import { readPublic2B } from '../../tpm/public.ts';
import { publicKeyObject } from '../../tpm/key.ts';

/** A key that the AK certified. Base64url of TPM2B_PUBLIC, TPMS_ATTEST and TPMT_SIGNATURE. */
export interface CertifiedKey {
  readonly public: string;
  readonly attest: string;
  readonly signature: string;
}

/** Binary parts are base64url, as they came. */
export interface EnrolmentRecord {
  readonly schema: 'assay.enrolment/1';
  /** TPM2B_PUBLIC */
  readonly ek: string;
  /** DER, the EK certificate first */
  readonly ekCertificates: readonly string[];
  /** TPM2B_PUBLIC */
  readonly ak: string;
  readonly akParent: Enrolment['akParent'];
  /** digest of the join token's text, never the text */
  readonly joinTokenSha256: string | null;
  /** host this machine says it was before its EK changed */
  readonly replaces: string | null;
  readonly hints: Readonly<Record<string, string>>;
  /** what came with the TPM's answer, and when; null before that */
  readonly proof: { readonly at: number; readonly hostKey: CertifiedKey | null } | null;
}

/** The record ready to be inserted. */
export function packRecord(record: EnrolmentRecord): Promise<PackedBlob> {
  return packBlob(new TextEncoder().encode(canonicalJson(record)));
}

/** @throws Error when the database lacks it: rows and blobs are written together */
export async function readRecord(reader: Reader, row: EnrolmentRow): Promise<EnrolmentRecord> {
  const bytes = await namedBlob(reader, row.requestId);
  return parseJson(new TextDecoder().decode(bytes)) as unknown as EnrolmentRecord;
}

/** A host's enrolment as an appraisal takes it, with the host's own signing key. */
export interface KnownHost {
  readonly enrolment: Enrolment;
  /** name of the AK, hexadecimal */
  readonly akName: string;
  /** key that results may be bound to */
  readonly hostKey: PublicJwk | null;
}

/** The enrolment of a host that was decided last. */
export async function knownHost(reader: Reader, host: string): Promise<KnownHost | undefined> {
  const row = await enrolmentOfHost(reader, host);
  if (row === undefined) return undefined;
  const record = await readRecord(reader, row);
  const { ours, oursId, decidedBy } = row;
  const { proof } = record;
  return {
    akName: row.akName,
    hostKey: proof === null || proof.hostKey === null ? null : jwkOf(proof.hostKey),
    enrolment: {
      host,
      ek: fromBase64url(record.ek),
      ekCertificates: record.ekCertificates.map((text) => fromBase64url(text)),
      ak: fromBase64url(record.ak),
      akParent: record.akParent,
      ours: ours === null ? null : { by: ours, detail: oursId ?? decidedBy ?? 'service' },
      activatedAt: proof?.at ?? null,
    },
  };
}

function jwkOf(key: CertifiedKey): PublicJwk {
  const { public: area } = readPublic2B(fromBase64url(key.public), 'host-key');
  // Activation took a P-256 key and nothing else.
  return publicKeyObject(area).export({ format: 'jwk' }) as unknown as PublicJwk;
}
