/** The steps of the quote check beyond those of every attestation; `quote.ts` puts them in order. */

import { digest, equalBytes, hashById, hashSize, type HashName } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { ATTEST_STEPS } from './attest-check.ts';
import { no, unknown, yes, type AttestStepReason, type Step } from './attest-steps.ts';
import type { AttestOf } from './attest.ts';
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

/** In the order in which they are judged. */
export const QUOTE_STEPS = [...ATTEST_STEPS, 'selection', 'pcr-digest'] as const;

export type QuoteStepName = (typeof QUOTE_STEPS)[number];

/**
 * Why a step is not yes. `wrong-pcrs`: the values are not those of the signed selection. `wrong-size`: a value has not the
 * size of its bank.
 */
export type QuoteStepReason = AttestStepReason | SelectionFlaw | 'wrong-pcrs' | 'wrong-size';

/** The answer of one step. */
export type QuoteStep = Step<QuoteStepName, QuoteStepReason>;

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
  { attested }: AttestOf<'QUOTE'>,
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
