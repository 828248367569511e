/** The attestation key: where it comes from, and how it is there again after the machine has started anew. */

import { akTemplate } from '../../tpm/ak-template.ts';
import { TPM_ALG, TPMA_OBJECT } from '../../tpm/algorithms.ts';
import { writePublic2B } from '../../tpm/public.ts';
import type { SigningKeyType } from '../../tpm/signing-template.ts';
import { ESYS_TR, type Handle } from './commands.ts';
import { ekSession } from './ek-session.ts';
import { createKey, createPrimary, loadKey, type LoadedKey, type StoredKey } from './key.ts';
import { inScope, type Scope } from './scope.ts';

/**
 * The AK that nothing has to be kept for: primary in the endorsement hierarchy, whose counters its quotes therefore show as they
 * are.
 * @param unique 32 bytes of the installation: the same give the same key, until the TPM is cleared
 */
export function loadPrimaryAk(scope: Scope, type: SigningKeyType, unique: Uint8Array): Promise<LoadedKey> {
  return createPrimary(scope, 'endorsement', writePublic2B(akTemplate(type, unique)));
}

/** What an AK that is not primary lies under: the EK, or the storage root key of the owner's hierarchy. */
export type AkParent = { readonly kind: 'ek'; readonly ek: LoadedKey } | { readonly kind: 'owner' };

/** Makes an AK under a parent. Whoever keeps what comes out can load it again. */
export function createChildAk(scope: Scope, parent: AkParent, type: SigningKeyType): Promise<StoredKey> {
  // The TPM draws the key; what stands in `unique` is not used.
  const template = writePublic2B(akTemplate(type, new Uint8Array(32)));
  return underParent(scope, parent, (inner, handle, authorization) =>
    createKey(inner, handle, authorization, template),
  );
}

/** Loads an AK that {@link createChildAk} made. */
export function loadChildAk(scope: Scope, parent: AkParent, key: StoredKey): Promise<LoadedKey> {
  return underParent(scope, parent, (_inner, handle, authorization) => loadKey(scope, handle, authorization, key));
}

/** Does something with a parent, which is authorized once and gone afterwards unless it was there before. */
function underParent<T>(
  scope: Scope,
  parent: AkParent,
  work: (inner: Scope, handle: Handle, authorization: Handle) => Promise<T>,
): Promise<T> {
  return inScope(scope.tpm, async (inner) => {
    if (parent.kind === 'ek') return work(inner, parent.ek.handle, await ekSession(inner, parent.ek));
    const srk = await createPrimary(inner, 'owner', SRK_TEMPLATE);
    return work(inner, srk.handle, ESYS_TR.password);
  });
}

const { fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt } = TPMA_OBJECT;

/** The storage root key on P-256 (TCG TPM v2.0 Provisioning Guidance 1.0, 7.5.1). It is made anew each time, which gives the same key. */
const SRK_TEMPLATE = writePublic2B({
  type: 'ecc',
  nameAlg: 'sha256',
  objectAttributes: fixedTPM | fixedParent | sensitiveDataOrigin | userWithAuth | noDA | restricted | decrypt,
  authPolicy: new Uint8Array(0),
  parameters: {
    symmetric: { algorithm: TPM_ALG.AES, keyBits: 128, mode: TPM_ALG.CFB },
    scheme: null,
    curveID: 'p256',
    kdf: null,
  },
  unique: { x: new Uint8Array(32), y: new Uint8Array(32) },
});
