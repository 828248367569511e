/** What is said about the roots that vouch for endorsement keys. */

import * as z from 'zod/mini';
import { ROOT_CLASSES } from '../references/enrolment.ts';
import { Reason, time, words } from './fields.ts';
import { base64url } from './schemas.ts';

/** Characters of a certificate that is still read, in base64url. */
const MOST_CERTIFICATE = 60_000;

const Class = z
  .enum(ROOT_CLASSES)
  .check(
    z.describe(
      'What TPMs it vouches for: chips, TPMs in firmware, those of hypervisors, or a lab’s. A policy names the classes it takes.',
    ),
  );

/** `POST /v1/trust-roots`. */
export const NewTrustRoot = z.strictObject({
  certificate: base64url('The certificate of a CA: DER in base64url.').check(
    z.minLength(1),
    z.maxLength(MOST_CERTIFICATE),
  ),
  class: Class,
  name: words(200, 'What people call it.'),
  reason: z.optional(Reason),
});
export type NewTrustRoot = z.infer<typeof NewTrustRoot>;

/** A root as it is listed. */
const TrustRoot = z.strictObject({
  id: z.string().check(z.describe('`sha256:` and the digest of the certificate.')),
  class: Class,
  name: z.string(),
  addedBy: z.string().check(z.describe('As the actor of an event.')),
  addedAt: time('When it was added.'),
});
export type TrustRoot = z.infer<typeof TrustRoot>;

/** Answer of `GET /v1/trust-roots`. */
export const TrustRootList = z.strictObject({ trustRoots: z.array(TrustRoot) });
export type TrustRootList = z.infer<typeof TrustRootList>;

/** Answer of `POST /v1/trust-roots`, 201, and of `GET /v1/trust-roots/{id}`. */
export const TrustRootDetail = z.extend(TrustRoot, {
  subject: z.string().check(z.describe('For people (RFC 4514).')),
  issuer: z.string(),
  serialNumber: z.string().check(z.describe('Hexadecimal.')),
  notBefore: time('It is valid from then on.'),
  notAfter: time('It is valid until then.'),
  certificate: z.string().check(z.describe('DER in base64url.')),
});
export type TrustRootDetail = z.infer<typeof TrustRootDetail>;
