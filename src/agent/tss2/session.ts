/** Sessions: how the TPM is shown that a command is allowed (TPM 2.0 Part 1, 17; Part 3, 11.1). */

import { hashByName, type HashName } from '../../bytes/hash.ts';
import { ByteWriter } from '../../bytes/writer.ts';
import { TPM_ALG } from '../../tpm/algorithms.ts';
import { ESYS_TR, type Handle } from './commands.ts';
import type { AuthorizedHierarchy } from './context.ts';
import type { Scope } from './scope.ts';

/** TPM_SE (Part 2, 6.11). */
const TPM_SE = { HMAC: 0, POLICY: 1 } as const;

/** TPMA_SESSION (Part 2, 8.4): the session outlives a command that used it, and ends with its scope. */
const CONTINUE_SESSION = 1;

/** TPMT_SYM_DEF of TPM_ALG_NULL: nothing is encrypted in the session. */
const NO_ENCRYPTION = new ByteWriter().u16be(TPM_ALG.NULL).bytes();

/** A policy session, in which what the policy of a key asks for is shown before the key is used. */
export function startPolicySession(scope: Scope, hash: HashName): Promise<Handle> {
  return startSession(scope, TPM_SE.POLICY, hash);
}

/** An HMAC session, in which an authorization value is proved without being sent. */
export function startHmacSession(scope: Scope): Promise<Handle> {
  return startSession(scope, TPM_SE.HMAC, 'sha256');
}

async function startSession(scope: Scope, type: number, hash: HashName): Promise<Handle> {
  const [session] = await scope.run('StartAuthSession', {
    handles: [ESYS_TR.none, ESYS_TR.none],
    inputs: [null, type, NO_ENCRYPTION, hashByName(hash)!.id],
  });
  await scope.tpm.setSessionAttributes(session, CONTINUE_SESSION);
  return session;
}

/** What authorizes the use of a hierarchy: the empty password, or an HMAC session where it has an authorization value. */
export async function authorize(scope: Scope, hierarchy: AuthorizedHierarchy): Promise<Handle> {
  return scope.tpm.hasAuth(hierarchy) ? startHmacSession(scope) : ESYS_TR.password;
}

/** TPM2_PolicySecret(TPM_RH_ENDORSEMENT): who may use the endorsement hierarchy may go on (Part 3, 23.4). */
export async function policySecretEndorsement(scope: Scope, session: Handle): Promise<void> {
  const authorization = await authorize(scope, 'endorsement');
  await scope.run('PolicySecret', {
    handles: [ESYS_TR.endorsement, session],
    sessions: [authorization],
    inputs: [null, null, null, 0],
  });
}

/** TPM2_PolicyOR: the policy so far is one of these, in their order (Part 3, 23.6). */
export async function policyOr(scope: Scope, session: Handle, digests: readonly Uint8Array[]): Promise<void> {
  const list = new ByteWriter().u32be(digests.length);
  for (const digest of digests) list.sized16be(digest);
  await scope.run('PolicyOR', { handles: [session], inputs: [list.bytes()] });
}
