/**
 * The check of a certification: that a TPM, by TPM2_Certify, says of a loaded object that it has that name (TPM 2.0 Part 3,
 * 18.2). It answers step by step and throws only for bytes that do not follow their format.
 */

import { hashByName } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { ATTEST_STEPS, checkAttest, inOrder, type SignedAttest } from './attest-check.ts';
import { compare, no, type Step } from './attest-steps.ts';
import { isAttestOf } from './attest.ts';
import type { TpmsCertifyInfo } from './attested.ts';
import type { AttestationKey } from './key.ts';
import { publicName } from './names.ts';
import type { TpmtPublic } from './public.ts';

/** In the order in which they are judged. */
export const CERTIFICATION_STEPS = [...ATTEST_STEPS, 'name'] as const;

type CertificationStep = Step<(typeof CERTIFICATION_STEPS)[number]>;

/** What the certification must say; none of it comes out of the certification itself. */
export interface ExpectedCertification {
  /** the bytes `extraData` must hold: at least 16, fresh or derived from something fresh */
  readonly extraData: Uint8Array;
  /** public area of the object said to be certified */
  readonly object: TpmtPublic;
  /** qualified name of the signing key's parent, where it is known */
  readonly parentQualifiedName?: Uint8Array | undefined;
}

/** What the check found. */
export interface CertificationCheck {
  /** every step of {@link CERTIFICATION_STEPS}, in that order */
  readonly steps: readonly CertificationStep[];
  /** what the TPM says of the object; undefined unless every step is yes, or the signer's parent alone was not given */
  readonly certified: TpmsCertifyInfo | undefined;
}

/**
 * Checks one certification. It proves that the object of that public area lies in the TPM of `signer`, provided that
 * `signer` is known to be a restricted key of a genuine TPM; what the object may do is for the caller to read in its
 * public area.
 * @throws EvidenceError as `readSignature` and `readAttest`, for bytes that do not follow their format
 */
export function checkCertification(
  input: SignedAttest,
  signer: AttestationKey,
  expected: ExpectedCertification,
): CertificationCheck {
  const { extraData, object, parentQualifiedName } = expected;
  const judged = checkAttest(input, signer, { kind: 'CERTIFY', extraData, parentQualifiedName });
  const attest = judged.attest !== undefined && isAttestOf(judged.attest, 'CERTIFY') ? judged.attest : undefined;
  const name = attest === undefined ? [] : [judgeName(object, attest.attested.name)];
  const steps = inOrder(CERTIFICATION_STEPS, [...judged.steps, ...name]);
  return { steps, certified: steps.every(passes) ? attest?.attested : undefined };
}

/** The signer's qualified name may stay unknown: not every caller knows the parent, and the signature names the key. */
function passes({ step, answer }: CertificationStep): boolean {
  return answer === 'yes' || (step === 'qualified-signer' && answer === 'unknown');
}

/** Whether the certified name is that of the public area, by a hash that leaves no second area of that name. */
function judgeName(object: TpmtPublic, observed: Uint8Array): Step<'name'> {
  const expected = toHex(publicName(object));
  if (!hashByName(object.nameAlg)!.strong) return no('name', 'weak-hash', expected, toHex(observed));
  return compare('name', expected, toHex(observed));
}
