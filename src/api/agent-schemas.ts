/** What a host and the service say to each other (docs/agent-protocol.md). */

import * as z from 'zod/mini';
import { MAX_PART_BYTES, MAX_PARTS } from '../evidence/bundle.ts';
import { base64url, contentId } from './schemas.ts';

/** A TPM2B_PUBLIC of RSA-4096 has about 560 bytes; certificates of EKs have one or two thousand. */
const MAX_PUBLIC = 1400;
const MAX_CERTIFICATE = 12_000;
const MAX_CHAIN = 8;

const publicArea = (description: string) => base64url(description).check(z.minLength(4), z.maxLength(MAX_PUBLIC));
const time = (description: string) => z.string().check(z.describe(`${description} RFC 3339.`));
const Id = z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID'));
const Hints = z.record(z.string().check(z.maxLength(1024)), z.string().check(z.maxLength(1024)));

/** `POST /v1/enrol`. */
export const EnrolRequest = z.strictObject({
  ek: publicArea('TPM2B_PUBLIC of the EK.'),
  ekCertificates: z
    .array(base64url('DER').check(z.maxLength(MAX_CERTIFICATE)))
    .check(z.maxLength(MAX_CHAIN), z.describe('The EK certificate, then those of its chain; empty without one.')),
  ak: publicArea('TPM2B_PUBLIC of the AK.'),
  akParent: z.enum(['endorsement', 'ek', 'owner']),
  joinToken: z.optional(z.string().check(z.maxLength(200))),
  replaces: z.optional(Id.check(z.describe('Host this machine was before its EK changed: a hint for who approves.'))),
  hints: z.optional(Hints),
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;

/** Answer, 201. */
export const EnrolResponse = z.strictObject({
  enrolment: Id,
  credential: z.strictObject({
    idObject: base64url('TPM2B_ID_OBJECT'),
    encryptedSecret: base64url('TPM2B_ENCRYPTED_SECRET'),
  }),
  expiresAt: time('The credential can be answered until then.'),
});
export type EnrolResponse = z.infer<typeof EnrolResponse>;

/** `POST /v1/enrol/{enrolment}/activate`. */
export const ActivateRequest = z.strictObject({
  secret: base64url('What TPM2_ActivateCredential gave.').check(z.maxLength(86)),
  hostKey: z.optional(
    z.strictObject({
      public: publicArea('TPM2B_PUBLIC of the host’s signing key.'),
      attest: base64url('TPMS_ATTEST of TPM2_Certify by the AK.').check(z.maxLength(1400)),
      signature: base64url('TPMT_SIGNATURE').check(z.maxLength(1400)),
    }),
  ),
});
export type ActivateRequest = z.infer<typeof ActivateRequest>;

/** Answer of activation (200 or 202) and of `GET /v1/enrol/{enrolment}`. */
export const EnrolmentState = z.strictObject({
  state: z.enum(['challenged', 'pending', 'enrolled', 'refused', 'expired']),
  host: z.nullable(Id.check(z.describe('Id of the host; null before activation and when refused.'))),
});
export type EnrolmentState = z.infer<typeof EnrolmentState>;

/** What the service has of a host's logs in this boot. */
export const KeptLogs = z.strictObject({
  firmware: z.nullable(contentId('The firmware log sent last.')),
  systemd: z.nullable(contentId('The log of systemd sent last.')),
  ima: z.nullable(
    z.strictObject({
      id: contentId('The part of the runtime list that is acknowledged.'),
      entries: z.number(),
      bytes: z.number(),
    }),
  ),
});
export type KeptLogs = z.infer<typeof KeptLogs>;

/** `POST /v1/hosts/{host}/challenge`. */
export const ChallengeRequest = z.strictObject({});

/** Answer, 201. */
export const ChallengeResponse = z.strictObject({
  nonce: base64url('32 bytes.'),
  expiresAt: time('After that the nonce is worth nothing.'),
  selection: z.string().check(z.describe('What the quote must sign: sha256:0-15.')),
  ak: z.string().check(z.describe('Name of the AK that must sign, hexadecimal.')),
  rule: z.enum(['assay-quote-1']),
  logs: KeptLogs,
});
export type ChallengeResponse = z.infer<typeof ChallengeResponse>;

/** `POST /v1/hosts/{host}/evidence-parts`. */
export const EvidencePart = z.strictObject({
  nonce: base64url('Of the challenge.').check(z.minLength(43), z.maxLength(43)),
  expiresAt: time('Of the challenge, as it came.'),
  grant: base64url('Of the problem evidence.logs-missing.').check(z.maxLength(43)),
  index: z
    .number()
    .check(z.int(), z.minimum(0), z.maximum(MAX_PARTS - 1), z.describe('Place of the part, counted from 0.')),
  bytes: base64url('What the runtime list has there.').check(z.maxLength(Math.ceil((MAX_PART_BYTES * 4) / 3))),
});
export type EvidencePart = z.infer<typeof EvidencePart>;

/** `POST /v1/hosts/{host}/evidence`. */
export const EvidenceRequest = z.strictObject({
  nonce: base64url('Of the challenge.').check(z.minLength(43), z.maxLength(43)),
  expiresAt: time('Of the challenge, as it came.'),
  bundle: z.unknown(),
});

/** The same, as a program writes it. */
export interface EvidenceMessage {
  readonly nonce: string;
  readonly expiresAt: string;
  /** JSON form of the evidence bundle */
  readonly bundle: unknown;
}

/** Answer, 200. */
export const EvidenceResponse = z.strictObject({
  result: z.string().check(z.describe('The EAR: a JWT signed with ES256.')),
  verdict: z.enum(['trusted', 'untrusted', 'unproven']),
  weakestLink: z.nullable(z.string()),
  nextAttestationSeconds: z.number(),
  logs: KeptLogs,
});
export type EvidenceResponse = z.infer<typeof EvidenceResponse>;
