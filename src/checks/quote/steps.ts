/** How the checks of link 2 read the outcome of a step of the quote check, over every quote of the bundle. */

import type { Fact } from '../../facts/model.ts';
import type { Facts } from '../../facts/facts.ts';
import type { QuoteStepName } from '../../tpm/quote.ts';
import type { FindingCode } from '../codes.ts';
import type { CheckContext, Finding, Outcome } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';

/** Finding of each step that says no. */
const CODES: Readonly<Record<QuoteStepName, FindingCode>> = {
  signature: 'quote.signature',
  magic: 'quote.magic',
  type: 'quote.type',
  'qualified-signer': 'quote.qualified-signer',
  'extra-data': 'quote.challenge',
  selection: 'quote.selection',
  'pcr-digest': 'quote.pcr-digest',
};

/** Finding of each step that could not be judged; null: not judged is nothing against the quote. */
const UNANSWERED: Readonly<Record<QuoteStepName, FindingCode | null>> = {
  ...CODES,
  'qualified-signer': null,
  'extra-data': 'quote.challenge-unknown',
};

/** The outcome over all quotes: every one must say yes. */
export function judgeSteps(context: CheckContext<unknown>, step: QuoteStepName): Outcome {
  const { facts } = context;
  const outcomes = stepFacts(facts).filter((fact) => fact.subject === step);
  if (outcomes.length === 0) return unverified(facts);
  const refused = outcomes.filter((fact) => fact.value.answer === 'no');
  if (refused.length > 0) return no(refused.map((fact) => stepFinding(fact, CODES[step])));
  const unanswered = outcomes.filter((fact) => fact.value.answer === 'unknown');
  if (unanswered.length === 0) return yes();
  if (unanswered.some((fact) => !fact.value.reached)) return unverified(facts);
  const first = unanswered[0]!;
  const code = UNANSWERED[step];
  return code === null ? yes([`${step} not judged: ${first.value.observed}`]) : unknown([stepFinding(first, code)]);
}

function stepFacts(facts: Facts): readonly (Fact<'quote.step'> & { readonly subject: QuoteStepName })[] {
  return facts.all('quote.step') as readonly (Fact<'quote.step'> & { readonly subject: QuoteStepName })[];
}

function stepFinding(fact: Fact<'quote.step'>, code: FindingCode): Finding {
  const { expected, observed } = fact.value;
  return finding({ code, component: 'quote', expected, observed, at: placeOf(fact) });
}

/**
 * The outcome of a question that no verified quote is there to answer. It shows the cause, which is one for all such
 * questions: the quotes are missing, malformed, of several boots, or a step before says no.
 */
export function unverified(facts: Facts): Outcome {
  const quote = facts.single('quote', '');
  if (quote.state !== 'known') throw new Error('the appraisal states no quote fact');
  const { value } = quote.fact;
  const at = placeOf(quote.fact);
  const component = 'quote';
  switch (value.state) {
    case 'malformed': {
      const observed = `${value.code}: ${value.message}`;
      const expected = 'TPMS_ATTEST and TPMT_SIGNATURE';
      return no([finding({ code: 'quote.malformed', component, expected, observed, at })]);
    }
    case 'apart':
      return unknown([finding(apart(value.message, quote.fact))]);
    case 'missing':
      return unknown([finding({ code: 'quote.missing', component, expected: 'a quote', observed: 'none', at })]);
    case 'read': {
      const causes = stepFacts(facts).flatMap((fact) => {
        const { answer, reached } = fact.value;
        const code =
          answer === 'no' ? CODES[fact.subject] : answer === 'unknown' && reached ? UNANSWERED[fact.subject] : null;
        return code === null ? [] : [stepFinding(fact, code)];
      });
      return unknown(causes);
    }
  }
}

/** What the finding about quotes of several keys or boots says. */
export function apart(message: string, fact: Fact) {
  const expected = 'the same AK, resetCount and restartCount in all quotes';
  return { code: 'quote.joined', component: 'quote', expected, observed: message, at: placeOf(fact) } as const;
}
