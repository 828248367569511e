/** What is said about revocation lists. */

import * as z from 'zod/mini';
import { Reason, time } from './fields.ts';
import { base64url } from './schemas.ts';

/** Characters of a list that is still read, in base64url: 4 MiB of DER. */
const MOST_LIST = 5_600_000;

/** `POST /v1/crls`. */
export const NewCrl = z.strictObject({
  list: base64url('The list: DER in base64url.').check(z.minLength(1), z.maxLength(MOST_LIST)),
  reason: z.optional(Reason),
});
export type NewCrl = z.infer<typeof NewCrl>;

/** Answer of `POST /v1/crls`, 201, and a list among others. */
export const CrlDetail = z.strictObject({
  id: z.string().check(z.describe('`sha256:` and the digest of the list.')),
  issuer: z.string().check(z.describe('For people (RFC 4514).')),
  thisUpdate: time('When it was issued.'),
  nextUpdate: z.nullable(time('It is out of date from then on; null: it is never current.')),
  current: z.boolean().check(z.describe('Whether it is current now. Whom it lists is revoked all the same.')),
  revoked: z.number().check(z.describe('Certificates that it lists.')),
  addedBy: z.string().check(z.describe('As the actor of an event.')),
  addedAt: time('When it was added.'),
});
export type CrlDetail = z.infer<typeof CrlDetail>;

/** Answer of `GET /v1/crls`. */
export const CrlList = z.strictObject({
  crls: z.array(CrlDetail).check(z.describe('Of each issuer the newest first.')),
});
export type CrlList = z.infer<typeof CrlList>;
