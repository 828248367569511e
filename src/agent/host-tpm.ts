/** What the agent asks of the host's TPM, whatever way leads to it. */

import type { PcrValues } from '../tpm/pcr-values.ts';
import type { PcrSelection } from '../tpm/selection.ts';

/**
 * Where an attestation key hangs: `endorsement` is a primary key of that hierarchy, `ek` a child of the EK, `owner` a child of the
 * storage root key.
 */
export const AK_PARENTS = ['endorsement', 'ek', 'owner'] as const;
export type AkParent = (typeof AK_PARENTS)[number];

/** What an attestation key said, as the TPM gave it. */
export interface SignedByTpm {
  /** TPMS_ATTEST */
  readonly attest: Uint8Array;
  /** TPMT_SIGNATURE */
  readonly signature: Uint8Array;
}

/** A quote, and PCR values its digest is over. */
export interface HostQuote extends SignedByTpm {
  readonly pcrs: PcrValues;
}

/** An endorsement key, and what its maker says of it. */
export interface EndorsementKeyOfHost {
  /** TPM2B_PUBLIC */
  readonly public: Uint8Array;
  /** DER: the EK's certificate as it lies in NV, then those of its chain; empty when the TPM has none */
  readonly certificates: readonly Uint8Array[];
}

/** What the TPM gave for a key that it does not keep itself: only this TPM can load it again. */
export interface KeptKey {
  /** TPM2B_PUBLIC */
  readonly public: Uint8Array;
  /** TPM2B_PRIVATE */
  readonly private: Uint8Array;
}

/** The host's TPM with the agent's keys in it. Its methods reject with `TpmError`. */
export interface HostTpm {
  readonly ak: {
    /** TPM2B_PUBLIC */
    readonly public: Uint8Array;
    readonly parent: AkParent;
    /** what has to be kept to have the key again; null for a primary key, which the TPM makes again from its template */
    readonly kept: KeptKey | null;
  };
  /** the host's own signing key; null when it has none */
  readonly hostKey: {
    /** TPM2B_PUBLIC */
    readonly public: Uint8Array;
  } | null;
  /** Makes the EK, which takes some TPMs many seconds, and reads its certificates. */
  endorsementKey(): Promise<EndorsementKeyOfHost>;
  /**
   * TPM2_ActivateCredential with EK and AK.
   * @param idObject TPM2B_ID_OBJECT
   * @param encryptedSecret TPM2B_ENCRYPTED_SECRET
   */
  activate(idObject: Uint8Array, encryptedSecret: Uint8Array): Promise<Uint8Array>;
  /** TPM2_Certify of the host key by the AK. */
  certifyHostKey(qualifyingData: Uint8Array): Promise<SignedByTpm>;
  /** TPM2_Quote, with values read so that they are those of the quote. */
  quote(extraData: Uint8Array, selection: PcrSelection): Promise<HostQuote>;
  /** Takes the keys out of the TPM and closes the way to it. */
  close(): Promise<void>;
}
