/** A quote together with the values it is over. */

import { isAttestOf, readAttest } from '../../tpm/attest.ts';
import type { PcrValues } from '../../tpm/pcr-values.ts';
import { judgeDigest, judgeSelection } from '../../tpm/quote-steps.ts';
import { signedSelection, type PcrSelection } from '../../tpm/selection.ts';
import { readSignature } from '../../tpm/signature.ts';
import { quote, type Attestation } from './attest.ts';
import type { Handle } from './commands.ts';
import { pcrNotThere, pcrsChanging, readPcrs } from './pcr.ts';
import type { Runner } from './scope.ts';

/** How often quote and values are asked for until they belong together. */
const TRIES = 5;

export interface QuoteWithValues extends Attestation {
  readonly pcrs: PcrValues;
}

/**
 * Quotes PCRs and reads them. TPM2_Quote signs a digest, not the values, and a PCR may be extended before they are read: then
 * both are asked for again.
 * @param extraData up to 64 bytes
 * @throws TpmError `tss2.pcrs-changing` when values and quote never belonged together, `tss2.pcr-not-there`
 */
export async function quoteWithValues(
  tpm: Runner,
  ak: Handle,
  extraData: Uint8Array,
  selection: PcrSelection,
): Promise<QuoteWithValues> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { attest, signature } = await quote(tpm, ak, extraData, selection);
    const signed = readAttest(attest, 'QUOTE');
    // A TPM leaves a bank that is not active out of what it signs, and gives no error.
    if (!isAttestOf(signed, 'QUOTE')) throw await pcrNotThere(tpm, selection);
    const quoted = signedSelection(signed.attested.pcrSelect);
    if (judgeSelection(selection, quoted).answer !== 'yes') throw await pcrNotThere(tpm, selection);
    const pcrs = await readPcrs(tpm, selection);
    const { step } = judgeDigest(signed, quoted, readSignature(signature).hash, pcrs);
    if (step.answer === 'yes') return { attest, signature, pcrs };
  }
  throw pcrsChanging(TRIES);
}
