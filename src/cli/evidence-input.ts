/** Evidence named on the command line: a bundle, or the plain files that tpm2-tools and the kernel write. */

import { UsageError } from '../bytes/errors.ts';
import { contentId } from '../bytes/hash.ts';
import { parseBundle, type ClaimedPcrs, type EvidenceBundle, type LogEvidence } from '../evidence/bundle.ts';
import { isQuoteAttest, readAttest } from '../tpm/attest.ts';
import { readPcrs } from '../tpm/pcr-values.ts';
import { toSelection, type PcrSelection } from '../tpm/selection.ts';
import type { VerifyOptions } from './commands/verify.ts';
import { readInput, readText } from './input.ts';

/** @throws UsageError `evidence.missing`, `evidence.mixed`; EvidenceError when a bundle is not one */
export function readEvidence(bundle: string | undefined, options: VerifyOptions): EvidenceBundle {
  const { quote, signature, pcrs, log, ima } = options;
  const plain = [quote, signature, pcrs, log, ima].some((file) => file !== undefined);
  if (bundle !== undefined && plain) {
    throw new UsageError('evidence.mixed', 'a bundle and plain files are both given', 'give one or the other');
  }
  if (bundle !== undefined) return parseBundle(readText(bundle, 'bundle'));
  if (quote === undefined || signature === undefined) {
    throw new UsageError(
      'evidence.missing',
      'no evidence is given',
      'give a bundle, or at least --quote and --signature',
    );
  }
  const attest = readInput(quote, '--quote');
  return {
    quotes: [{ attest, signature: readInput(signature, '--signature'), pcrs: pcrValues(pcrs, attest) }],
    ...(log !== undefined && { firmwareLog: logEvidence(log, '--log') }),
    ...(ima !== undefined && { imaLog: logEvidence(ima, '--ima') }),
    hints: new Map(),
  };
}

/** Without --pcrs the quote stands without values. Nothing is believed of them here: the quote's digest decides. */
function pcrValues(path: string | undefined, attest: Uint8Array): ClaimedPcrs {
  if (path === undefined) return new Map();
  return readPcrs(readInput(path, '--pcrs'), quotedSelection(attest), '--pcrs');
}

/** One layout of tpm2-tools does not say which PCRs it holds; they are then those of the quote, in its order. */
function quotedSelection(attest: Uint8Array): PcrSelection | undefined {
  try {
    const parsed = readAttest(attest);
    return isQuoteAttest(parsed) ? toSelection(parsed.attested.pcrSelect) : undefined;
  } catch {
    // A quote that cannot be read is a finding of the appraisal, not an error of this option.
    return undefined;
  }
}

function logEvidence(path: string, what: string): LogEvidence {
  const bytes = readInput(path, what);
  return { id: contentId(bytes), bytes };
}
