/** A policy file, resolved with the catalogue it goes with, after the policies it extends. */

import { dirname, join, resolve } from 'node:path';
import { PolicyError } from '../bytes/errors.ts';
import { parsePolicyFile, type PolicyDocument } from '../policy/document.ts';
import { overlay, requireTighter } from '../policy/extend.ts';
import { resolvePolicy, type ResolvedPolicy } from '../policy/resolve.ts';
import { loadCatalogue } from './catalogue.ts';
import { readText } from './input.ts';

interface CatalogueChoice {
  /** `--catalogue` */
  readonly catalogue?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Loaded {
  readonly document: PolicyDocument;
  /** the catalogue its names were looked up in */
  readonly catalogue: string;
  readonly policy: ResolvedPolicy;
}

/** A policy that extends another may itself be extended, but nobody reads a longer chain. */
const MAX_BASES = 8;

/**
 * Reads and resolves a policy. Names are looked up in the catalogue of the option, else of ASSAY_CATALOGUE, else of the
 * policy's own `catalogue:` (relative to the file), else of the policy it extends, else in `catalogue/` beside the file.
 * @throws UsageError, PolicyError
 */
export function loadPolicy(path: string, choice: CatalogueChoice): ResolvedPolicy {
  return load(path, choice, []).policy;
}

/** @param derived files that extend this one, the nearest last */
function load(path: string, choice: CatalogueChoice, derived: readonly string[]): Loaded {
  const file = resolve(path);
  if (derived.includes(file)) throw new PolicyError('policy.extends', `${path}: the policy extends itself`);
  if (derived.length > MAX_BASES) throw new PolicyError('policy.extends', `${path}: more than ${MAX_BASES} bases`);
  const text = readText(path, 'policy');
  const stated = inFile(path, () => parsePolicyFile(text));
  if (!('extends' in stated)) return inFile(path, () => resolved(stated, catalogueOf(path, stated, choice)));
  const base = load(basePath(path, stated.extends), choice, [...derived, file]);
  return inFile(path, () => {
    const catalogue =
      stated.catalogue === undefined ? base.catalogue : catalogueOf(path, { catalogue: stated.catalogue }, choice);
    const loaded = resolved(overlay(base.document, stated), catalogue);
    requireTighter(base.policy, loaded.policy);
    return loaded;
  });
}

function resolved(document: PolicyDocument, catalogue: string): Loaded {
  return { document, catalogue, policy: resolvePolicy(document, loadCatalogue(catalogue, document)) };
}

/** A name is that of a file beside the policy; anything with a separator or an ending is a path from there. */
function basePath(path: string, base: string): string {
  const file = /^[a-z0-9_-]+$/.test(base) ? `${base}.yaml` : base;
  return resolve(dirname(path), file);
}

function catalogueOf(
  path: string,
  { catalogue: stated }: Pick<PolicyDocument, 'catalogue'>,
  { catalogue, env }: CatalogueChoice,
): string {
  const chosen = catalogue ?? env['ASSAY_CATALOGUE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (stated !== undefined) return resolve(dirname(path), stated);
  return join(dirname(path), 'catalogue');
}

/** Names the file in the message of a policy error. */
function inFile<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof PolicyError) throw new PolicyError(cause.code, `${path}: ${cause.message}`);
    throw cause;
  }
}
