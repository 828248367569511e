/** A resolved policy as it is kept: its content in RFC 8785 form, under its id. */

import * as z from 'zod/mini';
import { PolicyError } from '../bytes/errors.ts';
import { contentId } from '../bytes/hash.ts';
import { canonicalJson, parseJson } from '../bytes/json.ts';
import { checkById } from '../checks/catalogue.ts';
import { LINKS } from '../checks/model.ts';
import { parseImageManifest } from '../references/manifest.ts';
import { parsePinSet, parseReferenceSet } from '../references/reference-set.ts';
import { Basis, parseDocument } from '../references/schema.ts';
import type { ResolvedPolicy } from './resolve.ts';

const Content = z.strictObject({
  name: z.string(),
  version: z.string(),
  selection: z.string(),
  maxAgeSeconds: z.number(),
  manifests: z.array(z.unknown()),
  references: z.array(z.unknown()),
  pins: z.nullable(z.unknown()),
  plan: z.array(
    z.strictObject({
      check: z.string(),
      parameters: z.unknown(),
      anyOf: z.optional(z.array(z.unknown()).check(z.minLength(1))),
      minimumBasis: z.optional(Basis),
      accepted: z.optional(z.strictObject({ reason: z.string(), owner: z.string() })),
    }),
  ),
  excluded: z.partialRecord(z.enum(LINKS), z.string()),
});

/** The bytes that a policy is kept as; their content id is the policy's. */
export function writePolicy(policy: ResolvedPolicy): Uint8Array {
  const { id: _, ...content } = policy;
  return new TextEncoder().encode(canonicalJson(content));
}

/**
 * Reads what {@link writePolicy} wrote.
 * @throws PolicyError `policy.stored`, and as the documents' own parsers; EvidenceError `json.*`
 */
export function readPolicy(bytes: Uint8Array): ResolvedPolicy {
  const value = parseJson(new TextDecoder().decode(bytes));
  const content = parseDocument(Content, value, 'policy.stored', 'the resolved policy');
  content.manifests.forEach(parseImageManifest);
  content.references.forEach(parseReferenceSet);
  if (content.pins !== null) parsePinSet(content.pins);
  for (const { check: id, parameters, anyOf = [parameters] } of content.plan) {
    const check = checkById(id);
    if (check === undefined) throw new PolicyError('policy.stored', `this version has no check ${id}`);
    for (const branch of anyOf) parseDocument(check.parameters, branch, 'policy.stored', `parameters of ${id}`);
  }
  // Each part was read by its own schema; what counts is what was kept, not what a schema of today would make of it.
  return { ...(value as unknown as Omit<ResolvedPolicy, 'id'>), id: contentId(bytes) };
}
