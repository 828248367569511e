/** What is said about tokens. */

import * as z from 'zod/mini';
import { ROLES } from './access.ts';
import { Reason, time, Uuid, words } from './fields.ts';

/** Days that a token may live, and lives when nobody says how long. */
export const TOKEN_DAYS = { most: 366, default: 90 } as const;

const Role = z.enum(ROLES).check(z.describe('What the holder may do; each role may do what those before it may.'));

/** `POST /v1/tokens`. */
export const NewToken = z.strictObject({
  name: words(100, 'Who or what will hold it.'),
  role: Role,
  days: z.optional(
    z
      .number()
      .check(
        z.int(),
        z.minimum(1),
        z.maximum(TOKEN_DAYS.most),
        z.describe(`Days until it expires. Default ${TOKEN_DAYS.default}.`),
      ),
  ),
  reason: z.optional(Reason),
});
export type NewToken = z.infer<typeof NewToken>;

/** A token as it is shown. */
const Token = z.strictObject({
  id: Uuid,
  name: z.string(),
  role: Role,
  createdBy: z.string().check(z.describe('As the actor of an event.')),
  createdAt: time('When it was made.'),
  expiresAt: time('It is worth nothing from then on.'),
  revokedAt: z.nullable(time('When it was revoked.')),
  lastUsedAt: z.nullable(time('When it was last used, to the minute.')),
});
export type Token = z.infer<typeof Token>;

/** Answer of `POST /v1/tokens`, 201. */
export const TokenCreated = z.strictObject({
  id: Uuid,
  token: z.string().check(z.describe('The text, to be sent as `Authorization: Bearer …`. It is not kept.')),
  name: z.string(),
  role: Role,
  expiresAt: time('It is worth nothing from then on.'),
});
export type TokenCreated = z.infer<typeof TokenCreated>;

/** Answer of `GET /v1/tokens`. */
export const TokenList = z.strictObject({ tokens: z.array(Token) });
export type TokenList = z.infer<typeof TokenList>;
