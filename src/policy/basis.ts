/** The least basis of reference values, as a policy states it: by check, by link, or for all. */

import { PolicyError } from '../bytes/errors.ts';
import { CATALOGUE } from '../checks/catalogue.ts';
import type { AnyCheck } from '../checks/model.ts';
import type { Basis } from '../references/schema.ts';

const ALL = 'all';
/** Any value has it: stating it asks nothing. */
const WEAKEST: Basis = 'approved-capture';

/**
 * @param stated as the document has it
 * @returns what of it counts for a check: the most specific
 * @throws PolicyError `policy.basis` for a name of no check and no link, or of one that compares with no reference set
 */
export function minimumBases(
  stated: Readonly<Record<string, Basis>>,
): (check: AnyCheck) => { readonly minimumBasis?: Basis } {
  const comparing = CATALOGUE.filter((check) => check.references !== undefined);
  const known = new Set([ALL, ...comparing.flatMap(({ id, link }) => [id, link])]);
  for (const name of Object.keys(stated)) {
    if (known.has(name)) continue;
    throw new PolicyError(
      'policy.basis',
      `minimumBasis.${name}: nothing of this name compares with reference sets (there are: ${[...known].join(', ')})`,
    );
  }
  const minimum = new Map(Object.entries(stated));
  return ({ id, link, references }) => {
    if (references === undefined) return {};
    const basis = minimum.get(id) ?? minimum.get(link) ?? minimum.get(ALL) ?? WEAKEST;
    return basis === WEAKEST ? {} : { minimumBasis: basis };
  };
}
