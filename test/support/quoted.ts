/** PCR values as a TPM would sign them: a real quote by a key in software, checked by the real quote check. */
import type { HashName } from '../../src/bytes/hash.ts';
import { checkQuote, type QuotedPcrs } from '../../src/tpm/quote.ts';
import { makeAk, makeQuote, pcrDigest } from '../tpm/software-tpm.ts';

const AK = makeAk('ecdsa');

/** The quoted form of the values of one bank. */
export function quotedPcrs(bank: HashName, values: ReadonlyMap<number, Uint8Array>): QuotedPcrs {
  const pcrs = new Map([[bank, values]]);
  const made = makeQuote(AK, `${bank}:${[...values.keys()].join(',')}`, (attest) => ({
    ...attest,
    attested: { ...attest.attested, pcrDigest: pcrDigest(attest.attested.pcrSelect, pcrs, AK.hash) },
  }));
  const { quoted } = checkQuote({ ...made.input, pcrs }, AK.ak, made.expected);
  if (quoted === undefined) throw new Error('the quote made for this test does not verify');
  return quoted;
}
