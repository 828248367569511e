/**
 * `appraise`: evidence, policy, references, expectations and a time in, a verdict on every link of the chain out. Pure and
 * synchronous: the same input gives the same document, with and without a cache.
 */

import { EvidenceError, PolicyError } from '../bytes/errors.ts';
import { digestHex, type HashName } from '../bytes/hash.ts';
import { checkById } from '../checks/catalogue.ts';
import { matchImage, type ImageMatch } from '../checks/image-match.ts';
import { LINKS, type CheckContext, type LinkId, type Outcome } from '../checks/model.ts';
import type { References } from '../checks/references.ts';
import { Facts } from '../facts/facts.ts';
import type { PlannedCheck, ResolvedPolicy } from '../policy/resolve.ts';
import type { ReferenceSet } from '../references/reference-set.ts';
import { readAkPin } from '../tpm/key.ts';
import { parseSelection } from '../tpm/selection.ts';
import { authenticate, pinsOf, type Authenticated } from './authenticate.ts';
import { cached, type AppraisalCache } from './cache.ts';
import { draftLink, fold, type LinkDraft } from './fold.ts';
import { gatherFacts, partIds, type GatheredFacts } from './gather.ts';
import { FOUNDATION } from './links.ts';
import type { Appraisal, AppraisalInput } from './model.ts';

/** Links judged once links 1 to 3 hold. */
const LATER = LINKS.filter((link) => !FOUNDATION.includes(link));
/** Links judged by what the logs say. */
const FROM_LOGS: readonly LinkId[] = ['log', ...LATER];

/** What no verdict excludes (docs/threat-model.md says more). */
const NOT_COVERED: readonly string[] = [
  'a quote authenticates a TPM, not the connection it came over',
  'attacks on the bus or the reset line of a discrete TPM',
  'firmware that lies from the root of measurement',
  'exploitation of approved code',
  'what the measurement policy does not measure, and settings changed after boot',
];

/**
 * @throws PolicyError when the policy itself cannot be applied; an error of any other class is our own fault. Nothing the
 *   evidence holds makes it throw.
 */
export function appraise(input: AppraisalInput, cache?: AppraisalCache): Appraisal {
  const { evidence, policy, challenge, at } = input;
  const pins = input.pins.length > 0 ? input.pins : pinsOf(policy.pins);
  const references = referencesOf(input);
  const selectionOf = (text: string) => cached(cache, `selection/${text}`, () => parseSelection(text));
  const authenticated = authenticate(
    evidence,
    {
      pins,
      challenge: challenge ?? null,
      selection: selectionOf(references.selection),
      banks: new Set(selectionOf(policy.selection).keys()),
    },
    (bytes) => cached(cache, `ak/${digestHex('sha256', bytes)}`, () => readAkPin(bytes)),
  );

  const outcomes = new Map<PlannedCheck, Outcome | null>();
  let facts = new Facts(authenticated.facts, authenticated.bank);
  let image = NO_IMAGE;
  let later: readonly LinkDraft[] | undefined;
  ask(outcomes, policy, ['identity'], { facts, references, image });
  if (authenticated.accepted) ask(outcomes, policy, ['quote'], { facts, references, image });
  if (allYes(outcomes, policy, ['quote']) && isVerified(authenticated)) {
    const { quoted, bank } = authenticated;
    const gathered = gatherFacts(evidence, quoted, bank, cache);
    facts = new Facts(authenticated.facts, bank, gathered.facts.ima, gathered.facts);
    const judged = judgeLogs(gathered, bank, policy, references, cache);
    // An AK that is accepted while its attributes are wrong or unknown leads to its logs, and to nothing that rests on them.
    const identified = allYes(outcomes, policy, ['identity']);
    later = identified ? judged.drafts : [judged.drafts[0]!, ...draft(new Map(), policy, LATER)];
    if (identified) image = judged.image;
  }

  const drafts = [...draft(outcomes, policy, ['identity', 'quote']), ...(later ?? draft(new Map(), policy, FROM_LOGS))];
  const { verdict, weakestLink, links, caps } = fold(drafts, policy);
  const { manifest, differences } = image;
  return {
    schema: 'assay.appraisal/1',
    verdict,
    weakestLink,
    at: new Date(at).toISOString(),
    policy: { name: policy.name, id: policy.id },
    image:
      manifest === null || differences.length > 0
        ? null
        : { name: manifest.name, version: manifest.version, outdated: manifest.superseded === true },
    caps,
    bank: authenticated.bank,
    links,
    facts: facts.list,
    notCovered: NOT_COVERED,
    inputs: partIds(evidence),
  };
}

function isVerified(authenticated: Authenticated): authenticated is Authenticated & {
  quoted: NonNullable<Authenticated['quoted']>;
  bank: NonNullable<Authenticated['bank']>;
} {
  return authenticated.quoted !== null && authenticated.bank !== null;
}

