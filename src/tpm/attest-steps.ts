/** The steps that every check of a TPMS_ATTEST takes, each judged by itself. */

import { equalBytes } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { algorithmName, TPM_GENERATED_VALUE, TPM_ST_ATTEST } from './algorithms.ts';
import { hasAttestMagic, type TpmsAttest } from './attest.ts';
import type { AttestKind } from './attested.ts';
import type { AttestationKey } from './key.ts';
import { qualifiedName } from './names.ts';
import { signatureFault, type SignatureFault, type TpmtSignature } from './signature.ts';

/**
 * Why a step is not yes, whatever the attestation. `not-reached`: an earlier step left nothing to judge by. `not-given`:
 * the expectation, or the values, are missing. `differs`: expected and observed are not equal. `short`: the expected
 * nonce is too short to be one.
 */
export type AttestStepReason = SignatureFault | 'not-reached' | 'not-given' | 'differs' | 'short';

/** The answer of one step. */
export interface Step<Name extends string, Reason extends string = AttestStepReason> {
  readonly step: Name;
  readonly answer: 'yes' | 'no' | 'unknown';
  /** null exactly when the answer is yes */
  readonly reason: Reason | null;
  /** for people: digests and names in hexadecimal, algorithms and selections by name; null where there is none */
  readonly expected: string | null;
  readonly observed: string | null;
}

/** Whether the AK signed `message`, with its own scheme. */
export function judgeSignature(message: Uint8Array, signature: TpmtSignature, ak: AttestationKey): Step<'signature'> {
  const fault = signatureFault(message, signature, ak);
  const scheme = ak.public?.parameters.scheme ?? null;
  const own = scheme === null ? ak.shape.type : `${algorithmName(scheme.scheme)} with ${scheme.hashAlg ?? 'no hash'}`;
  const observed = `${algorithmName(signature.sigAlg)} with ${signature.hash}`;
  return fault === null ? yes('signature', own, observed) : no('signature', fault, own, observed);
}

const MAGIC = TPM_GENERATED_VALUE.toString(16);

/** Whether the signed bytes are a structure that the TPM made. */
export function judgeMagic(attest: Uint8Array): Step<'magic'> {
  if (hasAttestMagic(attest)) return yes('magic', MAGIC, MAGIC);
  return no('magic', 'differs', MAGIC, toHex(attest.subarray(0, 4)));
}

/** Whether the command of that kind made the structure, and no other that signs with the same key. */
export function judgeType(attest: TpmsAttest, kind: AttestKind): Step<'type'> {
  return compare('type', hex16(TPM_ST_ATTEST[kind]), hex16(attest.type));
}

/** Whether the TPM calls the signing key by the qualified name that follows from its parent's; unknown without that. */
export function judgeSigner(
  observed: Uint8Array,
  ak: AttestationKey,
  parent: Uint8Array | undefined,
): Step<'qualified-signer'> {
  if (parent === undefined || ak.public === undefined) {
    return unknown('qualified-signer', 'not-given', null, toHex(observed));
  }
  return compare('qualified-signer', toHex(qualifiedName(parent, ak.public)), toHex(observed));
}

/** Shorter nonces repeat or can be guessed. */
export const MIN_NONCE = 16;

/** Why the expected nonce is not a challenge, before anything is read; null when it is one. */
export function refuseNonce(expected: Uint8Array | undefined): Step<'extra-data'> | null {
  if (expected === undefined || expected.length >= MIN_NONCE) return null;
  return no('extra-data', 'short', `a nonce of at least ${MIN_NONCE} bytes`, `${expected.length} bytes`);
}

/** Whether the attestation answers the challenge: equal bytes of equal length. */
export function judgeExtraData(expected: Uint8Array | undefined, observed: Uint8Array): Step<'extra-data'> {
  if (expected === undefined) return unknown('extra-data', 'not-given', null, toHex(observed));
  const texts = [toHex(expected), toHex(observed)] as const;
  return equalBytes(expected, observed) ? yes('extra-data', ...texts) : no('extra-data', 'differs', ...texts);
}

/** Yes when the two texts are equal. */
export function compare<Name extends string>(step: Name, expected: string, observed: string): Step<Name> {
  return expected === observed ? yes(step, expected, observed) : no(step, 'differs', expected, observed);
}

function hex16(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`;
}

type Shown = string | null;

export function yes<Name extends string>(step: Name, expected: Shown, observed: Shown): Step<Name, never> {
  return { step, answer: 'yes', reason: null, expected, observed };
}

export function no<Name extends string, Reason extends string>(
  step: Name,
  reason: Reason,
  expected: Shown,
  observed: Shown,
): Step<Name, Reason> {
  return { step, answer: 'no', reason, expected, observed };
}

/** A step without an answer. */
export function unknown<Name extends string, Reason extends string>(
  step: Name,
  reason: Reason,
  expected: Shown,
  observed: Shown,
): Step<Name, Reason> {
  return { step, answer: 'unknown', reason, expected, observed };
}
