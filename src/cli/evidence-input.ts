/** Evidence named on the command line: a bundle, or the plain files that tpm2-tools and the kernel write. */

import { UsageError } from '../bytes/errors.ts';
import { parseBundle, type EvidenceBundle } from '../evidence/bundle.ts';
import { bundleFromTpm2Tools } from '../evidence/formats/tpm2-tools.ts';
import type { VerifyOptions } from './commands/verify.ts';
import { readInput, readText } from './input.ts';

/** @throws UsageError `evidence.missing`, `evidence.mixed`; EvidenceError when a bundle is not one */
export function readEvidence(bundle: string | undefined, options: VerifyOptions): EvidenceBundle {
  const { quote, signature, pcrs, log, ima, systemdLog } = options;
  const plain = [quote, signature, pcrs, log, ima, systemdLog].some((file) => file !== undefined);
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
  const files = {
    quote: readInput(quote, '--quote'),
    signature: readInput(signature, '--signature'),
    ...(pcrs !== undefined && { pcrs: readInput(pcrs, '--pcrs') }),
    ...(log !== undefined && { firmwareLog: readInput(log, '--log') }),
    ...(ima !== undefined && { imaLog: readInput(ima, '--ima') }),
    ...(systemdLog !== undefined && { systemdLog: readInput(systemdLog, '--systemd-log') }),
  };
  return bundleFromTpm2Tools(files, '--pcrs');
}