const NO_IMAGE: ImageMatch = { manifest: null, differences: [], commandLine: null };

type Outcomes = Map<PlannedCheck, Outcome | null>;
type Asking = Omit<CheckContext<never>, 'parameters'>;

/** Link 3 and the links after it; these are asked about only when every check of link 3 is yes. */
interface Judged {
  /** the very policy they were judged under: its id alone would be the caller's word */
  readonly policy: ResolvedPolicy;
  readonly image: ImageMatch;
  readonly drafts: readonly LinkDraft[];
}

/**
 * Judges what the logs say. Kept by the facts' key, the policy and the references that expired: nothing else of the input, the
 * time included, reaches these checks.
 */
function judgeLogs(
  gathered: GatheredFacts,
  bank: HashName,
  policy: ResolvedPolicy,
  references: References,
  cache: AppraisalCache | undefined,
): Judged {
  const { facts, key } = gathered;
  const make = (): Judged => {
    const outcomes: Outcomes = new Map();
    ask(outcomes, policy, ['log'], { facts, references, image: NO_IMAGE });
    if (!allYes(outcomes, policy, ['log'])) {
      return { policy, image: NO_IMAGE, drafts: draft(outcomes, policy, FROM_LOGS) };
    }
    const image = matchImage(facts, policy.manifests, bank);
    ask(outcomes, policy, LATER, { facts, references, image });
    return { policy, image, drafts: draft(outcomes, policy, FROM_LOGS) };
  };
  const judged = cached(cache, `judged/${key}/${policy.id}/${references.expired.map((set) => set.name).join()}`, make);
  return judged.policy === policy ? judged : make();
}

/** Asks the planned checks of some links, but for those of a link that the policy excludes. */
function ask(outcomes: Outcomes, policy: ResolvedPolicy, links: readonly LinkId[], context: Asking): void {
  for (const link of links) {
    if (policy.excluded[link] !== undefined) continue;
    for (const planned of plannedFor(policy, link)) outcomes.set(planned, evaluate(planned, context));
  }
}

/** The links by their own checks; a check without an outcome was not asked. */
function draft(outcomes: Outcomes, policy: ResolvedPolicy, links: readonly LinkId[]): readonly LinkDraft[] {
  return links.map((link) =>
    draftLink(
      link,
      plannedFor(policy, link).map((planned) => ({ planned, outcome: outcomes.get(planned) ?? null })),
    ),
  );
}

function allYes(outcomes: Outcomes, policy: ResolvedPolicy, links: readonly LinkId[]): boolean {
  return links.every((link) => plannedFor(policy, link).every((planned) => outcomes.get(planned)?.answer === 'yes'));
}

const plans = new WeakMap<ResolvedPolicy, ReadonlyMap<LinkId, readonly PlannedCheck[]>>();

/** The planned checks of one link, sorted out once per policy. */
function plannedFor(policy: ResolvedPolicy, link: LinkId): readonly PlannedCheck[] {
  let plan = plans.get(policy);
  if (plan === undefined) {
    plan = new Map(LINKS.map((id) => [id, policy.plan.filter((planned) => linkOf(planned) === id)]));
    plans.set(policy, plan);
  }
  return plan.get(link)!;
}

function linkOf(planned: PlannedCheck) {
  const check = checkById(planned.check);
  if (check === undefined) throw new PolicyError('policy.unknown-check', `there is no check ${planned.check}`);
  return check.link;
}

/** Asks one check; a check that reads a PCR which is not quoted or does not replay is not asked. */
function evaluate(planned: PlannedCheck, context: Asking): Outcome | null {
  const check = checkById(planned.check)!;
  if (!check.pcrs.every((pcr) => context.facts.replays(pcr))) return null;
  try {
    return check.evaluate({ ...context, parameters: planned.parameters as never });
  } catch (cause) {
    // Evidence is judged through facts, which hold no unread bytes: a format error here is a mistake of ours.
    if (cause instanceof EvidenceError) throw new Error(`check ${planned.check} met unread evidence`, { cause });
    throw cause;
  }
}

function referencesOf({ policy, challenge, prior, at }: AppraisalInput): References {
  const current = (set: ResolvedPolicy['references'][number]) => at < Date.parse(set.expiresAt);
  return {
    manifests: policy.manifests,
    sets: policy.references.flatMap((set) => (current(set) ? [set] : stillForbidden(set))),
    expired: policy.references.filter((set) => !current(set)),
    selection: challenge?.selection ?? policy.selection,
    prior: prior ?? null,
  };
}

/** What a set still says when it has expired: it vouches for nothing more, and what it forbids stays forbidden. */
function stillForbidden(set: ReferenceSet): readonly ReferenceSet[] {
  switch (set.kind) {
    case 'firmware':
      return [{ ...set, components: [] }];
    case 'dbx':
      return [set];
    case 'secure-boot-keys':
    case 'mok':
      return [];
  }
}
