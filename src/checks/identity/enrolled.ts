/** What the checks of link 1 share: whether a pin stands in for the enrolment, and what to say when there is neither. */

import type { Facts } from '../../facts/facts.ts';
import type { Fact, FactName } from '../../facts/model.ts';
import type { Outcome } from '../model.ts';
import { unknown, yes } from '../outcome.ts';
import { pinFinding } from './ak-pinned.ts';

/** Whether an operator vouches for the AK itself, not the host's enrolment. */
export function pinnedByOperator(facts: Facts): boolean {
  const pin = facts.single('ak.pin', '');
  return pin.state === 'known' && pin.fact.value.state === 'pinned' && pin.fact.value.by !== 'enrolment';
}

/**
 * Asks about a fact of the enrolment. An AK that the operator pinned stands in for it (shown by identity.ak-pinned); without pin and
 * enrolment the cause is the missing key, one for all such questions.
 */
export function askEnrolled<N extends FactName>(facts: Facts, name: N, judge: (fact: Fact<N>) => Outcome): Outcome {
  const [fact] = facts.all(name);
  if (fact !== undefined) return judge(fact);
  if (pinnedByOperator(facts)) return yes();
  const missing = pinFinding(facts);
  if (missing === null) throw new Error(`an enrolled host has the fact ${name}`);
  return unknown([missing]);
}
