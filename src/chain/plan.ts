/** What a policy comes to, worked out once for all its appraisals. */

import { PolicyError } from '../bytes/errors.ts';
import type { HashName } from '../bytes/hash.ts';
import { checkById } from '../checks/catalogue.ts';
import { LINKS, type AnyCheck, type LinkId } from '../checks/model.ts';
import type { PlannedCheck, ResolvedPolicy } from '../policy/resolve.ts';
import { parseSelection } from '../tpm/selection.ts';

interface Plan {
  /** the checks to ask of each link, in the policy's order */
  readonly checks: ReadonlyMap<LinkId, readonly { readonly planned: PlannedCheck; readonly check: AnyCheck }[]>;
  /** the banks of the policy's selection: it lets no other be judged in */
  readonly banks: ReadonlySet<HashName>;
}

const plans = new WeakMap<ResolvedPolicy, Plan>();

/** @throws PolicyError `policy.unknown-check` */
export function planOf(policy: ResolvedPolicy): Plan {
  let plan = plans.get(policy);
  if (plan === undefined) {
    const all = policy.plan.map((planned) => ({ planned, check: checkOf(planned) }));
    plan = {
      checks: new Map(LINKS.map((link) => [link, all.filter(({ check }) => check.link === link)])),
      banks: new Set(parseSelection(policy.selection).keys()),
    };
    plans.set(policy, plan);
  }
  return plan;
}

function checkOf({ check: id }: PlannedCheck): AnyCheck {
  const check = checkById(id);
  if (check === undefined) throw new PolicyError('policy.unknown-check', `there is no check ${id}`);
  return check;
}
