/** The part of a check that is the same for every attestation: challenge, signature, structure, signer. */

import type { HashName } from '../bytes/hash.ts';
import {
  judgeExtraData,
  judgeMagic,
  judgeSignature,
  judgeSigner,
  judgeType,
  refuseNonce,
  unknown,
  type AttestStepReason,
  type Step,
} from './attest-steps.ts';
import { readAttest, type TpmsAttest } from './attest.ts';
import type { AttestKind } from './attested.ts';
import type { AttestationKey } from './key.ts';
import { readSignature } from './signature.ts';

/** In the order in which they are judged. */
export const ATTEST_STEPS = ['signature', 'magic', 'type', 'qualified-signer', 'extra-data'] as const;

type AttestStepName = (typeof ATTEST_STEPS)[number];

/** An attestation as a command of the TPM gave it. */
export interface SignedAttest {
  /** the TPMS_ATTEST, byte for byte as signed */
  readonly attest: Uint8Array;
  /** the TPMT_SIGNATURE */
  readonly signature: Uint8Array;
}

/** What is expected of any attestation; none of it comes out of the evidence. */
export interface ExpectedAttest {
  readonly kind: AttestKind;
  /** the bytes `extraData` must hold; undefined leaves the step unknown */
  readonly extraData: Uint8Array | undefined;
  /** qualified name of the signing key's parent, where it is known */
  readonly parentQualifiedName: Uint8Array | undefined;
}

interface AttestCheck {
  /** the steps that were judged */
  readonly steps: readonly Step<AttestStepName>[];
  /** undefined unless the signature verifies over a structure the TPM made; read only when it is of the expected kind */
  readonly attest: TpmsAttest | undefined;
  /** hash of the signature */
  readonly hash: HashName;
}

/**
 * Takes the steps of {@link ATTEST_STEPS}.
 * @throws EvidenceError as `readSignature` and `readAttest`, for bytes that do not follow their format
 */
export function checkAttest(input: SignedAttest, signer: AttestationKey, expected: ExpectedAttest): AttestCheck {
  const steps: Step<AttestStepName>[] = [];
  const set = (step: Step<AttestStepName>): boolean => {
    steps.push(step);
    return step.answer === 'yes';
  };
  const badNonce = refuseNonce(expected.extraData);
  if (badNonce !== null) set(badNonce);

  // The signature covers bytes, not their meaning: nothing of the attest is read before it verifies.
  const signature = readSignature(input.signature);
  const { hash } = signature;
  if (!set(judgeSignature(input.attest, signature, signer))) return { steps, attest: undefined, hash };
  if (!set(judgeMagic(input.attest))) return { steps, attest: undefined, hash };
  const attest = readAttest(input.attest, expected.kind);

  set(judgeType(attest, expected.kind));
  set(judgeSigner(attest.qualifiedSigner, signer, expected.parentQualifiedName));
  if (badNonce === null) set(judgeExtraData(expected.extraData, attest.extraData));
  return { steps, attest, hash };
}

/** The judged steps in the order of `names`; those that are missing were not reached. */
export function inOrder<Name extends string, Reason extends string>(
  names: readonly Name[],
  judged: readonly Step<Name, Reason>[],
): readonly Step<Name, Reason | AttestStepReason>[] {
  return names.map(
    (name) => judged.find(({ step }) => step === name) ?? unknown(name, 'not-reached' as const, null, null),
  );
}
