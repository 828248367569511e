/**
 * `appraise`: evidence, policy, references, expectations and a time in, a verdict on every link of the chain out. Pure and
 * synchronous: the same input gives the same document, with and without a cache.
 */

import { contentId, type HashName } from '../bytes/hash.ts';
import { matchImage, NO_IMAGE, type ImageMatch } from '../checks/image-match.ts';
import { LINKS, type LinkId } from '../checks/model.ts';
import { stillForbidden, type References } from '../checks/references.ts';
import type { EvidenceBundle } from '../evidence/bundle.ts';
import { Facts } from '../facts/facts.ts';
import type { ResolvedPolicy } from '../policy/resolve.ts';
import { readAkPin } from '../tpm/key.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { parseSelection } from '../tpm/selection.ts';
import { allYes, ask } from './ask.ts';
import { authenticate, pinsOf, type Authenticated } from './authenticate.ts';
import { cached, type AppraisalCache } from './cache.ts';
import { draftLink, fold, type LinkDraft } from './fold.ts';
import { earlierList } from './earlier-list.ts';
import { factsKey, gatherFacts, partIds } from './gather.ts';
import { identify } from './identify.ts';
import { FOUNDATION } from './links.ts';
import type { Appraisal, AppraisalInput } from './model.ts';
import { planOf } from './plan.ts';

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
  const references = referencesOf(input);
  const inputs = partIds(evidence);
  const identified = input.enrolment === undefined ? null : identify(input.enrolment, input.trust, at, cache);
  const authenticated = authenticate(
    evidence,
    {
      pins: identified?.pins ?? (input.pins.length > 0 ? input.pins : pinsOf(policy.pins)),
      challenge: challenge ?? null,
      selection: cached(cache, `selection/${references.selection}`, () => parseSelection(references.selection)),
      banks: planOf(policy).banks,
      parentQualifiedName: identified?.parentQualifiedName,
    },
    (bytes) => {
      const id = bytes === evidence.ak ? inputs['ak'] : contentId(bytes);
      return cached(cache, `ak/${id}`, () => readAkPin(bytes));
    },
  );

  const own = identified === null ? authenticated.facts : [...identified.facts, ...authenticated.facts];
  const facts = new Facts(own, authenticated.bank);
  const context = { facts, references, image: NO_IMAGE };
  const identity = ask(policy, 'identity', context);
  const quote = ask(policy, 'quote', authenticated.accepted ? context : null);
  let logs: Judged | null = null;
  if (allYes(quote) && isVerified(authenticated)) {
    logs = judgeLogs(evidence, authenticated, policy, references, cache);
    // An AK that is accepted while its attributes are wrong or unknown leads to its logs, and to nothing that rests on them.
    if (!allYes(identity)) logs = { ...logs, image: NO_IMAGE, drafts: [logs.drafts[0]!, ...unasked(policy, LATER)] };
  }

  const drafts = [draftLink('identity', identity), draftLink('quote', quote)];
  drafts.push(...(logs?.drafts ?? unasked(policy, FROM_LOGS)));
  const { verdict, weakestLink, links, caps } = fold(drafts, policy);
  const { manifest, differences } = logs?.image ?? NO_IMAGE;
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
    facts: logs === null ? facts.list : [...facts.list, ...logs.facts.list],
    notCovered: NOT_COVERED,
    inputs,
  };
}

interface Verified {
  readonly quoted: QuotedPcrs;
  readonly bank: HashName;
}

function isVerified(authenticated: Authenticated): authenticated is Authenticated & Verified {
  return authenticated.quoted !== null && authenticated.bank !== null;
}

/** Link 3 and the links after it; these are asked about only when every check of link 3 is yes. */
interface Judged {
  /** the very policy they were judged under: its id alone would be the caller's word */
  readonly policy: ResolvedPolicy;
  readonly facts: Facts;
  readonly image: ImageMatch;
  readonly drafts: readonly LinkDraft[];
}

/**
 * Judges what the logs say. Kept by what their facts are made of, whether the list is an earlier one, the policy and the references that expired: nothing else of the
 * input, the time included, reaches these checks.
 */
function judgeLogs(
  evidence: EvidenceBundle,
  { quoted, bank }: Verified,
  policy: ResolvedPolicy,
  references: References,
  cache: AppraisalCache | undefined,
): Judged {
  const earlier = earlierList(evidence.imaLog, quoted.clockInfo, references.prior?.runtimeList);
  const source = factsKey(evidence, quoted, bank);
  const make = (): Judged => {
    const gathered = cached(cache, `facts/${source}`, () => gatherFacts(evidence, quoted, bank, cache));
    const facts = earlier === null ? gathered : new Facts([...gathered.list, earlier], bank, gathered.ima);
    const log = ask(policy, 'log', { facts, references, image: NO_IMAGE });
    if (!allYes(log)) {
      return { policy, facts, image: NO_IMAGE, drafts: [draftLink('log', log), ...unasked(policy, LATER)] };
    }
    const image = matchImage(facts, policy.manifests, bank);
    const later = LATER.map((link) => draftLink(link, ask(policy, link, { facts, references, image })));
    return { policy, facts, image, drafts: [draftLink('log', log), ...later] };
  };
  const expired = references.expired.map((set) => set.name).join();
  const judged = cached(cache, `judged/${source}/${earlier?.value.bytes ?? ''}/${policy.id}/${expired}`, make);
  return judged.policy === policy ? judged : make();
}

/** Links about which nothing is asked. */
function unasked(policy: ResolvedPolicy, links: readonly LinkId[]): readonly LinkDraft[] {
  return links.map((link) => draftLink(link, ask(policy, link, null)));
}

function referencesOf({ policy, challenge, prior, at }: AppraisalInput): References {
  const expired = policy.references.filter((set) => !(at < Date.parse(set.expiresAt)));
  return {
    manifests: policy.manifests,
    sets:
      expired.length === 0
        ? policy.references
        : policy.references.flatMap((set) => (expired.includes(set) ? stillForbidden(set) : [set])),
    expired,
    weak: [],
    selection: challenge?.selection ?? policy.selection,
    prior: prior ?? null,
  };
}
