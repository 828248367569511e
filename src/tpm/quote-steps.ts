/** The steps of the quote check beyond those of every attestation; `quote.ts` puts them in order. */

import { hashById, hashSize, type HashName } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { ATTEST_STEPS } from './attest-check.ts';
import { no, unknown, yes, type AttestStepReason, type Step } from './attest-steps.ts';
import type { AttestOf } from './attest.ts';
import { PackedPcrs } from './packed-pcrs.ts';
import { areOf, selectionOf, type PcrValues } from './pcr-values.ts';
import {
  equalSelections,
  selectionText,
  tpmlText,
  type PcrSelection,
  type SelectionFlaw,
  type SignedSelection,
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
export function judgeSelection(expected: PcrSelection | undefined, signed: SignedSelection): QuoteStep {
  const observed = tpmlText(signed.list);
  const wanted = expected === undefined ? null : selectionText(expected);
  if (signed.flaw !== undefined) return no('selection', signed.flaw, wanted, observed);
  if (expected === undefined) return unknown('selection', 'not-given', null, observed);
  return equalSelections(expected, signed.set)
    ? yes('selection', wanted, observed)
    : no('selection', 'differs', wanted, observed);
}

/** Whether the values hash to the signed digest. A copy of them goes on only when they do and are exactly those of the signed selection. */
export function judgeDigest(
  { attested }: AttestOf<'QUOTE'>,
  { list, flaw, set }: SignedSelection,
  hash: HashName,
  values: PcrValues | undefined,
): { readonly step: QuoteStep; readonly values?: PackedPcrs } {
  const signed = toHex(attested.pcrDigest);
  if (flaw !== undefined) return { step: no('pcr-digest', flaw, signed, null) };
  if (values === undefined) return { step: unknown('pcr-digest', 'not-given', signed, null) };
  if (!areOf(values, set)) {
    return { step: no('pcr-digest', 'wrong-pcrs', selectionText(set), selectionText(selectionOf(values))) };
  }
  // In the order the TPM hashed: banks as signed, PCRs ascending (Part 3, 18.4).
  const order = new Map<HashName, readonly number[]>();
  for (const { hash: id, pcrSelect } of list) if (pcrSelect.length > 0) order.set(hashById(id)!.name, pcrSelect);
  for (const [bank, pcrs] of order) {
    for (const pcr of pcrs) {
      const { length } = values.get(bank)!.get(pcr)!;
      if (length === hashSize(bank)) continue;
      const size = `${bank} PCR ${pcr}: ${hashSize(bank)} bytes`;
      return { step: no('pcr-digest', 'wrong-size', size, `${length} bytes`) };
    }
  }
  // What is kept is what was hashed, not what the caller can still change.
  const packed = new PackedPcrs(order, values);
  const computed = packed.digestHex(hash);
  if (computed !== signed) return { step: no('pcr-digest', 'differs', signed, computed) };
  return { step: yes('pcr-digest', signed, computed), values: packed };
}
