/** Building blocks shared by the documents an operator trusts: manifests, reference sets, pin sets. */

import en from 'zod/v4/locales/en.js';
import * as z from 'zod/mini';
import { PolicyError } from '../bytes/errors.ts';
import { hashSize, type HashName } from '../bytes/hash.ts';

function hex(bytes: number) {
  return z
    .string()
    .check(z.regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `must be ${bytes * 2} lower-case hexadecimal digits`));
}

/** SHA-256 as lower-case hexadecimal. */
export const Sha256 = hex(32);

/** One value's digests in every bank the builder could compute it for, at least one strong bank. */
export const Digests = z.strictObject({
  sha1: z.optional(hex(hashSize('sha1'))),
  sha256: hex(hashSize('sha256')),
  sha384: z.optional(hex(hashSize('sha384'))),
  sha512: z.optional(hex(hashSize('sha512'))),
});
export type Digests = z.infer<typeof Digests>;

/** The digest of a value in `bank`, or undefined when the document does not state it. */
export function digestIn(digests: Digests, bank: HashName): string | undefined {
  return digests[bank];
}

/** Given to every parse, so that a problem names the unknown key or the allowed values: the small library has no texts by itself. */
export const IN_WORDS = { error: en().localeError };

/** Names of documents and components: what a policy writes and a finding shows. */
export const Name = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'must be a lower-case name of letters, digits, dot, dash'));

/** RFC 3339 UTC time. */
export const Timestamp = z
  .string()
  .check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/, 'must be an RFC 3339 time in UTC'));

/** How a reference value came to be, best first. */
export const Basis = z.enum(['vendor-signed', 'computed-from-file', 'approved-capture']);
export type Basis = z.infer<typeof Basis>;

/** Whether a value of a basis counts where `minimum` is asked. */
export function isAtLeast(basis: Basis, minimum: Basis): boolean {
  return Basis.options.indexOf(basis) <= Basis.options.indexOf(minimum);
}

/**
 * Validates a document against its schema; every problem is in the message, with its path.
 * @throws PolicyError `<code>`
 */
export function parseDocument<S extends z.core.$ZodType>(
  schema: S,
  value: unknown,
  code: string,
  what: string,
): z.output<S> {
  const result = z.safeParse(schema, value, IN_WORDS);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || '(document)'}: ${issue.message}`);
  throw new PolicyError(code, `${what} is not valid: ${problems.join('; ')}`);
}
