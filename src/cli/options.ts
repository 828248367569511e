/** Values of options that say what evidence is judged against. */

import { UsageError } from '../bytes/errors.ts';
import type { AkPin, Challenge } from '../chain/model.ts';
import type { ResolvedPolicy } from '../policy/resolve.ts';
import { pinsOfHost } from '../results/host.ts';
import { readAkPin } from '../tpm/key.ts';
import { option, readNonce, readSelectionOption } from './challenge-options.ts';
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
  const bytes = readNonce(nonce);
  if (selection === undefined) return { nonce: bytes };
  readSelectionOption(selection);
  return { nonce: bytes, selection };
}

/** Options that say whose attestation key counts. */
interface PinOptions {
  /** file of the key */
  readonly ak?: string | undefined;
  readonly akName?: string | undefined;
  /** a host of the policy's pin set */
  readonly host?: string | undefined;
}

/**
 * The pins of an appraisal; none: every key of the policy's pin set.
 * @throws UsageError `ak.invalid`, `ak.twice`, `host.unknown`
 */
export function readPins({ ak, akName, host }: PinOptions, policy: ResolvedPolicy): readonly AkPin[] {
  if ([ak, akName, host].filter((value) => value !== undefined).length > 1) {
    throw new UsageError('ak.twice', '--ak, --ak-name and --host each say whose key counts', 'give one of them');
  }
  if (ak !== undefined) return [{ by: 'caller', publicArea: readAk(ak) }];
  if (akName !== undefined) return [{ by: 'caller', name: readAkName(akName) }];
  if (host === undefined) return [];
  const pins = pinsOfHost(policy.pins, host);
  if (pins.length > 0) return pins;
  throw new UsageError(
    'host.unknown',
    `the pin set of ${policy.name} has no host ${host}`,
    'correct the name, or add the host’s attestation key to the pin set',
  );
}

function readAk(path: string): Uint8Array {
  const publicArea = readInput(path, '--ak');
  const remedy = 'give TPM2B_PUBLIC, TPMT_PUBLIC (tpm2_readpublic -o) or PEM of the attestation key';
  option('ak.invalid', `--ak ${path}`, remedy, () => readAkPin(publicArea));
  return publicArea;
}

function readAkName(text: string): string {
  const name = text.toLowerCase();
  if (/^000[bcd]([0-9a-f]{2}){32,64}$/.test(name)) return name;
  throw new UsageError(
    'ak.invalid',
    `--ak-name ${text} is not the name of a key`,
    'give the name as tpm2_readpublic -n writes it, in hexadecimal',
  );
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
