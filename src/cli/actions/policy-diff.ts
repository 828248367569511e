/** What `assay policy diff` does. */

import { comparePolicies, type Relation } from '../../policy/compare.ts';
import type { ResolvedPolicy } from '../../policy/resolve.ts';
import type { PolicyOptions } from '../commands/policy.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { loadPolicy } from '../load-policy.ts';

/** @throws UsageError, PolicyError when one of them cannot be used */
export function diffPolicies(io: Io, from: string, to: string, options: PolicyOptions): ExitCode {
  const choice = { catalogue: options.catalogue, env: io.env };
  const base = loadPolicy(from, choice);
  const other = loadPolicy(to, choice);
  const changes = comparePolicies(base, other);
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.policy-diff/1', from: named(base), to: named(other), changes })}\n`);
  } else {
    const { bold, dim, green, red, yellow } = io.outStyle;
    const colours: Readonly<Record<Relation, (text: string) => string>> = {
      tighter: green,
      looser: red,
      other: yellow,
    };
    const header = [base, other].map(
      ({ name, version, id }, i) => `${i === 0 ? '-' : '+'} ${name} ${version}  ${dim(id)}`,
    );
    const lines = changes.flatMap(({ key, relation, from: before, to: after }) => [
      `${colours[relation](relation.padEnd(7))}  ${bold(key)}`,
      `  - ${before ?? 'none'}`,
      `  + ${after ?? 'none'}`,
    ]);
    io.out(`${[...header, ...(lines.length === 0 ? ['both ask the same'] : lines)].join('\n')}\n`);
  }
  return changes.length === 0 ? EXIT.yes : EXIT.no;
}

function named({ name, version, id }: ResolvedPolicy) {
  return { name, version, id };
}
