/** The attestation result: an EAR (draft-ietf-rats-ear), which is a signed view of an appraisal. Claims only; no I/O. */

import { contentId } from '../bytes/hash.ts';
import { canonicalJson } from '../bytes/json.ts';
import { toBase64url } from '../bytes/text.ts';
import type { Appraisal, LinkStatus, Verdict } from '../chain/model.ts';
import type { LinkId } from '../checks/model.ts';
import type { PublicJwk } from './host.ts';
import { resultStatus, type ResultStatus } from './status.ts';
import { trustVector, type TrustVector } from './trust-vector.ts';

/** The profile deployed verifiers and relying parties read: claim names with dots, one policy id. */
const EAR_PROFILE = 'tag:github.com,2023:veraison/ear';

/** Media type of an EAR in a JWT (RFC 9782). */
export const EAR_MEDIA_TYPE = 'application/eat+jwt';

/** Who appraised (`ear.verifier-id`). */
export interface VerifierId {
  readonly developer: string;
  /** name and version of the software */
  readonly build: string;
}

/** The part of the appraisal a relying party reads beside the tier. It holds no fact and no text a host chose. */
export interface ChainClaim {
  readonly verdict: Verdict;
  readonly weakestLink: LinkId | null;
  readonly links: readonly {
    readonly link: LinkId;
    readonly status: LinkStatus;
    readonly findings: readonly string[];
  }[];
  /** the approved image found, and whether a newer one supersedes it */
  readonly image: Appraisal['image'];
  /** why the tier is at most `warning` */
  readonly caps: readonly string[];
  /** `sha256:<hex>` of the appraisal in RFC 8785 form */
  readonly appraisal: string;
}

interface EarSubmodule {
  readonly 'ear.status': ResultStatus;
  readonly 'ear.trustworthiness-vector': TrustVector;
  /** `sha256:<hex>` of the resolved policy */
  readonly 'ear.appraisal-policy-id': string;
  /** private claim of this verifier */
  readonly 'assay.chain': ChainClaim;
}

/** The claims set of one result; times are seconds since the epoch (RFC 7519, NumericDate). */
export interface EarClaims {
  readonly eat_profile: typeof EAR_PROFILE;
  readonly iss?: string;
  /** `host:<name>`, when the evidence was signed by a key that the host's enrolment or the policy's pin set gives to that host */
  readonly sub?: string;
  /** the key whose possession the holder of this result has to prove (RFC 7800) */
  readonly cnf?: { readonly jwk: PublicJwk };
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  /** the nonce of the challenge, base64url */
  readonly eat_nonce: string;
  readonly 'ear.verifier-id': VerifierId;
  readonly submods: { readonly host: EarSubmodule };
}

/** What the claims need beside the appraisal. */
export interface EarContext {
  readonly nonce: Uint8Array;
  /** how long the policy lets a verdict stand */
  readonly maxAgeSeconds: number;
  readonly host: string | null;
  /** the host's signing key, where the quote binds it */
  readonly confirmedKey?: PublicJwk | null;
  readonly verifier: VerifierId;
  readonly issuer?: string;
  /** unique id of the token */
  readonly tokenId: string;
}

/** Content id of an appraisal: SHA-256 of its canonical form. */
export function appraisalId(appraisal: Appraisal): string {
  return contentId(new TextEncoder().encode(canonicalJson(appraisal)));
}

/**
 * The claims of one appraisal. `iat` is the time of the appraisal and `exp` lies at most the policy's age after it, so a
 * token never outlives what the policy grants to the evidence.
 */
export function earClaims(appraisal: Appraisal, context: EarContext): EarClaims {
  const issuedAt = Math.floor(Date.parse(appraisal.at) / 1000);
  return {
    eat_profile: EAR_PROFILE,
    ...(context.issuer !== undefined && { iss: context.issuer }),
    ...(context.host !== null && { sub: `host:${context.host}` }),
    ...(context.confirmedKey && { cnf: { jwk: context.confirmedKey } }),
    jti: context.tokenId,
    iat: issuedAt,
    exp: issuedAt + context.maxAgeSeconds,
    eat_nonce: toBase64url(context.nonce),
    'ear.verifier-id': context.verifier,
    submods: { host: submodule(appraisal) },
  };
}

function submodule(appraisal: Appraisal): EarSubmodule {
  return {
    'ear.status': resultStatus(appraisal),
    'ear.trustworthiness-vector': trustVector(appraisal.links),
    'ear.appraisal-policy-id': appraisal.policy.id,
    'assay.chain': {
      verdict: appraisal.verdict,
      weakestLink: appraisal.weakestLink,
      links: appraisal.links.map(({ link, status, findings }) => ({
        link,
        status,
        findings: [...new Set(findings.map((finding) => finding.code))],
      })),
      image: appraisal.image,
      caps: appraisal.caps,
      appraisal: appraisalId(appraisal),
    },
  };
}
