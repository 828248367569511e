/** TPM2_Sign with a key that signs what its host gives it (TPM 2.0 Part 3, 20.2). */

import { digest } from '../../bytes/hash.ts';
import { ByteWriter } from '../../bytes/writer.ts';
import { TPM_RH } from '../../tpm/algorithms.ts';
import { OWN_SCHEME } from './attest.ts';
import { ESYS_TR, type Handle } from './commands.ts';
import type { Runner } from './scope.ts';

/** TPMT_TK_HASHCHECK that says nothing (Part 2, 10.7.6): only a restricted key needs to know that the TPM hashed the message. */
const NO_TICKET = new ByteWriter().u16be(0x8024).u32be(TPM_RH.null).u16be(0).bytes();

/**
 * Signs a message with a key whose scheme hashes with SHA-256.
 * @returns TPMT_SIGNATURE
 */
export async function sign(tpm: Runner, key: Handle, message: Uint8Array): Promise<Uint8Array> {
  const [signature] = await tpm.run('Sign', {
    handles: [key],
    sessions: [ESYS_TR.password],
    inputs: [new ByteWriter().sized16be(digest('sha256', message)).bytes(), OWN_SCHEME, NO_TICKET],
  });
  return signature;
}
