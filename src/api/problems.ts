/** The closed table of HTTP problems (RFC 9457): a stable code, its status and title, and what the caller does about it. */

import * as z from 'zod/mini';

interface ProblemEntry {
  readonly status: number;
  readonly title: string;
  /** what the caller does next */
  readonly remedy: string;
}

const entries = {
  'request.content-type': {
    status: 415,
    title: 'The body is not application/json',
    remedy: 'Send JSON with the header Content-Type: application/json.',
  },
  'request.content-encoding': {
    status: 415,
    title: 'The body is encoded',
    remedy: 'Send the body as it is, without Content-Encoding.',
  },
  'request.not-acceptable': {
    status: 406,
    title: 'The result has another media type than the request accepts',
    remedy: 'Accept application/eat+jwt.',
  },
  'request.too-large': {
    status: 413,
    title: 'The body is larger than the limit',
    remedy: 'Send one evidence bundle per request, below the limit named in detail.',
  },
  'request.json': {
    status: 400,
    title: 'The body is not JSON',
    remedy: 'Send one JSON object in UTF-8, nested at most 64 deep.',
  },
  'request.invalid': {
    status: 400,
    title: 'The body does not follow the schema',
    remedy: 'See errors, each with a JSON pointer, and the schema in /openapi.json.',
  },
  'request.incomplete': {
    status: 400,
    title: 'The body ended early',
    remedy: 'Send the request again, whole.',
  },
  'request.timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    remedy: 'Send the headers and the body without long pauses.',
  },
  'request.headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    remedy: 'Send fewer or shorter headers.',
  },
  'request.malformed': {
    status: 400,
    title: 'The request is not HTTP as this service reads it',
    remedy: 'Check the path and the headers.',
  },
  'request.query': {
    status: 400,
    title: 'The query does not follow the description',
    remedy: 'See errors, and the parameters of the operation in /openapi.json.',
  },
  'auth.missing': {
    status: 401,
    title: 'No token was sent',
    remedy: 'Send a token of the service as Authorization: Bearer …; an administrator makes one.',
  },
  'auth.invalid': {
    status: 401,
    title: 'The token is not valid',
    remedy: 'It is unknown, expired or revoked. Ask an administrator for another one.',
  },
  'auth.role': {
    status: 403,
    title: 'The token’s role may not do this',
    remedy: 'Use a token of the role that detail names.',
  },
  'token.unknown': {
    status: 404,
    title: 'There is no such token that could be revoked',
    remedy: 'List the tokens; it may be revoked already.',
  },
  'token.last-admin': {
    status: 409,
    title: 'It is the last token of an administrator',
    remedy: 'Make another one first: without one nobody could make any.',
  },
  'join-token.unknown': {
    status: 404,
    title: 'There is no such join token that could be revoked',
    remedy: 'List the join tokens; it may be revoked already.',
  },
  'ek-pin.unknown': {
    status: 404,
    title: 'There is no such pin',
    remedy: 'List the pins; it may be removed already.',
  },
  'ek-pin.exists': {
    status: 409,
    title: 'An endorsement key is pinned already',
    remedy: 'Leave out the pin that errors names, or remove the older one first. None of the request was added.',
  },
  'trust-root.unknown': {
    status: 404,
    title: 'No such root is trusted',
    remedy: 'List the roots; it may be removed already.',
  },
  'trust-root.certificate': {
    status: 422,
    title: 'The certificate is none that could vouch for endorsement keys',
    remedy: 'Send a certificate of a CA in DER: the root that the maker of the TPM publishes.',
  },
  'trust-root.exists': {
    status: 409,
    title: 'The root is trusted already',
    remedy: 'Nothing is to be done; to change its class or name, remove it first.',
  },
  'crl.unknown': {
    status: 404,
    title: 'There is no such revocation list',
    remedy: 'List the revocation lists; it may be removed already.',
  },
  'crl.list': {
    status: 422,
    title: 'The revocation list cannot be used',
    remedy: 'Send a complete list of its issuer’s own in DER: no delta, indirect or partial one.',
  },
  'crl.exists': {
    status: 409,
    title: 'The revocation list is there already',
    remedy: 'Nothing is to be done.',
  },
  'appraisal.unknown': {
    status: 404,
    title: 'There is no such appraisal',
    remedy: 'Look up the id: `assay host show` lists the last appraisals of a host.',
  },
  'evidence.unreadable': {
    status: 400,
    title: 'The evidence bundle cannot be read',
    remedy: 'Send a bundle of the schema assay.evidence/1. A bundle that can be read is always answered with a result.',
  },
  'policy.unknown': {
    status: 422,
    title: 'No policy of that name is loaded',
    remedy: 'Name one of the policies this service was started with; /readyz lists them.',
  },
  'host.unknown': {
    status: 404,
    title: 'No such host is known',
    remedy: 'Correct the name or id; enrol the host, or add its attestation key to the policy’s pin set.',
  },
  'host.pending': {
    status: 403,
    title: 'Nobody has decided yet whether the host is ours',
    remedy: 'Wait, or have an operator approve the host.',
  },
  'host.no-policy': {
    status: 403,
    title: 'No policy applies to the host',
    remedy: 'Have an operator assign one; without a policy nothing is trusted.',
  },
  'host.retired': {
    status: 403,
    title: 'The host was taken out of service',
    remedy: 'Stop attesting. A machine that comes back is for an operator to decide about.',
  },
  'enrolment.key': {
    status: 422,
    title: 'A key of the enrolment is none that a host enrols with',
    remedy: 'Enrol with an EK of the TCG profile and a restricted, fixedTPM, fixedParent signing key as AK.',
  },
  'enrolment.certificate': {
    status: 422,
    title: 'The EK certificate is not one of this EK',
    remedy: 'Send the certificate that the TPM keeps for the EK it enrols with, or none.',
  },
  'enrolment.retired': {
    status: 403,
    title: 'The EK belongs to a host that was taken out of service',
    remedy: 'Have an operator decide about the machine.',
  },
  'enrolment.queue-full': {
    status: 503,
    title: 'Too many enrolments are open',
    remedy: 'Wait for the seconds in Retry-After; an operator may decide about those that wait.',
  },
  'enrolment.unknown': {
    status: 404,
    title: 'There is no such enrolment to answer',
    remedy: 'Begin again: an enrolment is answered once, and within minutes.',
  },
  'enrolment.refused': {
    status: 403,
    title: 'The enrolment is refused',
    remedy: 'See detail. Beginning again helps when the TPM answered for another key; otherwise ask the operator.',
  },
  'challenge.foreign': {
    status: 422,
    title: 'The challenge is not one that this service gave this host',
    remedy: 'Ask for a new challenge, and send it back as it came.',
  },
  'challenge.expired': {
    status: 410,
    title: 'The challenge has expired',
    remedy: 'Ask for a new challenge.',
  },
  'challenge.used': {
    status: 409,
    title: 'The challenge was answered before',
    remedy: 'Ask for a new challenge.',
  },
  'evidence.logs-missing': {
    status: 409,
    title: 'The evidence names logs that are not kept here',
    remedy:
      'Send the logs named in missing whole, for the same challenge; a runtime list that does not fit into a request in parts.',
  },
  'evidence.parts-full': {
    status: 503,
    title: 'No more parts of runtime lists are held at the moment',
    remedy: 'Wait for as long as Retry-After says, then attest again.',
  },
  'evidence.not-from-host': {
    status: 422,
    title: 'The evidence is not this host’s answer to this challenge',
    remedy:
      'Quote with the AK that the host enrolled, over the nonce and the claims of this challenge. Nothing was recorded of it.',
  },
  'route.unknown': {
    status: 404,
    title: 'There is nothing at this path',
    remedy: 'See /openapi.json for the paths.',
  },
  'route.method': {
    status: 405,
    title: 'The path does not take this method',
    remedy: 'See the Allow header.',
  },
  'service.rate': {
    status: 429,
    title: 'Too many requests',
    remedy: 'Wait for the seconds in Retry-After.',
  },
  'service.busy': {
    status: 503,
    title: 'Too much at once',
    remedy: 'Wait for the seconds in Retry-After.',
  },
  'service.database': {
    status: 503,
    title: 'The database does not answer',
    remedy: 'Wait, or look at the log of the service and at the database.',
  },
  'service.stopping': {
    status: 503,
    title: 'The service is shutting down',
    remedy: 'Send the request to another instance, or again after the restart.',
  },
  'service.internal': {
    status: 500,
    title: 'The service failed',
    remedy:
      'This says nothing about the host. Report the id in instance: the log of the service has the cause under it.',
  },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof entries;

