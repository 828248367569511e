/** The steps of the quote check, each judged by itself; `quote.ts` puts them in order. */

import { digest, equalBytes, hashById, hashSize, type HashName } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { algorithmName, TPM_GENERATED_VALUE, TPM_ST_ATTEST } from './algorithms.ts';
import { hasAttestMagic, type QuoteAttest, type TpmsAttest } from './attest.ts';
import type { AttestationKey } from './key.ts';
import { qualifiedName } from './names.ts';
import { selectionOf, type PcrValues } from './pcr-values.ts';
import {
  equalSelections,
  selectionFlaws,
  selectionText,
  tpmlText,
  toSelection,
  type PcrSelection,
  type SelectionFlaw,
  type TpmlPcrSelection,
} from './selection.ts';
import { signatureFault, type SignatureFault, type TpmtSignature } from './signature.ts';

/** In the order in which they are judged. */
export const QUOTE_STEPS = [
  'signature',
  'magic',
  'type',
  'qualified-signer',
  'extra-data',
  'selection',
  'pcr-digest',
] as const;

export type QuoteStepName = (typeof QUOTE_STEPS)[number];

/**
 * Why a step is not yes. `not-reached`: an earlier step left nothing to judge by. `not-given`: the expectation, or the
 * values, are missing. `differs`: expected and observed are not equal. `short`: the expected nonce is too short to be one.
 * `wrong-pcrs`: the values are not those of the signed selection. `wrong-size`: a value has not the size of its bank.
 */
export type QuoteStepReason =
  SignatureFault | SelectionFlaw | 'not-reached' | 'not-given' | 'differs' | 'short' | 'wrong-pcrs' | 'wrong-size';

/** The answer of one step. */
export interface QuoteStep {
  readonly step: QuoteStepName;
  readonly answer: 'yes' | 'no' | 'unknown';
  /** null exactly when the answer is yes */
  readonly reason: QuoteStepReason | null;
  /** for people: digests and names in hexadecimal, algorithms and selections by name; null where there is none */
  readonly expected: string | null;
  readonly observed: string | null;
}

/** Whether the AK signed `message`, with its own scheme. */
export function judgeSignature(message: Uint8Array, signature: TpmtSignature, ak: AttestationKey): QuoteStep {
  const fault = signatureFault(message, signature, ak);
  const scheme = ak.public?.parameters.scheme ?? null;
  const own = scheme === null ? ak.shape.type : `${algorithmName(scheme.scheme)} with ${scheme.hashAlg ?? 'no hash'}`;
  const observed = `${algorithmName(signature.sigAlg)} with ${signature.hash}`;
  return fault === null ? yes('signature', own, observed) : no('signature', fault, own, observed);
}

/** Whether the signed bytes are a structure that the TPM made. */
export function judgeMagic(attest: Uint8Array): QuoteStep {
  const expected = TPM_GENERATED_VALUE.toString(16);
  if (hasAttestMagic(attest)) return yes('magic', expected, expected);
  return no('magic', 'differs', expected, toHex(attest.subarray(0, 4)));
}

/** Whether TPM2_Quote made the structure, and no other command that signs with the same key. */
export function judgeType(attest: TpmsAttest): QuoteStep {
  return compare('type', hex16(TPM_ST_ATTEST.QUOTE), hex16(attest.type));
}

/** Whether the TPM calls the signing key by the qualified name that follows from its parent's; unknown without that. */
export function judgeSigner(observed: Uint8Array, ak: AttestationKey, parent: Uint8Array | undefined): QuoteStep {
  if (parent === undefined || ak.public === undefined) {
    return unknown('qualified-signer', 'not-given', null, toHex(observed));
  }
  return compare('qualified-signer', toHex(qualifiedName(parent, ak.public)), toHex(observed));
}

/** Shorter nonces repeat or can be guessed. */
export const MIN_NONCE = 16;

/** Why the expected nonce is not a challenge, before anything is read; null when it is one. */
export function refuseNonce(expected: Uint8Array | undefined): QuoteStep | null {
  if (expected === undefined || expected.length >= MIN_NONCE) return null;
  return no('extra-data', 'short', `a nonce of at least ${MIN_NONCE} bytes`, `${expected.length} bytes`);
}

