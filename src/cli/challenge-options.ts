/** Values of options that say what a quote answers. */

import { NONCE_BYTES } from '../api/nonce.ts';
import { EvidenceError, UsageError } from '../bytes/errors.ts';
import { fromHex } from '../bytes/text.ts';
import { parseSelection, type PcrSelection } from '../tpm/selection.ts';

/** @throws UsageError `nonce.invalid` */
export function readNonce(text: string): Uint8Array {
  const bytes = option('nonce.invalid', `--nonce ${text}`, 'give the nonce in hexadecimal', () => fromHex(text));
  if (bytes.length >= NONCE_BYTES.min && bytes.length <= NONCE_BYTES.max) return bytes;
  throw new UsageError(
    'nonce.invalid',
    `--nonce is ${bytes.length} bytes; a challenge has ${NONCE_BYTES.min} to ${NONCE_BYTES.max}`,
    'quote again with a random nonce of 32 bytes',
  );
}

/** @throws UsageError `selection.invalid` */
export function readSelectionOption(text: string): PcrSelection {
  return option('selection.invalid', `--selection ${text}`, 'write for example sha256:0-15', () =>
    parseSelection(text),
  );
}

/** Reads a value; what is wrong with it is wrong with the option. */
export function option<T>(code: string, what: string, remedy: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof EvidenceError) throw new UsageError(code, `${what}: ${cause.message}`, remedy);
    throw cause;
  }
}
