/** Files of certificates and revocation lists named on the command line: nothing in them is passed over without a word. */

import { printable } from '../bytes/text.ts';
import { readTrustFile, type TrustFile } from '../x509/trust-file.ts';
import { readInput } from './input.ts';
import type { Io } from './io.ts';

/** Something that is there and was not taken. */
export interface LeftOut {
  /** file, or the subject of a certificate */
  readonly what: string;
  readonly why: string;
}

/**
 * Reads a file, and says what of it cannot be read.
 * @throws UsageError `input.*`; PolicyError as {@link readTrustFile}
 */
export function readTrustInput(path: string, leftOut: LeftOut[], passphrase = ''): TrustFile {
  const file = readTrustFile(readInput(path, 'the file'), path, passphrase);
  for (const { entry, code, message } of file.refused) {
    leftOut.push({ what: `${path}, entry ${entry}`, why: `${code}: ${message}` });
  }
  for (const label of file.ignored) leftOut.push({ what: path, why: `a PEM block ${label}` });
  return file;
}

export function sayLeftOut(io: Io, leftOut: readonly LeftOut[]): void {
  for (const { what, why } of leftOut) io.err(`left out: ${printable(what, 200)}: ${printable(why)}\n`);
}
