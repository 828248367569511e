/** What speaks against the EK of an enrolment by itself, without evidence: asked when roots or revocation lists change. */

import { NO_IMAGE } from '../checks/image-match.ts';
import type { Finding } from '../checks/model.ts';
import { Facts } from '../facts/facts.ts';
import type { ResolvedPolicy } from '../policy/resolve.ts';
import type { Enrolment, TrustStore } from '../references/enrolment.ts';
import { ask } from './ask.ts';
import type { AppraisalCache } from './cache.ts';
import { identify } from './identify.ts';

/** The one check that rests on roots and revocation lists, and on nothing that a host sends. */
const CHECK = 'identity.ek-genuine';

/**
 * Why an appraisal at that time would not find the EK's certificate genuine.
 * @param at epoch milliseconds
 * @returns null: it would
 */
export function ekObjection(
  enrolment: Enrolment,
  policy: ResolvedPolicy,
  trust: TrustStore,
  at: number,
  cache: AppraisalCache,
): Finding | null {
  const facts = new Facts(identify(enrolment, trust, at, cache).facts);
  const references = { manifests: [], sets: [], expired: [], weak: [], selection: policy.selection, prior: null };
  const alone = { ...policy, plan: policy.plan.filter(({ check }) => check === CHECK) };
  const { outcome } = ask(alone, 'identity', { facts, references, image: NO_IMAGE })[0]!;
  if (outcome === null) throw new Error(`${CHECK} was not asked`);
  // Of links 1 to 3 no policy accepts that a question has no answer.
  return outcome.answer === 'yes' ? null : outcome.findings[0]!;
}
