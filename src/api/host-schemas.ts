/** What is said about hosts and the machines that want to become some. */

import * as z from 'zod/mini';
import { Reason, time, Uuid, words } from './fields.ts';

const Policy = z.string().check(z.maxLength(100), z.describe('Name of a policy that this service has loaded.'));
const Verdict = z.enum(['trusted', 'untrusted', 'unproven']);

/** A host as lists show it. */
const HostSummary = z.strictObject({
  id: Uuid,
  name: z.string(),
  policy: z.nullable(Policy),
  state: z.enum(['pending', 'active', 'retired']),
  standing: z
    .enum(['trusted', 'untrusted', 'unproven', 'stale', 'never'])
    .check(z.describe('What may be relied on now. Only `trusted` lets anybody in.')),
  weakestLink: z.nullable(z.string()),
  appraisedAt: z.nullable(time('When it was appraised last.')),
  attestedUntil: z.nullable(time('The last verdict stands until then.')),
  voided: z
    .nullable(z.strictObject({ at: time('When.'), why: z.string() }))
    .check(z.describe('What the last verdict rested on was taken back before its time; null: it was not.')),
  createdAt: time('When it was admitted.'),
});
export type HostSummary = z.infer<typeof HostSummary>;

/** Answer of `GET /v1/hosts`. */
export const HostList = z.strictObject({
  hosts: z.array(HostSummary),
  next: z.nullable(Uuid.check(z.describe('Give it as `after` for the following page; null on the last.'))),
});
export type HostList = z.infer<typeof HostList>;

/** Answer of `GET /v1/hosts/{host}`. */
export const HostDetail = z.strictObject({
  ...HostSummary.shape,
  ours: z.nullable(
    z.strictObject({ by: z.enum(['ek-pin', 'join-token', 'approval']), detail: z.nullable(z.string()) }),
  ),
  identities: z.array(
    z.strictObject({
      kind: z.string(),
      value: z.string(),
      state: z.enum(['active', 'retired']),
      since: time('Since.'),
    }),
  ),
  keys: z.array(
    z.strictObject({
      name: z.string().check(z.describe('TPM name, hexadecimal.')),
      role: z.enum(['ak', 'host-key']),
      parent: z.enum(['endorsement', 'ek', 'owner']),
      activatedAt: time('When it was proved.'),
      retired: z.boolean(),
    }),
  ),
  appraisals: z
    .array(
      z.strictObject({
        id: Uuid,
        at: time('Evidence time.'),
        verdict: Verdict,
        weakestLink: z.nullable(z.string()),
        document: z.string().check(z.describe('Content id of the appraisal document.')),
        resetCount: z.nullable(z.number()),
      }),
    )
    .check(z.describe('The last ten, the newest first.')),
});
export type HostDetail = z.infer<typeof HostDetail>;

/** `PATCH /v1/hosts/{host}`; what is left out stays. */
export const HostChange = z.strictObject({
  name: z.optional(words(100, 'What the operator calls it.')),
  policy: z.optional(z.nullable(Policy)),
  reason: z.optional(Reason),
});

/** An enrolment as an operator sees it. */
const EnrolmentSummary = z.strictObject({
  id: Uuid,
  state: z.enum(['challenged', 'pending', 'enrolled', 'refused', 'expired']),
  name: z.nullable(z.string().check(z.describe('What the machine calls itself: its own word.'))),
  ekName: z.string(),
  ekSpkiSha256: z.nullable(z.string()),
  akName: z.string(),
  genuine: z
    .unknown()
    .check(z.describe('Where its EK certificate led when it enrolled. It is judged anew at every attestation.')),
  replaces: z.nullable(z.string().check(z.describe('Host the machine says it was: its own word.'))),
  host: z.nullable(Uuid),
  createdAt: time('When it began.'),
  expiresAt: time('A decision is waited for until then.'),
});
export type EnrolmentSummary = z.infer<typeof EnrolmentSummary>;

/** Answer of `GET /v1/enrolments`. */
export const EnrolmentList = z.strictObject({ enrolments: z.array(EnrolmentSummary), next: z.nullable(Uuid) });
export type EnrolmentList = z.infer<typeof EnrolmentList>;

/** `POST /v1/enrolments/{enrolment}/decision`. */
export const EnrolmentDecision = z.strictObject({
  decision: z.enum(['approve', 'refuse']),
  name: z.optional(words(100, 'What to call the host; default: what the machine calls itself.')),
  policy: z.optional(Policy),
  replaces: z.optional(
    Uuid.check(z.describe('Host this machine is from now on: it keeps its history, and its old EK serves no more.')),
  ),
  reason: z.optional(Reason),
});

/** Answer, 200. */
export const EnrolmentDecided = z.strictObject({ host: z.nullable(Uuid) });
