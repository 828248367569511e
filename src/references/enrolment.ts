/** What the verifier's own records hold of a host: its enrolment, and the roots its EK certificate may lead to. Never from evidence. */

/** Kinds of TPM a root vouches for; a policy says which it takes. */
export const ROOT_CLASSES = ['discrete', 'firmware', 'virtual', 'lab'] as const;
/** `discrete`: a chip; `firmware`: a TPM in the processor's firmware; `virtual`: a hypervisor's; `lab`: for tests only. */
export type RootClass = (typeof ROOT_CLASSES)[number];

/** A certificate that an operator trusts to vouch for EKs. */
export interface TrustRoot {
  /** content id of the certificate */
  readonly id: string;
  readonly name: string;
  readonly class: RootClass;
  /** DER */
  readonly certificate: Uint8Array;
}

/** The roots and revocation lists of one appraisal. */
export interface TrustStore {
  readonly roots: readonly TrustRoot[];
  /** DER of CRLs (RFC 5280, 5), each with its content id */
  readonly crls: readonly { readonly id: string; readonly list: Uint8Array }[];
}

/** Why a machine counts as the operator's own. */
export interface Ours {
  readonly by: 'ek-pin' | 'join-token' | 'approval';
  /** who pinned, handed out or approved, and under which name */
  readonly detail: string;
}

/** One host as it enrolled. */
export interface Enrolment {
  /** id of the host */
  readonly host: string;
  /** `TPM2B_PUBLIC` of the EK */
  readonly ek: Uint8Array;
  /** DER of the EK certificate, then of what came with it; empty when the TPM has none */
  readonly ekCertificates: readonly Uint8Array[];
  /** `TPM2B_PUBLIC` of the AK that was activated last */
  readonly ak: Uint8Array;
  /** parent of the AK: the endorsement hierarchy itself, the EK, or a key of the owner hierarchy */
  readonly akParent: 'endorsement' | 'ek' | 'owner';
  /** null while nobody decided */
  readonly ours: Ours | null;
  /** when TPM2_ActivateCredential proved the AK to live beside the EK, epoch milliseconds; null: not proved */
  readonly activatedAt: number | null;
}
