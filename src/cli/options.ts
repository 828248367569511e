/** Values of options that say what evidence is judged against. */

import { NONCE_BYTES } from '../api/nonce.ts';
import { EvidenceError, UsageError } from '../bytes/errors.ts';
import { fromHex } from '../bytes/text.ts';
import type { AkPin, Challenge } from '../chain/model.ts';
import { readAkPin } from '../tpm/key.ts';
import { parseSelection } from '../tpm/selection.ts';
import { readInput } from './input.ts';

/** @throws UsageError `nonce.invalid`, `selection.invalid`, `selection.without-nonce` */
export function readChallenge(nonce: string | undefined, selection: string | undefined): Challenge | undefined {
  if (nonce === undefined) {
    if (selection === undefined) return undefined;
    throw new UsageError(
      'selection.without-nonce',
      '--selection states what a challenge asked for, and there is no challenge without --nonce',
      'give --nonce HEX too',
    );
  }
  const bytes = option('nonce.invalid', `--nonce ${nonce}`, 'give the nonce in hexadecimal', () => fromHex(nonce));
  if (bytes.length < NONCE_BYTES.min || bytes.length > NONCE_BYTES.max) {
    throw new UsageError(
      'nonce.invalid',
      `--nonce is ${bytes.length} bytes; a challenge has ${NONCE_BYTES.min} to ${NONCE_BYTES.max}`,
      'quote again with a random nonce of 32 bytes',
    );
  }
  if (selection === undefined) return { nonce: bytes };
  const remedy = 'write for example sha256:0-15';
  option('selection.invalid', `--selection ${selection}`, remedy, () => parseSelection(selection));
  return { nonce: bytes, selection };
}

/** @throws UsageError `ak.invalid`, `ak.twice` */
export function readPins(akFile: string | undefined, akName: string | undefined): AkPin[] {
  if (akFile !== undefined && akName !== undefined) {
    throw new UsageError('ak.twice', '--ak and --ak-name both pin the attestation key', 'give one of them');
  }
  if (akFile !== undefined) {
    const publicArea = readInput(akFile, '--ak');
    const remedy = 'give TPM2B_PUBLIC, TPMT_PUBLIC (tpm2_readpublic -o) or PEM of the attestation key';
    option('ak.invalid', `--ak ${akFile}`, remedy, () => readAkPin(publicArea));
    return [{ by: 'caller', publicArea }];
  }
  if (akName === undefined) return [];
  const name = akName.toLowerCase();
  if (!/^000[bcd]([0-9a-f]{2}){32,64}$/.test(name)) {
    throw new UsageError(
      'ak.invalid',
      `--ak-name ${akName} is not the name of a key`,
      'give the name as tpm2_readpublic -n writes it, in hexadecimal',
    );
  }
  return [{ by: 'caller', name }];
}

/**
 * A time in RFC 3339.
 * @returns epoch milliseconds
 * @throws UsageError `time.invalid`
 */
export function readTime(text: string, what: string): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new UsageError(
      'time.invalid',
      `${what} ${text} is not a time`,
      'write RFC 3339, for example 2026-11-22T12:00:00Z',
    );
  }
  return at;
}

function option<T>(code: string, what: string, remedy: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof EvidenceError) throw new UsageError(code, `${what}: ${cause.message}`, remedy);
    throw cause;
  }
}
