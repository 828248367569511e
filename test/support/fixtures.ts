/** The captured machines, judged as the product judges them: bundle, context, the policy the context names, its catalogue. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '../../src/bytes/text.ts';
import { appraise } from '../../src/chain/appraise.ts';
import type { AppraisalCache } from '../../src/chain/cache.ts';
import type { Appraisal, AppraisalInput, LinkStatus } from '../../src/chain/model.ts';
import type { LinkId } from '../../src/checks/model.ts';
import { parseBundle, type EvidenceBundle } from '../../src/evidence/bundle.ts';
import { parsePolicy, type PolicyDocument } from '../../src/policy/document.ts';
import { resolvePolicy, type Catalogue, type ResolvedPolicy } from '../../src/policy/resolve.ts';
import { parseImageManifest } from '../../src/references/manifest.ts';
import { parsePinSet, parseReferenceSet } from '../../src/references/reference-set.ts';

export const ROOT = join(import.meta.dirname, '../..');

export interface FixtureContext {
  readonly nonce: string;
  readonly selection: string;
  readonly at: string;
  readonly ak: { readonly ecc: string; readonly rsa: string };
  readonly host: string;
  readonly policy: string;
}

export type BundleFile = 'bundle.json' | 'bundle-rsa.json';
export const BUNDLE_FILES: readonly BundleFile[] = ['bundle.json', 'bundle-rsa.json'];

/** Folder of a captured machine, by `<scenario>/<variant>`. */
export function fixtureFolder(name: string): string {
  return join(ROOT, 'fixtures', name);
}

export function readContext(name: string): FixtureContext {
  return JSON.parse(readFileSync(join(fixtureFolder(name), 'context.json'), 'utf8')) as FixtureContext;
}

export function readEvidence(name: string, file: BundleFile = 'bundle.json'): EvidenceBundle {
  return parseBundle(readFileSync(join(fixtureFolder(name), file), 'utf8'));
}

/** The documents of `fixtures/catalogue`, read once. */
export const catalogue: Catalogue = {
  manifests: documents('manifests', parseImageManifest),
  references: documents('references', parseReferenceSet),
  pins: documents('pins', parsePinSet),
};

function documents<T extends { readonly name: string }>(
  folder: string,
  parse: (value: unknown) => T,
): ReadonlyMap<string, T> {
  const path = join(ROOT, 'fixtures/catalogue', folder);
  return new Map(
    readdirSync(path).map((file) => {
      const document = parse(JSON.parse(readFileSync(join(path, file), 'utf8')));
      return [document.name, document];
    }),
  );
}

/** A policy document by its path from the root of the repository. */
export function readPolicy(path: string): PolicyDocument {
  return parsePolicy(readFileSync(join(ROOT, path), 'utf8'));
}

const resolved = new Map<string, ResolvedPolicy>();

export function policyAt(path: string): ResolvedPolicy {
  let policy = resolved.get(path);
  if (policy === undefined) resolved.set(path, (policy = resolvePolicy(readPolicy(path), catalogue)));
  return policy;
}

/** What `appraise` gets for a fixture; pins come from the policy's pin set, as at the service. */
export function inputOf(name: string, file: BundleFile = 'bundle.json'): AppraisalInput {
  const context = readContext(name);
  return {
    evidence: readEvidence(name, file),
    policy: policyAt(context.policy),
    pins: [],
    challenge: { nonce: fromHex(context.nonce), selection: context.selection },
    at: Date.parse(context.at),
  };
}

export function appraiseFixture(name: string, file?: BundleFile, cache?: AppraisalCache): Appraisal {
  return appraise(inputOf(name, file), cache);
}

export function statuses(appraisal: Appraisal): Readonly<Record<LinkId, LinkStatus>> {
  return Object.fromEntries(appraisal.links.map(({ link, status }) => [link, status])) as Record<LinkId, LinkStatus>;
}

/** The codes of all findings, each once, sorted. */
export function codes(appraisal: Appraisal): readonly string[] {
  return [
    ...new Set<string>(appraisal.links.flatMap((link) => link.findings.map((finding) => finding.code))),
  ].toSorted();
}
