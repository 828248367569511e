/** Fields that many requests and answers have. */

import * as z from 'zod/mini';

export const Uuid = z
  .string()
  .check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID'));

/** A time in an answer. */
export const time = (description: string) => z.string().check(z.describe(`${description} RFC 3339, UTC.`));

/** Words of people for people: one line, nothing invisible. */
export const words = (most: number, description: string) =>
  z
    .string()
    .check(
      z.minLength(1),
      z.maxLength(most),
      z.regex(/^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'must be one line of visible characters'),
      z.describe(description),
    );

/** Why something is changed. */
export const Reason = words(500, 'Why, for the record of changes.');
