/** The host's own signing key, with which it proves later that it is the host a result is about. */

import { hostKeyTemplate } from '../../tpm/host-key-template.ts';
import { writePublic2B } from '../../tpm/public.ts';
import { createPrimary, type LoadedKey } from './key.ts';
import type { Scope } from './scope.ts';

/**
 * Primary in the endorsement hierarchy as the AK, so that nothing has to be kept for it.
 * @param unique 32 bytes of the installation, others than the AK's
 */
export function loadHostKey(scope: Scope, unique: Uint8Array): Promise<LoadedKey> {
  return createPrimary(scope, 'endorsement', writePublic2B(hostKeyTemplate(unique)));
}
