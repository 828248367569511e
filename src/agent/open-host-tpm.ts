/** The host's TPM through libtss2. */

import { digest } from '../bytes/hash.ts';
import type { PcrSelection } from '../tpm/selection.ts';
import type { HostTpm, KeptKey } from './host-tpm.ts';
import { createChildAk, loadChildAk, loadPrimaryAk, type AkParent } from './tss2/ak.ts';
import { certify } from './tss2/attest.ts';
import { Tpm } from './tss2/context.ts';
import { activateCredential } from './tss2/credential.ts';
import { loadEk, readEkChain } from './tss2/ek.ts';
import { TpmError } from './tss2/errors.ts';
import { loadHostKey } from './tss2/host-key.ts';
import type { LoadedKey } from './tss2/key.ts';
import { quoteWithValues } from './tss2/quote.ts';
import { inScope, Scope } from './tss2/scope.ts';
import type { TpmSettings } from './tpm-settings.ts';

/**
 * Opens the TPM and loads the attestation key, which stays in it. A TPM has room for three keys at a time, and others use it too:
 * EK and host key are made where they are used, and put away again.
 * @param unique 32 bytes of the installation
 * @param kept an AK under a parent that was made before; where it is none of this TPM's any more, a new one is made
 * @throws TpmError
 */
export async function openHostTpm(settings: TpmSettings, unique: Uint8Array, kept: KeptKey | null): Promise<HostTpm> {
  const tpm = await Tpm.open({ tcti: settings.tcti, auth: settings.auth });
  const scope = new Scope(tpm);
  const close = async (): Promise<void> => {
    try {
      await scope.close();
    } finally {
      await tpm.close();
    }
  };
  try {
    return await withKeys(scope, settings, unique, kept, close);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

async function withKeys(
  scope: Scope,
  settings: TpmSettings,
  unique: Uint8Array,
  kept: KeptKey | null,
  close: () => Promise<void>,
): Promise<HostTpm> {
  const { tpm } = scope;
  const hostKeyUnique = hostUnique(unique);
  const hostKey = await inScope(tpm, async (inner) => ({ public: (await loadHostKey(inner, hostKeyUnique)).public }));
  const ak = await attestationKey(scope, settings, unique, kept);
  return {
    ak: { public: ak.public, parent: settings.akParent, kept: ak.kept },
    hostKey,
    endorsementKey: () =>
      inScope(tpm, async (inner) => {
        const { public: area, certificate } = await loadEk(inner, settings.ek);
        const certificates = certificate === null ? [] : [certificate, ...(await readEkChain(inner))];
        return { public: area, certificates };
      }),
    activate: (idObject, encryptedSecret) =>
      inScope(tpm, async (inner) =>
        activateCredential(inner, ak, await loadEk(inner, settings.ek), { idObject, encryptedSecret }),
      ),
    certifyHostKey: (qualifyingData) =>
      inScope(tpm, async (inner) => {
        const key = await loadHostKey(inner, hostKeyUnique);
        return certify(inner, ak.handle, key.handle, qualifyingData);
      }),
    quote: (extraData: Uint8Array, selection: PcrSelection) => quoteWithValues(tpm, ak.handle, extraData, selection),
    close,
  };
}

/** AK and host key must not be made from the same bytes. */
function hostUnique(unique: Uint8Array): Uint8Array {
  return digest('sha256', Buffer.concat([Buffer.from('assay-host-key'), unique]));
}

interface Ak extends LoadedKey {
  readonly kept: KeptKey | null;
}

async function attestationKey(
  scope: Scope,
  settings: TpmSettings,
  unique: Uint8Array,
  kept: KeptKey | null,
): Promise<Ak> {
  const { akType, akParent } = settings;
  if (akParent === 'endorsement') return { ...(await loadPrimaryAk(scope, akType, unique)), kept: null };
  return inScope(scope.tpm, async (inner) => {
    const parent: AkParent =
      akParent === 'ek' ? { kind: 'ek', ek: await loadEk(inner, settings.ek) } : { kind: 'owner' };
    const again = kept === null ? null : await loadAgain(scope, parent, kept);
    if (again !== null) return { ...again, kept };
    const made = await createChildAk(scope, parent, akType);
    return { ...(await loadChildAk(scope, parent, made)), kept: made };
  });
}

/**
 * A TPM that was cleared, or another TPM, says that the key is not one of its own (TPM 2.0 Part 3, 12.2.1): null. Whatever else
 * goes wrong says nothing about the key, and a new one would make the host enrol again for a passing trouble.
 */
async function loadAgain(scope: Scope, parent: AkParent, kept: KeptKey): Promise<LoadedKey | null> {
  try {
    return await loadChildAk(scope, parent, kept);
  } catch (error) {
    if (error instanceof TpmError && error.code === 'TPM_RC_INTEGRITY') return null;
    throw error;
  }
}
