/** One check asked with several sets of parameters: the three-valued "or". */

import type { Answer, Finding, Outcome } from '../checks/model.ts';
import { no, unknown, yes } from '../checks/outcome.ts';

/**
 * Yes if any branch says yes; no only if all say no; otherwise unknown. What every branch found is kept, under its number: as findings
 * where the answer is not yes, else as notes.
 * @param branches outcomes in the order of the policy, at least one
 */
export function anyOf(branches: readonly Outcome[]): Outcome {
  const answer = disjunction(branches.map((branch) => branch.answer));
  const notes = branches.flatMap((branch, i) => branch.notes.map((note) => `${label(i)}: ${note}`));
  if (answer !== 'yes') return (answer === 'no' ? no : unknown)(labelled(branches), notes);
  const passed = branches.flatMap(({ answer: own, findings }, i) => [
    `${label(i)}: ${own}`,
    ...findings.map(({ code, component, observed }) => `${label(i)}: ${code}, ${component}: ${observed}`),
  ]);
  return yes([...passed, ...notes]);
}

function disjunction(answers: readonly Answer[]): Answer {
  if (answers.includes('yes')) return 'yes';
  return answers.length > 0 && answers.every((answer) => answer === 'no') ? 'no' : 'unknown';
}

function label(index: number): string {
  return `branch ${index + 1}`;
}

/** One thing that several branches found is one finding, which says what each of them expected. */
function labelled(branches: readonly Outcome[]): Finding[] {
  const found = new Map<string, Finding>();
  branches.forEach(({ findings }, i) => {
    for (const finding of findings) {
      const key = `${finding.fingerprint}/${JSON.stringify(finding.at)}`;
      const before = found.get(key);
      const expected = `${label(i)}: ${finding.expected}`;
      found.set(key, { ...finding, expected: before === undefined ? expected : `${before.expected}; ${expected}` });
    }
  });
  return [...found.values()];
}
