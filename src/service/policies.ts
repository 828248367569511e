/** Policies as requests name them. */

import { printable } from '../bytes/text.ts';
import type { ResolvedPolicy } from '../policy/resolve.ts';
import { HttpProblem } from './problem-error.ts';

/**
 * The policy of that name. One that is not loaded is refused before anything is kept under its name: a host with it would never be
 * judged.
 * @throws HttpProblem `policy.unknown`
 */
export function findPolicy(policies: ReadonlyMap<string, ResolvedPolicy>, name: string): ResolvedPolicy {
  const policy = policies.get(name);
  if (policy !== undefined) return policy;
  throw new HttpProblem('policy.unknown', `no policy ${printable(name, 100)} is loaded`);
}
