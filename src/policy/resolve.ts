/** Resolves the names of a policy document to content. What comes out is plain data, named by its content id. */

import { PolicyError } from '../bytes/errors.ts';
import { contentId } from '../bytes/hash.ts';
import { canonicalJson } from '../bytes/json.ts';
import { CATALOGUE, checkById } from '../checks/catalogue.ts';
import { INTRINSIC, type AnyCheck, type LinkId } from '../checks/model.ts';
import type { ImageManifest } from '../references/manifest.ts';
import type { PinSet, ReferenceSet } from '../references/reference-set.ts';
import { parseDocument, type Basis } from '../references/schema.ts';
import { parseSelection } from '../tpm/selection.ts';
import { minimumBases } from './basis.ts';
import { AnyOf, type PolicyDocument } from './document.ts';

/** Trusted documents by name, as the operator's catalogue holds them. */
export interface Catalogue {
  readonly manifests: ReadonlyMap<string, ImageManifest>;
  readonly references: ReadonlyMap<string, ReferenceSet>;
  readonly pins: ReadonlyMap<string, PinSet>;
}

/** A check to run, with its validated parameters. */
export interface PlannedCheck {
  readonly check: string;
  readonly parameters: unknown;
  /** sets of parameters, any of which may answer the check; `parameters` is then the first */
  readonly anyOf?: readonly unknown[];
  /** least basis of the values it takes; absent: any */
  readonly minimumBasis?: Basis;
  /** the policy takes the check out of what its link requires */
  readonly accepted?: { readonly reason: string; readonly owner: string };
}

/** A policy with the content its names stand for: all that an appraisal needs of it. */
export interface ResolvedPolicy {
  readonly name: string;
  readonly version: string;
  /** `sha256:<hex>` of the canonical form of everything else here */
  readonly id: string;
  readonly selection: string;
  readonly maxAgeSeconds: number;
  readonly manifests: readonly ImageManifest[];
  readonly references: readonly ReferenceSet[];
  readonly pins: PinSet | null;
  readonly plan: readonly PlannedCheck[];
  readonly excluded: Readonly<Partial<Record<LinkId, string>>>;
}

function named<T>(map: ReadonlyMap<string, T>, name: string, kind: string): T {
  const found = map.get(name);
  if (found !== undefined) return found;
  const known = [...map.keys()].join(', ') || 'none';
  throw new PolicyError(
    'policy.unknown-name',
    `the policy names the ${kind} ${name}, which the catalogue lacks (it has: ${known})`,
  );
}

/**
 * @throws PolicyError `policy.unknown-name`, `policy.unknown-check`, `policy.parameters`, `policy.intrinsic`,
 *   `policy.selection`
 */
export function resolvePolicy(document: PolicyDocument, catalogue: Catalogue): ResolvedPolicy {
  try {
    parseSelection(document.selection);
  } catch (cause) {
    throw new PolicyError('policy.selection', `selection: ${(cause as Error).message}`);
  }
  const content = {
    name: document.name,
    version: document.version,
    selection: document.selection,
    maxAgeSeconds: document.maxAgeSeconds,
    manifests: document.manifests.map((name) => named(catalogue.manifests, name, 'manifest')),
    references: document.references.map((name) => named(catalogue.references, name, 'reference set')),
    pins: document.pins === undefined ? null : named(catalogue.pins, document.pins, 'pin set'),
    plan: plan(document),
    excluded: excluded(document),
  };
  return { ...content, id: contentId(new TextEncoder().encode(canonicalJson(content))) };
}

function excluded(document: PolicyDocument): Partial<Record<LinkId, string>> {
  return Object.fromEntries(Object.entries(document.exclude ?? {}).map(([link, entry]) => [link, entry.reason]));
}

function plan(document: PolicyDocument): PlannedCheck[] {
  const basisOf = minimumBases(document.minimumBasis ?? {});
  const asked = new Map(Object.entries(document.checks ?? {}));
  for (const id of asked.keys()) requireCheck(id);
  const accepted = new Map((document.accept ?? []).map((entry) => [entry.check, entry]));
  for (const id of accepted.keys()) {
    if (INTRINSIC.includes(requireCheck(id).link)) {
      throw new PolicyError(
        'policy.intrinsic',
        `the check ${id} belongs to links 1 to 3, which no policy switches off`,
      );
    }
  }
  return CATALOGUE.filter((check) => check.required || asked.has(check.id)).map((check) => {
    const entry = accepted.get(check.id);
    return {
      check: check.id,
      ...parametersOf(check, asked.get(check.id) ?? {}),
      ...basisOf(check),
      ...(entry !== undefined && { accepted: { reason: entry.reason, owner: entry.owner } }),
    };
  });
}

/** Alternatives are of later links only: what identity, quote and log ask is asked of every host alike. */
function parametersOf(
  check: AnyCheck,
  asked: Readonly<Record<string, unknown>>,
): Pick<PlannedCheck, 'parameters' | 'anyOf'> {
  const what = `checks.${check.id}`;
  const parse = (value: unknown, of: string): unknown =>
    parseDocument(check.parameters, value, 'policy.parameters', of);
  if (!('anyOf' in asked)) return { parameters: parse(asked, what) };
  if (INTRINSIC.includes(check.link)) {
    throw new PolicyError('policy.intrinsic', `${what}: checks of links 1 to 3 have no alternatives`);
  }
  const { anyOf } = parseDocument(AnyOf, asked, 'policy.parameters', what);
  const branches = anyOf.map((branch, i) => parse(branch, `${what}.anyOf.${i}`));
  return { parameters: branches[0], anyOf: branches };
}

function requireCheck(id: string) {
  const check = checkById(id);
  if (check === undefined)
    throw new PolicyError('policy.unknown-check', `there is no check ${id}; \`assay policy checks\` lists them`);
  return check;
}
