/**
 * `appraise`: evidence, policy, references, expectations and a time in, a verdict on every link of the chain out. Pure and
 * synchronous: the same input gives the same document, with and without a cache.
 */

import { EvidenceError, PolicyError } from '../bytes/errors.ts';
import { checkById } from '../checks/catalogue.ts';
import { matchImage, type ImageMatch } from '../checks/image-match.ts';
import type { CheckContext, Outcome } from '../checks/model.ts';
import type { References } from '../checks/references.ts';
import { Facts } from '../facts/facts.ts';
import type { PlannedCheck, ResolvedPolicy } from '../policy/resolve.ts';
import { digestHex } from '../bytes/hash.ts';
import { readAkPin } from '../tpm/key.ts';
import { authenticate, pinsOf, type Authenticated } from './authenticate.ts';
import { cached, type AppraisalCache } from './cache.ts';
import { fold, type Asked } from './fold.ts';
import { gatherFacts, partIds } from './gather.ts';
import { FOUNDATION } from './links.ts';
import type { Appraisal, AppraisalInput } from './model.ts';

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
  const authenticated = authenticate(
    evidence,
    { pins, challenge: challenge ?? null, selection: references.selection },
    (bytes) => cached(cache, `ak/${digestHex('sha256', bytes)}`, () => readAkPin(bytes)),
  );

  const asked = new Map<PlannedCheck, Outcome | null>(policy.plan.map((planned) => [planned, null]));
  let facts = new Facts(authenticated.facts, authenticated.bank);
  let image: ImageMatch = { manifest: null, differences: [], commandLine: null };
  const ask = (...links: readonly string[]) => {
    for (const planned of policy.plan) {
      if (links.includes(linkOf(planned)) && policy.excluded[linkOf(planned)] === undefined) {
        asked.set(planned, evaluate(planned, { facts, references, image }));
      }
    }
  };
  const allYes = (...links: readonly string[]) =>
    policy.plan.every((planned) => !links.includes(linkOf(planned)) || asked.get(planned)?.answer === 'yes');

  ask('identity');
  if (authenticated.accepted) ask('quote');
  if (allYes('quote') && isVerified(authenticated)) {
    facts = gatherFacts(authenticated.facts, evidence, authenticated.quoted, authenticated.bank, cache);
    ask('log');
    if (allYes(...FOUNDATION)) {
      image = matchImage(facts, policy.manifests, authenticated.bank);
      ask('firmware', 'secure-boot', 'boot', 'runtime', 'hypervisor');
    }
  }

  const outcomes = [...asked].map(([planned, outcome]): Asked => ({ planned, outcome }));
  const { verdict, weakestLink, links, caps } = fold(outcomes, policy);
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

function isVerified(
  authenticated: Authenticated,
): authenticated is Authenticated & {
  quoted: NonNullable<Authenticated['quoted']>;
  bank: NonNullable<Authenticated['bank']>;
} {
  return authenticated.quoted !== null && authenticated.bank !== null;
}

function linkOf(planned: PlannedCheck) {
  const check = checkById(planned.check);
  if (check === undefined) throw new PolicyError('policy.unknown-check', `there is no check ${planned.check}`);
  return check.link;
}

/** Asks one check; a check that reads a PCR which is not quoted or does not replay is not asked. */
function evaluate(planned: PlannedCheck, context: Omit<CheckContext<never>, 'parameters'>): Outcome | null {
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
    sets: policy.references.filter(current),
    expired: policy.references.filter((set) => !current(set)).map((set) => set.name),
    selection: challenge?.selection ?? policy.selection,
    prior: prior ?? null,
  };
}
