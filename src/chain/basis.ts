/** A check asked with a least basis of reference values: what only weaker ones cover is not proved. */

import type { FindingCode } from '../checks/codes.ts';
import type { Finding, LinkId, Outcome } from '../checks/model.ts';
import { finding, no, unknown } from '../checks/outcome.ts';
import { ofBasis, type References } from '../checks/references.ts';
import type { Basis } from '../references/schema.ts';

const CODES: ReadonlyMap<LinkId, FindingCode> = new Map([
  ['firmware', 'firmware.reference-basis'],
  ['secure-boot', 'secure-boot.reference-basis'],
]);

/**
 * Asks with the values of that basis, and where these do not say yes with all: a finding that the weaker values take away is one about
 * their basis, and answers nothing. What all of them together disprove stays a no.
 * @param evaluate the check, as a function of the references
 */
export function askOfBasis(
  link: LinkId,
  minimum: Basis,
  references: References,
  evaluate: (references: References) => Outcome,
): Outcome {
  const strong = evaluate(ofBasis(references, minimum));
  if (strong.answer === 'yes') return strong;
  const all = evaluate(references);
  const remaining = new Set(all.findings.map(keyOf));
  const weak = strong.findings
    .filter((found) => !remaining.has(keyOf(found)))
    .map(({ component, observed, at }) =>
      finding({
        code: CODES.get(link)!,
        component,
        expected: `a value of a reference ${minimum} or better`,
        observed,
        at,
      }),
    );
  return (all.answer === 'no' ? no : unknown)([...all.findings, ...weak], all.notes);
}

function keyOf({ fingerprint, at: { part, pcr, index } }: Finding): string {
  return `${fingerprint}/${part}/${pcr ?? ''}/${index ?? ''}`;
}