/** Every problem by its code. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemEntry>> = entries;

/** `application/problem+json` as this service writes it. */
export const Problem = z.strictObject({
  type: z.string().check(z.describe('urn:assay:problem:<code>')),
  title: z.string(),
  status: z.number(),
  code: z.enum(Object.keys(entries) as [ProblemCode, ...ProblemCode[]]).check(z.describe('Stable; safe to branch on.')),
  detail: z.string().check(z.describe('What was found, and where.')),
  remedy: z.string().check(z.describe('What to do next.')),
  instance: z.string().check(z.describe('urn:uuid of this request, as the log of the service has it.')),
  missing: z.optional(z.array(z.string()).check(z.describe('Content ids, with evidence.logs-missing.'))),
  grant: z.optional(
    z.string().check(z.describe('With evidence.logs-missing: lets the host send evidence parts for this challenge.')),
  ),
  errors: z.optional(
    z.array(z.strictObject({ pointer: z.string().check(z.describe('JSON pointer (RFC 6901)')), detail: z.string() })),
  ),
});
export type Problem = z.infer<typeof Problem>;

/** One place of the body that does not follow the schema. */
export type ProblemError = NonNullable<Problem['errors']>[number];

/**
 * A problem document.
 * @param requestId UUID of the request
 */
export function problem(
  code: ProblemCode,
  detail: string,
  requestId: string,
  {
    errors = [],
    missing = [],
    grant,
  }: {
    readonly errors?: readonly ProblemError[];
    readonly missing?: readonly string[];
    readonly grant?: string | undefined;
  } = {},
): Problem {
  const { status, title, remedy } = PROBLEMS[code];
  return {
    type: `urn:assay:problem:${code}`,
    title,
    status,
    code,
    detail,
    remedy,
    instance: `urn:uuid:${requestId}`,
    ...(missing.length > 0 && { missing: [...missing] }),
    ...(grant !== undefined && { grant }),
    ...(errors.length > 0 && { errors: [...errors] }),
  };
}
