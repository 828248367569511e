/**
 * The plain files that tpm2-tools and the kernel write, as one evidence bundle. Like every adapter of this folder it changes
 * the form of evidence and decides no trust: what it cannot read of a quote is left to the appraisal, which finds it.
 */

import { contentId } from '../../bytes/hash.ts';
import { isAttestOf, readAttest } from '../../tpm/attest.ts';
import { readPcrs } from '../../tpm/pcr-values.ts';
import { toSelection, type PcrSelection } from '../../tpm/selection.ts';
import type { ClaimedPcrs, EvidenceBundle, LogEvidence } from '../bundle.ts';

/** The content of the files. */
interface Tpm2ToolsFiles {
  /** `tpm2_quote --message`: TPMS_ATTEST */
  readonly quote: Uint8Array;
  /** `tpm2_quote --signature`: TPMT_SIGNATURE */
  readonly signature: Uint8Array;
  /** `tpm2_createak --public` or `tpm2_readpublic -o`: the AK’s public area, which is no more than what the host claims */
  readonly ak?: Uint8Array;
  /** PCR values in any layout of tpm2-tools (`tpm2_quote --pcr`, `tpm2_pcrread`); absent, the quote stands without values */
  readonly pcrs?: Uint8Array;
  /** `binary_bios_measurements` */
  readonly firmwareLog?: Uint8Array;
  /** `binary_runtime_measurements` or its ASCII form */
  readonly imaLog?: Uint8Array;
  /** `/run/log/systemd/tpm2-measure.log` */
  readonly systemdLog?: Uint8Array;
}

/**
 * @param pcrsName what errors call the file of PCR values
 * @throws EvidenceError as `readPcrs`: PCR values in no layout of tpm2-tools
 */
export function bundleFromTpm2Tools(files: Tpm2ToolsFiles, pcrsName = 'pcrs'): EvidenceBundle {
  const { quote, signature, ak, pcrs, firmwareLog, imaLog, systemdLog } = files;
  return {
    ...(ak !== undefined && { ak }),
    quotes: [{ attest: quote, signature, pcrs: claimedPcrs(pcrs, quote, pcrsName) }],
    ...(firmwareLog !== undefined && { firmwareLog: logEvidence(firmwareLog) }),
    ...(imaLog !== undefined && { imaLog: logEvidence(imaLog) }),
    ...(systemdLog !== undefined && { systemdLog: logEvidence(systemdLog) }),
    hints: new Map(),
  };
}

/** Nothing is believed of the values here: the quote's digest decides. */
function claimedPcrs(pcrs: Uint8Array | undefined, quote: Uint8Array, name: string): ClaimedPcrs {
  return pcrs === undefined ? new Map() : readPcrs(pcrs, quotedSelection(quote), name);
}

/** One layout of tpm2-tools does not say which PCRs it holds; they are then those of the quote, in its order. */
function quotedSelection(quote: Uint8Array): PcrSelection | undefined {
  try {
    const attest = readAttest(quote, 'QUOTE');
    return isAttestOf(attest, 'QUOTE') ? toSelection(attest.attested.pcrSelect) : undefined;
  } catch {
    // A quote that cannot be read is a finding of the appraisal, not an error of the values beside it.
    return undefined;
  }
}

function logEvidence(bytes: Uint8Array): LogEvidence {
  return { id: contentId(bytes), bytes };
}
