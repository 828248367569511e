/** What a policy asks, said in full: of each link, by which parameters and references, and what a host has to show for it. */

import { contentId } from '../bytes/hash.ts';
import { canonicalJson } from '../bytes/json.ts';
import { checkById } from '../checks/catalogue.ts';
import { LINKS, type AnyCheck, type LinkId } from '../checks/model.ts';
import type { ReferenceSet } from '../references/reference-set.ts';
import type { Basis } from '../references/schema.ts';
import { parseSelection } from '../tpm/selection.ts';
import type { PlannedCheck, ResolvedPolicy } from './resolve.ts';

/** A document that a check compares with, by its content. */
interface ExplainedDocument {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  /** content id of its canonical form */
  readonly id: string;
  /** bases of its values, the best first; of a manifest always the file */
  readonly bases: readonly Basis[];
  /** null: it does not expire */
  readonly expiresAt: string | null;
}

interface ExplainedCheck {
  readonly check: string;
  readonly question: string;
  /** sets of parameters, any of which may answer; one but for `anyOf` */
  readonly parameters: readonly unknown[];
  readonly minimumBasis: Basis | null;
  readonly references: readonly ExplainedDocument[];
  readonly hostShows: readonly string[];
  readonly accepted: NonNullable<PlannedCheck['accepted']> | null;
}

interface ExplainedLink {
  readonly link: LinkId;
  /** the policy's reason to leave the link out */
  readonly excluded: string | null;
  /** the approved images, where the link compares with them */
  readonly images: readonly ExplainedDocument[];
  readonly checks: readonly ExplainedCheck[];
}

/** Links whose checks compare with the manifest of the booted image. */
const OF_THE_IMAGE: readonly LinkId[] = ['secure-boot', 'boot', 'runtime', 'hypervisor'];

/** Every link in the order of the chain, with its checks in the order of the policy's plan. */
export function explainPolicy(policy: ResolvedPolicy): readonly ExplainedLink[] {
  const banks = [...parseSelection(policy.selection).keys()].join(' or ');
  const images = policy.manifests.map((manifest) =>
    explained({ ...manifest, expiresAt: null }, manifest, ['computed-from-file']),
  );
  const references = policy.references.map((set) => explained(set, set, basesOf(set)));
  const planned = policy.plan.map((entry) => ({ entry, check: checkById(entry.check)! }));
  return LINKS.map((link) => {
    const excluded = policy.excluded[link] ?? null;
    if (excluded !== null) return { link, excluded, images: [], checks: [] };
    return {
      link,
      excluded,
      images: OF_THE_IMAGE.includes(link) ? images : [],
      checks: planned
        .filter(({ check }) => check.link === link)
        .map(({ entry, check }) => ({
          check: check.id,
          question: check.question,
          parameters: entry.anyOf ?? [entry.parameters],
          minimumBasis: entry.minimumBasis ?? null,
          references: references.filter(({ kind }) => check.references?.some((own) => own === kind)),
          hostShows: hostShows(check, banks),
          accepted: entry.accepted ?? null,
        })),
    };
  });
}

function explained(
  { kind, name, version, expiresAt }: Omit<ExplainedDocument, 'id' | 'bases'>,
  content: unknown,
  bases: readonly Basis[],
): ExplainedDocument {
  return { kind, name, version, id: contentId(new TextEncoder().encode(canonicalJson(content))), bases, expiresAt };
}

function basesOf(set: ReferenceSet): readonly Basis[] {
  if (set.kind !== 'firmware') return [set.basis];
  const own = new Set(set.components.map(({ basis }) => basis));
  return BASES.filter((basis) => own.has(basis));
}

const BASES: readonly Basis[] = ['vendor-signed', 'computed-from-file', 'approved-capture'];

const OUTSIDE = {
  operator: 'a key that the operator pinned for it',
  enrolled: 'its enrolment with this service',
  reference: 'a chain to a trusted root',
} as const;

/** What the evidence of a host must hold for the check to be answered at all. */
function hostShows({ pcrs, accepts }: AnyCheck, banks: string): string[] {
  const shows: string[] = [];
  if (pcrs.length > 0) shows.push(`PCR ${pcrs.join(', ')} of ${banks}, quoted, and logs that replay to them`);
  else if (accepts.digest.includes('replayed')) shows.push('logs that replay to the quoted values');
  else if (accepts.digest.includes('quoted')) shows.push('a quote by its attestation key');
  if (accepts.data.length > 0 && !accepts.data.includes('hint')) shows.push('event data that the digests prove');
  const outside = accepts.outside.map((source) => OUTSIDE[source]);
  if (outside.length > 0) shows.push(outside.join(', or '));
  return shows;
}
