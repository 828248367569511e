/** Asks the checks that a policy plans. */

import { EvidenceError } from '../bytes/errors.ts';
import type { AnyCheck, CheckContext, LinkId, Outcome } from '../checks/model.ts';
import type { PlannedCheck, ResolvedPolicy } from '../policy/resolve.ts';
import type { References } from '../checks/references.ts';
import { anyOf } from './any-of.ts';
import { askOfBasis } from './basis.ts';
import type { Asked } from './fold.ts';
import { planOf } from './plan.ts';

/** What a check is asked with, but for its own parameters. */
type Asking = Omit<CheckContext<never>, 'parameters'>;

/**
 * Asks the planned checks of one link.
 * @param context null where nothing leads there; then none is asked, nor of a link that the policy excludes
 */
export function ask(policy: ResolvedPolicy, link: LinkId, context: Asking | null): readonly Asked[] {
  const given = policy.excluded[link] === undefined ? context : null;
  return planOf(policy)
    .checks.get(link)!
    .map(({ planned, check }) => ({ planned, outcome: given === null ? null : evaluate(planned, check, given) }));
}

/** Whether every check was asked and says yes. */
export function allYes(asked: readonly Asked[]): boolean {
  return asked.every(({ outcome }) => outcome?.answer === 'yes');
}

/** Asks one check; a check that reads a PCR which is not quoted or does not replay is not asked. */
function evaluate(planned: PlannedCheck, check: AnyCheck, { facts, references, image }: Asking): Outcome | null {
  if (!check.pcrs.every((pcr) => facts.replays(pcr))) return null;
  const answer = (parameters: unknown): Outcome => {
    const given = (sets: References): Outcome =>
      check.evaluate({ facts, references: sets, image, parameters: parameters as never });
    const { minimumBasis } = planned;
    return minimumBasis === undefined ? given(references) : askOfBasis(check.link, minimumBasis, references, given);
  };
  try {
    return planned.anyOf === undefined ? answer(planned.parameters) : anyOf(planned.anyOf.map(answer));
  } catch (cause) {
    // Evidence is judged through facts, which hold no unread bytes: a format error here is a mistake of ours.
    if (cause instanceof EvidenceError) throw new Error(`check ${planned.check} met unread evidence`, { cause });
    throw cause;
  }
}