/** Whether the quote answers the challenge: equal bytes of equal length. */
export function judgeExtraData(expected: Uint8Array | undefined, observed: Uint8Array): QuoteStep {
  if (expected === undefined) return unknown('extra-data', 'not-given', null, toHex(observed));
  const texts = [toHex(expected), toHex(observed)] as const;
  return equalBytes(expected, observed) ? yes('extra-data', ...texts) : no('extra-data', 'differs', ...texts);
}

/** Whether the quote is over the PCRs that were asked for. */
export function judgeSelection(expected: PcrSelection | undefined, signed: TpmlPcrSelection): QuoteStep {
  const observed = tpmlText(signed);
  const wanted = expected === undefined ? null : selectionText(expected);
  const flaw = selectionFlaws(signed)[0];
  if (flaw !== undefined) return no('selection', flaw, wanted, observed);
  if (expected === undefined) return unknown('selection', 'not-given', null, observed);
  return equalSelections(expected, toSelection(signed))
    ? yes('selection', wanted, observed)
    : no('selection', 'differs', wanted, observed);
}

/** Whether the values hash to the signed digest. A copy of them goes on only when they do and are exactly those of the signed selection. */
export function judgeDigest(
  { attested }: QuoteAttest,
  hash: HashName,
  values: PcrValues | undefined,
): { readonly step: QuoteStep; readonly values?: PcrValues } {
  const signed = toHex(attested.pcrDigest);
  const flaw = selectionFlaws(attested.pcrSelect)[0];
  if (flaw !== undefined) return { step: no('pcr-digest', flaw, signed, null) };
  if (values === undefined) return { step: unknown('pcr-digest', 'not-given', signed, null) };
  const selection = toSelection(attested.pcrSelect);
  const given = selectionOf(values);
  if (!equalSelections(selection, given)) {
    return { step: no('pcr-digest', 'wrong-pcrs', selectionText(selection), selectionText(given)) };
  }
  const kept = new Map<HashName, Map<number, Uint8Array>>();
  const hashed = new Uint8Array(sizeOf(selection));
  let end = 0;
  // In the order the TPM hashed: banks as signed, PCRs ascending (Part 3, 18.4).
  for (const { hash: id, pcrSelect } of attested.pcrSelect) {
    const bank = hashById(id);
    // Without PCRs, or the selection had a flaw.
    if (bank === undefined) continue;
    const pcrs = new Map<number, Uint8Array>();
    for (const pcr of pcrSelect) {
      const value = values.get(bank.name)!.get(pcr)!;
      if (value.length !== bank.size) {
        const size = `${bank.name} PCR ${pcr}: ${bank.size} bytes`;
        return { step: no('pcr-digest', 'wrong-size', size, `${value.length} bytes`) };
      }
      hashed.set(value, end);
      // What is kept is what was hashed, not what the caller can still change.
      pcrs.set(pcr, hashed.subarray(end, (end += value.length)));
    }
    kept.set(bank.name, pcrs);
  }
  const computed = digest(hash, hashed);
  if (!equalBytes(computed, attested.pcrDigest)) {
    return { step: no('pcr-digest', 'differs', signed, toHex(computed)) };
  }
  return { step: yes('pcr-digest', signed, toHex(computed)), values: kept };
}

function sizeOf(selection: PcrSelection): number {
  let size = 0;
  for (const [bank, pcrs] of selection) size += hashSize(bank) * pcrs.length;
  return size;
}

function compare(step: QuoteStepName, expected: string, observed: string): QuoteStep {
  return expected === observed ? yes(step, expected, observed) : no(step, 'differs', expected, observed);
}

function hex16(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`;
}

type Shown = string | null;

function yes(step: QuoteStepName, expected: Shown, observed: Shown): QuoteStep {
  return { step, answer: 'yes', reason: null, expected, observed };
}

function no(step: QuoteStepName, reason: QuoteStepReason, expected: Shown, observed: Shown): QuoteStep {
  return { step, answer: 'no', reason, expected, observed };
}

/** A step without an answer. */
export function unknown(step: QuoteStepName, reason: QuoteStepReason, expected: Shown, observed: Shown): QuoteStep {
  return { step, answer: 'unknown', reason, expected, observed };
}
