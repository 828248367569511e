/** The policy document v1: names of trusted things and parameters for the checks. It contains no digest. */

import * as z from 'zod/mini';
import { parseDocument as parseYaml } from 'yaml';
import { PolicyError } from '../bytes/errors.ts';
import { Name, parseDocument } from '../references/schema.ts';

const Reason = z.string().check(z.minLength(8, 'a reason must say why, in at least 8 characters'));

/** Links a policy may exclude, each with a reason; 4 caps the result at `warning`, 5 is spared because images are approved by digest. */
const EXCLUDABLE = ['firmware', 'secure-boot', 'runtime', 'hypervisor'] as const;

/** Schema of `assay.policy/1`. */
export const PolicyDocument = z.strictObject({
  schema: z.literal('assay.policy/1'),
  name: Name,
  version: z.string(),
  description: z.optional(z.string()),
  /** Folder of manifests, references and pins, relative to this file; the command line may name another. */
  catalogue: z.optional(z.string()),
  /** PCR selection quotes must sign, as `sha256:0-15`. */
  selection: z.string(),
  /** How long a verdict stands, in seconds. */
  maxAgeSeconds: z.number().check(z.int(), z.minimum(60), z.maximum(7 * 24 * 3600)),
  /** Name of the pin set of this policy's hosts. */
  pins: z.optional(Name),
  manifests: z.array(Name).check(z.minLength(1, 'name at least one approved image manifest')),
  references: z.array(Name),
  /** Links left out, each with its reason. */
  exclude: z.optional(z.partialRecord(z.enum(EXCLUDABLE), z.strictObject({ reason: Reason }))),
  /** Parameters of checks, and optional checks added, by check id. */
  checks: z.optional(z.record(z.string(), z.record(z.string(), z.unknown()))),
  /** Checks not required here although their link needs them. Shown in every result; caps it at `warning`. */
  accept: z.optional(z.array(z.strictObject({ check: z.string(), reason: Reason, owner: z.string() }))),
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;

/** A policy is written by hand: 256 KiB is far beyond any. */
const MAX_POLICY_BYTES = 256 * 1024;

/** Reads YAML strictly: one document, unique keys, no unknown tags, no alias bombs. @throws PolicyError `policy.syntax` */
export function parseStrictYaml(text: string, what: string): unknown {
  if (text.length > MAX_POLICY_BYTES)
    throw new PolicyError('policy.syntax', `${what} is larger than ${MAX_POLICY_BYTES} bytes`);
  const document = parseYaml(text, { strict: true, uniqueKeys: true, version: '1.2' });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw new PolicyError('policy.syntax', `${what}: ${problem.message}`);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new PolicyError('policy.syntax', `${what}: ${(cause as Error).message}`);
  }
}

/** @throws PolicyError `policy.syntax`, `policy.invalid` */
export function parsePolicy(text: string): PolicyDocument {
  return parseDocument(PolicyDocument, parseStrictYaml(text, 'policy'), 'policy.invalid', 'policy');
}
