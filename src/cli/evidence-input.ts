/** Evidence named on the command line: a bundle, or the plain files that tpm2-tools and the kernel write. */

import { UsageError } from '../bytes/errors.ts';
import { parseBundle, type EvidenceBundle } from '../evidence/bundle.ts';
import { bundleFromTpm2Tools } from '../evidence/formats/tpm2-tools.ts';
import type { PlainFileOptions } from './commands/plain-files.ts';
import { readInput, readText } from './input.ts';

/** @throws UsageError `evidence.missing`, `evidence.mixed`; EvidenceError when a bundle is not one */
export function readEvidence(bundle: string | undefined, options: PlainFileOptions): EvidenceBundle {
  const { quote, signature, pcrs, log, ima, systemdLog, akPublic } = options;
  const plain = [quote, signature, pcrs, log, ima, systemdLog, akPublic].some((file) => file !== undefined);
  if (bundle !== undefined && plain) {
    throw new UsageError('evidence.mixed', 'a bundle and plain files are both given', 'give one or the other');
  }
  if (bundle !== undefined) return parseBundle(readText(bundle, 'bundle'));
  if (plain) return readPlainFiles(options);
  throw new UsageError(
    'evidence.missing',
    'no evidence is given',
    'give a bundle, or at least --quote and --signature',
  );
}

/** @throws UsageError `evidence.missing`; EvidenceError when PCR values are in no layout of tpm2-tools */
export function readPlainFiles(options: PlainFileOptions): EvidenceBundle {
  const { quote, signature, pcrs, log, ima, systemdLog, akPublic } = options;
  if (quote === undefined || signature === undefined) {
    throw new UsageError('evidence.missing', 'there is no quote', 'give at least --quote and --signature');
  }
  const files = {
    quote: readInput(quote, '--quote'),
    signature: readInput(signature, '--signature'),
    ...(akPublic !== undefined && { ak: readInput(akPublic, '--ak-public') }),
    ...(pcrs !== undefined && { pcrs: readInput(pcrs, '--pcrs') }),
    ...(log !== undefined && { firmwareLog: readInput(log, '--log') }),
    ...(ima !== undefined && { imaLog: readInput(ima, '--ima') }),
    ...(systemdLog !== undefined && { systemdLog: readInput(systemdLog, '--systemd-log') }),
  };
  return bundleFromTpm2Tools(files, '--pcrs');
}
