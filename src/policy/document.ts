/** The policy document v1: names of trusted things and parameters for the checks. It contains no digest. */

import * as z from 'zod/mini';
import { parseDocument as parseYaml } from 'yaml';
import { PolicyError } from '../bytes/errors.ts';
import { Basis, Name, parseDocument } from '../references/schema.ts';

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
  /** Least basis of the reference values that a check takes, by check id, by link, or `all`; the most specific counts. */
  minimumBasis: z.optional(z.record(z.string(), Basis)),
  /** Links left out, each with its reason. */
  exclude: z.optional(z.partialRecord(z.enum(EXCLUDABLE), z.strictObject({ reason: Reason }))),
  /** Parameters of checks, and optional checks added, by check id. */
  checks: z.optional(z.record(z.string(), z.record(z.string(), z.unknown()))),
  /** Checks not required here although their link needs them. Shown in every result; caps it at `warning`. */
  accept: z.optional(z.array(z.strictObject({ check: z.string(), reason: Reason, owner: z.string() }))),
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;

/** A policy of more alternatives is one nobody reads; each is asked of every host. */
export const MAX_BRANCHES = 16;

/** Several sets of parameters for one check, any of which may answer it. */
export const AnyOf = z.strictObject({
  anyOf: z.array(z.unknown()).check(z.minLength(1, 'name at least one alternative'), z.maxLength(MAX_BRANCHES)),
});

/** A policy that states what it tightens of another; all else is the other's. */
export const DerivedPolicy = z.extend(
  z.partial(PolicyDocument, { selection: true, maxAgeSeconds: true, manifests: true, references: true }),
  /** name of the base, a file `NAME.yaml` beside this one, or its path from here */
  { extends: z.string().check(z.minLength(1), z.maxLength(1000)) },
);
export type DerivedPolicy = z.infer<typeof DerivedPolicy>;

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

/** A policy that stands by itself. @throws PolicyError `policy.syntax`, `policy.invalid` */
export function parsePolicy(text: string): PolicyDocument {
  return parseDocument(PolicyDocument, parseStrictYaml(text, 'policy'), 'policy.invalid', 'policy');
}

/** A policy that stands by itself, or one that extends another. @throws PolicyError `policy.syntax`, `policy.invalid` */
export function parsePolicyFile(text: string): PolicyDocument | DerivedPolicy {
  const value = parseStrictYaml(text, 'policy');
  const derived = typeof value === 'object' && value !== null && Object.hasOwn(value, 'extends');
  return parseDocument(derived ? DerivedPolicy : PolicyDocument, value, 'policy.invalid', 'policy');
}
