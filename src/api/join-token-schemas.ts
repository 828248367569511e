/** What is said about join tokens. */

import * as z from 'zod/mini';
import { Reason, time, Uuid, words } from './fields.ts';

/** How long a join token may live, and lives when nobody says how long: it is for one afternoon of one rack. */
export const JOIN_TOKEN_LIFE = { mostDays: 366, mostHours: 1000, defaultHours: 24 } as const;

/** Hosts that one join token may bring. */
const MOST_USES = 10_000;

/** A whole number from 1. */
const count = (most: number, description: string) =>
  z.number().check(z.int(), z.minimum(1), z.maximum(most), z.describe(description));

/** `POST /v1/join-tokens`. */
export const NewJoinToken = z
  .strictObject({
    name: words(100, 'What it is for; part of the names of the hosts it brings.'),
    policy: words(200, 'Policy that the hosts are judged by; one that is loaded.'),
    maxUses: z.optional(count(MOST_USES, 'Hosts it may bring. Default 1.')),
    days: z.optional(count(JOIN_TOKEN_LIFE.mostDays, 'Days until it expires.')),
    hours: z.optional(
      count(
        JOIN_TOKEN_LIFE.mostHours,
        `Hours until it expires, in place of days. Default ${JOIN_TOKEN_LIFE.defaultHours}.`,
      ),
    ),
    reason: z.optional(Reason),
  })
  .check(
    z.refine(({ days, hours }) => days === undefined || hours === undefined, {
      error: 'give days or hours, not both',
      path: ['hours'],
    }),
  );
export type NewJoinToken = z.infer<typeof NewJoinToken>;

/** A join token as it is shown. */
const JoinToken = z.strictObject({
  id: Uuid,
  name: z.string(),
  policy: z.nullable(z.string()),
  uses: z.number().check(z.int(), z.describe('Hosts it has brought.')),
  maxUses: z.number().check(z.int()),
  createdBy: z.string().check(z.describe('As the actor of an event.')),
  createdAt: time('When it was made.'),
  expiresAt: time('It brings nobody from then on.'),
  revokedAt: z.nullable(time('When it was revoked.')),
});
export type JoinToken = z.infer<typeof JoinToken>;

/** Answer of `POST /v1/join-tokens`, 201. */
export const JoinTokenCreated = z.strictObject({
  id: Uuid,
  token: z.string().check(z.describe('The text, for the agents of the hosts. It is not kept.')),
  name: z.string(),
  policy: z.string(),
  maxUses: z.number().check(z.int()),
  expiresAt: time('It brings nobody from then on.'),
});
export type JoinTokenCreated = z.infer<typeof JoinTokenCreated>;

/** Answer of `GET /v1/join-tokens`. */
export const JoinTokenList = z.strictObject({ joinTokens: z.array(JoinToken) });
export type JoinTokenList = z.infer<typeof JoinTokenList>;
