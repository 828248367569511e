/** How the agent finds the TPM, and which of its keys it uses. */

import type { AkParent } from './host-tpm.ts';

/** `ecc` is P-256, `rsa` RSA-2048. A discrete TPM makes and uses the first ten times as fast. */
export const AK_TYPES = ['ecc', 'rsa'] as const;
export type AkType = (typeof AK_TYPES)[number];

export interface TpmSettings {
  /** TCTI of libtss2, `device:/dev/tpmrm0` for one; undefined: TSS2_TCTI, else the first device that is there */
  readonly tcti: string | undefined;
  readonly akType: AkType;
  readonly akParent: AkParent;
  /** templates of endorsement keys to choose from, the best first; undefined: the agent's own order, those with a certificate first */
  readonly ek: readonly string[] | undefined;
  /** authorization values of hierarchies that have one; secret */
  readonly auth: Partial<Readonly<Record<'owner' | 'endorsement', Uint8Array>>>;
}
