/** What is said about pinned endorsement keys. */

import * as z from 'zod/mini';
import { Reason, time, Uuid, words } from './fields.ts';

/** Pins that one request may bring. */
export const MOST_PINS = 1000;

/** By kind, what a value looks like: a name is the digest's algorithm and the digest (TPM 2.0 Part 1, clause 16). */
const VALUES = {
  'ek-name': /^(000b[0-9a-f]{64}|000c[0-9a-f]{96}|000d[0-9a-f]{128})$/,
  'ek-spki-sha256': /^[0-9a-f]{64}$/,
} as const;

const Kind = z
  .enum(['ek-name', 'ek-spki-sha256'])
  .check(z.describe('The EK’s name, or SHA-256 of its SubjectPublicKeyInfo.'));

const PinnedKey = z
  .strictObject({
    kind: Kind,
    value: z.string().check(z.maxLength(200), z.describe('Lower-case hexadecimal.')),
    name: words(100, 'Name of the host that will bring it.'),
    policy: words(200, 'Policy that the host is judged by; one that is loaded.'),
  })
  .check(z.refine(({ kind, value }) => VALUES[kind].test(value), { error: 'must be what kind says', path: ['value'] }));

/** `POST /v1/ek-pins`. */
export const NewEkPins = z.strictObject({
  pins: z.array(PinnedKey).check(z.minLength(1), z.maxLength(MOST_PINS)),
  reason: z.optional(Reason),
});
export type NewEkPins = z.infer<typeof NewEkPins>;

/** Answer of `POST /v1/ek-pins`, 201. */
export const EkPinsAdded = z.strictObject({
  ids: z.array(Uuid).check(z.describe('Of the pins, in the order of the request.')),
});
export type EkPinsAdded = z.infer<typeof EkPinsAdded>;

/** Answer of `GET /v1/ek-pins`. */
export const EkPinList = z.strictObject({
  pins: z.array(
    z.strictObject({
      id: Uuid,
      kind: Kind,
      value: z.string(),
      name: z.string(),
      policy: z.nullable(z.string()),
      createdBy: z.string().check(z.describe('As the actor of an event.')),
      createdAt: time('When it was added.'),
    }),
  ),
  next: z.nullable(Uuid).check(z.describe('`after` of the following page; null when this is the last one.')),
});
export type EkPinList = z.infer<typeof EkPinList>;
