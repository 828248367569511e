/** Meeting the policy of an endorsement key. */

import { ekPolicy } from '../../tpm/ek-policy.ts';
import { readPublic2B } from '../../tpm/public.ts';
import type { Handle } from './commands.ts';
import { agentError } from './errors.ts';
import type { LoadedKey } from './key.ts';
import type { Scope } from './scope.ts';
import { policyOr, policySecretEndorsement, startPolicySession } from './session.ts';

/**
 * A session that meets the policy of an EK, for one use of it.
 * @throws TpmError `tss2.ek-policy` for a key whose policy is neither PolicyA nor PolicyB
 */
export async function ekSession(scope: Scope, ek: LoadedKey): Promise<Handle> {
  const { nameAlg, authPolicy } = readPublic2B(ek.public, 'ek').public;
  const policy = ekPolicy(nameAlg, authPolicy);
  if (policy === undefined) {
    throw agentError(
      'tss2.ek-policy',
      'the policy of the endorsement key is neither PolicyA nor PolicyB of the TCG profile',
      'This EK was made with a template of its maker’s own: ask for another EK.',
    );
  }
  const session = await startPolicySession(scope, nameAlg);
  await policySecretEndorsement(scope, session);
  if (policy.branches !== null) await policyOr(scope, session, policy.branches);
  return session;
}
