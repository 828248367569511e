/** Policies that extend another: they may only tighten it. What is looser needs a base of its own. */

import { PolicyError } from '../bytes/errors.ts';
import { parseDocument } from '../references/schema.ts';
import { comparePolicies } from './compare.ts';
import { PolicyDocument, type DerivedPolicy } from './document.ts';
import type { ResolvedPolicy } from './resolve.ts';

type Parameters = Readonly<Record<string, unknown>>;

/**
 * The whole document of a policy that extends another. What it states stands in the base's place, parameters of a check one by one.
 * @throws PolicyError `policy.invalid`
 */
export function overlay(base: PolicyDocument, derived: DerivedPolicy): PolicyDocument {
  const { extends: _, checks = {}, minimumBasis, ...stated } = derived;
  const merged: Record<string, Parameters> = { ...base.checks };
  for (const [id, parameters] of Object.entries(checks)) {
    const inherited = merged[id] ?? {};
    const replaced = 'anyOf' in inherited || 'anyOf' in parameters;
    merged[id] = replaced ? parameters : { ...inherited, ...parameters };
  }
  const whole = {
    ...base,
    ...stated,
    checks: merged,
    minimumBasis: { ...base.minimumBasis, ...minimumBasis },
  };
  return parseDocument(PolicyDocument, whole, 'policy.invalid', 'policy');
}

/** @throws PolicyError `policy.loosened`, which names every item that is not stricter than the base's */
export function requireTighter(base: ResolvedPolicy, derived: ResolvedPolicy): void {
  const wider = comparePolicies(base, derived).filter(({ relation }) => relation !== 'tighter');
  if (wider.length === 0) return;
  const items = wider.map(
    ({ key, relation, from, to }) => `${key} is ${relation} (${from ?? 'none'} → ${to ?? 'none'})`,
  );
  throw new PolicyError(
    'policy.loosened',
    `${derived.name} extends ${base.name} and may only tighten it: ${items.join('; ')}; what is looser needs a base of its own`,
  );
}
