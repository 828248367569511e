/** TPM2_ActivateCredential: the TPM opens a secret that only it can, if it holds both the EK and the AK (TPM 2.0 Part 3, 12.5). */

import { ESYS_TR } from './commands.ts';
import { ekSession } from './ek-session.ts';
import { content, type LoadedKey } from './key.ts';
import { inScope, type Scope } from './scope.ts';

/** What a verifier made for an EK and the name of an AK. */
export interface Credential {
  /** TPM2B_ID_OBJECT */
  readonly idObject: Uint8Array;
  /** TPM2B_ENCRYPTED_SECRET */
  readonly encryptedSecret: Uint8Array;
}

/**
 * Opens a credential.
 * @returns the secret
 * @throws TpmError `TPM_RC_INTEGRITY` and others for a credential of another EK or AK
 */
export async function activateCredential(
  scope: Scope,
  ak: LoadedKey,
  ek: LoadedKey,
  { idObject, encryptedSecret }: Credential,
): Promise<Uint8Array> {
  return inScope(scope.tpm, async (inner) => {
    const session = await ekSession(inner, ek);
    const [secret] = await inner.run('ActivateCredential', {
      handles: [ak.handle, ek.handle],
      sessions: [ESYS_TR.password, session],
      inputs: [idObject, encryptedSecret],
    });
    return content(secret);
  });
}
