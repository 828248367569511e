/** Schemas of requests and responses. What the OpenAPI document says is generated from them. */

import * as z from 'zod/mini';
import { hashSize, type HashName } from '../bytes/hash.ts';
import { LINKS } from '../checks/model.ts';
import { NONCE_BYTES } from './nonce.ts';

/** Binary in JSON. */
export const base64url = (description: string) =>
  z.string().check(z.regex(/^[A-Za-z0-9_-]*$/, 'must be base64url without padding'), z.describe(description));
/** Content by its digest. */
export const contentId = (description: string) =>
  z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256:<hex>'), z.describe(description));

const LogPart = z.union([
  base64url('The bytes of the log.'),
  z.strictObject({
    id: contentId('Digest of a log this verifier has of the same host.'),
    tail: z.optional(base64url('What was appended to that log since.')),
  }),
]);

const uuid = z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID'));
const logLength = (description: string) => z.nullable(z.number().check(z.int(), z.minimum(0), z.describe(description)));

const Claims = z.strictObject({
  bootId: uuid,
  hostKey: z.nullable(
    z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/, 'must be a JWK thumbprint'), z.describe('RFC 7638 thumbprint.')),
  ),
  guests: z.array(uuid).check(z.maxLength(4096)),
  hints: contentId('The hints in RFC 8785 form.'),
  firmwareLog: logLength('Bytes of the firmware log.'),
  imaLog: logLength('Bytes of the runtime list when the claims were made.'),
  systemdLog: logLength('Bytes of systemd’s log when the claims were made.'),
});

const pcrIndex = z.string().check(z.regex(/^(1?[0-9]|2[0-3])$/, 'must be 0 to 23'));
const bank = (name: HashName) => {
  const digits = hashSize(name) * 2;
  const value = z
    .string()
    .check(z.regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`), `must be ${digits} hexadecimal digits`));
  return z.optional(z.record(pcrIndex, value));
};

/**
 * The evidence bundle as documented to callers. The reader of `evidence/bundle.ts` decides; a test holds the two together.
 */
export const EvidenceBundle = z.strictObject({
  schema: z.literal('assay.evidence/1'),
  ak: z.optional(base64url('TPM2B_PUBLIC of the attestation key, as the host claims it. Judged against the pin set.')),
  quotes: z
    .array(
      z.strictObject({
        attest: base64url('TPMS_ATTEST'),
        signature: base64url('TPMT_SIGNATURE'),
        pcrs: z.strictObject({
          sha1: bank('sha1'),
          sha256: bank('sha256'),
          sha384: bank('sha384'),
          sha512: bank('sha512'),
        }),
      }),
    )
    .check(z.maxLength(8)),
  logs: z.optional(
    z.strictObject({ firmware: z.optional(LogPart), ima: z.optional(LogPart), systemd: z.optional(LogPart) }),
  ),
  claims: z.optional(Claims),
  hints: z.optional(z.record(z.string(), z.string())),
});

/** `POST /v1/appraise`. The caller gives what the evidence must answer; what it is judged against is the service's own. */
export const AppraiseRequest = z.strictObject({
  bundle: z.unknown(),
  nonce: base64url(`The nonce of the challenge, ${NONCE_BYTES.min} to ${NONCE_BYTES.max} bytes in base64url.`).check(
    z.minLength(Math.ceil((NONCE_BYTES.min * 4) / 3)),
    z.maxLength(Math.ceil((NONCE_BYTES.max * 4) / 3)),
  ),
  selection: z.optional(
    z
      .string()
      .check(
        z.maxLength(1024),
        z.describe('PCR selection of the challenge, as sha256:0-15. Default: that of the policy.'),
      ),
  ),
  policy: z
    .string()
    .check(z.minLength(1), z.maxLength(100), z.describe('Name of a policy this service was started with.')),
  host: z.optional(
    z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(255),
        z.describe(
          'Name of the host that was challenged: only its keys of the pin set count, so evidence relayed from another host breaks link 1. ' +
            'Without it any host of the pin set may answer, and sub says which did.',
        ),
      ),
  ),
});
export type AppraiseRequest = z.infer<typeof AppraiseRequest>;

const LinkName = z.enum(LINKS);

const ChainClaim = z.strictObject({
  verdict: z.enum(['trusted', 'untrusted', 'unproven']),
  weakestLink: z.nullable(LinkName),
  links: z.array(
    z.strictObject({
      link: LinkName,
      status: z.enum(['holds', 'broken', 'unproven', 'not-applicable']),
      findings: z.array(z.string()).check(z.describe('Finding codes.')),
    }),
  ),
  image: z.nullable(z.strictObject({ name: z.string(), version: z.string(), outdated: z.boolean() })),
  caps: z.array(z.string()).check(z.describe('Why the tier is at most warning.')),
  appraisal: contentId('SHA-256 of the appraisal document in RFC 8785 form.'),
});

/** The claims of the EAR that `POST /v1/appraise` returns signed. */
export const AttestationResult = z.strictObject({
  eat_profile: z.string(),
  iss: z.optional(z.string()),
  sub: z.optional(z.string().check(z.describe('host:<name>, for an enrolled host or one of the pin set.'))),
  cnf: z.optional(
    z
      .strictObject({
        jwk: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }),
      })
      .check(
        z.describe('RFC 7800: whoever presents the result proves to have this key, which lives in the host’s TPM.'),
      ),
  ),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  eat_nonce: z.string(),
  'ear.verifier-id': z.strictObject({ developer: z.string(), build: z.string() }),
  submods: z.strictObject({
    host: z.strictObject({
      'ear.status': z.enum(['affirming', 'warning', 'none', 'contraindicated']),
      'ear.trustworthiness-vector': z.strictObject({
        'instance-identity': z.number(),
        configuration: z.number(),
        executables: z.number(),
      }),
      'ear.appraisal-policy-id': contentId('The resolved policy.'),
      'assay.chain': ChainClaim,
    }),
  }),
});

/** `/.well-known/jwks.json` (RFC 7517). */
export const KeySet = z.strictObject({
  keys: z.array(
    z.strictObject({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      kid: z.string().check(z.describe('RFC 7638 thumbprint.')),
      alg: z.literal('ES256'),
      use: z.literal('sig'),
    }),
  ),
});

/** `/healthz`: the process answers. It says nothing of any host. */
export const Health = z.strictObject({ status: z.literal('ok') });

/** `/readyz`: requests are taken, under these policies. */
export const Readiness = z.strictObject({
  status: z.literal('ready'),
  policies: z.array(z.strictObject({ name: z.string(), version: z.string(), id: contentId('The resolved policy.') })),
});
