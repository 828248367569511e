/** The verifier's side of captured evidence: `context.json` beside a bundle. */

import { IN_WORDS } from '../references/schema.ts';
import * as z from 'zod/mini';
import { EvidenceError, UsageError } from '../bytes/errors.ts';
import { parseJson } from '../bytes/json.ts';
import { Timestamp } from '../references/schema.ts';
import { readText } from './input.ts';

const Context = z.strictObject({
  schema: z.literal('assay.context/1'),
  nonce: z.string(),
  selection: z.string(),
  at: Timestamp,
  /** public areas of the attestation keys, beside the context */
  ak: z.strictObject({ ecc: z.string(), rsa: z.string() }),
  host: z.string(),
  /** policy to judge by, relative to the root of the package */
  policy: z.optional(z.string()),
});

/** What the evidence must answer, when, and by which policy. */
type EvidenceContext = z.infer<typeof Context>;

/** @throws UsageError `context.invalid`, `input.unreadable` */
export function readContext(path: string): EvidenceContext {
  const text = readText(path, 'context');
  const remedy = 'capture the evidence again, or correct the file';
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    if (cause instanceof EvidenceError) throw new UsageError('context.invalid', `${path}: ${cause.message}`, remedy);
    throw cause;
  }
  const result = z.safeParse(Context, value, IN_WORDS);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  throw new UsageError('context.invalid', `${path}: ${first?.path.join('.')}: ${first?.message}`, remedy);
}
