/** How the checks of link 2 read the outcome of a step of the quote check, over every quote of the bundle. */

import type { CheckContext, Outcome } from '../model.ts';
import type { FindingCode } from '../codes.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';

interface StepCodes {
  readonly no: FindingCode;
  /** finding of a step that is not answered; absent: not answered is nothing against the quote */
  readonly unknown?: FindingCode;
}

/** The outcome over all quotes: every one must say yes. */
export function judgeSteps(context: CheckContext<unknown>, step: string, codes: StepCodes): Outcome {
  const facts = context.facts.all('quote.step').filter((fact) => fact.subject === step);
  if (facts.length === 0) return unreadable(context);
  const findings = facts
    .filter((fact) => fact.value.answer === 'no')
    .map((fact) =>
      finding({
        code: codes.no,
        component: 'quote',
        expected: fact.value.expected,
        observed: fact.value.observed,
        at: placeOf(fact),
      }),
    );
  if (findings.length > 0) return no(findings);
  const open = facts.filter((fact) => fact.value.answer === 'unknown');
  if (open.length === 0) return yes();
  const first = open[0]!;
  if (codes.unknown === undefined) return yes([`${step} not judged: ${first.value.observed}`]);
  const { expected, observed } = first.value;
  return unknown([finding({ code: codes.unknown, component: 'quote', expected, observed, at: placeOf(first) })]);
}

/** Without a step's fact the quotes are missing, malformed, or of several boots. */
function unreadable(context: CheckContext<unknown>): Outcome {
  const quote = context.facts.single('quote', '');
  if (quote.state !== 'known') throw new Error('the appraisal states no quote fact');
  const value = quote.fact.value;
  const at = placeOf(quote.fact);
  const component = 'quote';
  if (value.state === 'malformed') {
    const observed = `${value.code}: ${value.message}`;
    return no([
      finding({ code: 'quote.malformed', component, expected: 'TPMS_ATTEST and TPMT_SIGNATURE', observed, at }),
    ]);
  }
  return unknown([finding({ code: 'quote.missing', component, expected: 'a quote', observed: 'none', at })]);
}
