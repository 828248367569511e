/** The files of a fixture: what the host presents (`bundle*.json`), and what the verifier knows (`context.json` and the pinned keys). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const BANKS = ['sha256', 'sha384', 'sha1'] as const;
export type Bank = (typeof BANKS)[number];

export const KEYS = ['ecc', 'rsa'] as const;
export type Key = (typeof KEYS)[number];

export const PCRS = Array.from({ length: 16 }, (_, index) => index);

const DIGEST_SIZE: Readonly<Record<Bank, number>> = { sha256: 32, sha384: 48, sha1: 20 };

export interface Quote {
  readonly attest: Buffer;
  readonly signature: Buffer;
  /** PCR 0 to 15, one after the other. */
  readonly values: Buffer;
}

/** Everything one host said in one boot. */
export interface Capture {
  readonly host: string;
  readonly nonce: Buffer;
  readonly at: Date;
  /** TPM2B_PUBLIC of each attestation key. */
  readonly keys: Readonly<Record<Key, Buffer>>;
  readonly quotes: Readonly<Record<Key, Readonly<Record<Bank, Quote>>>>;
  readonly firmware: Buffer;
  readonly ima: Buffer;
}

/** `bundle.json` in the schema `assay.evidence/1`. */
export interface BundleJson {
  readonly schema: 'assay.evidence/1';
  readonly ak: string;
  readonly quotes: readonly {
    readonly attest: string;
    readonly signature: string;
    readonly pcrs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  }[];
  readonly logs: { readonly firmware: string; readonly ima: string };
  readonly hints: { readonly hostname: string };
}

export interface ContextJson {
  readonly schema: 'assay.context/1';
  readonly nonce: string;
  readonly selection: string;
  readonly at: string;
  readonly ak: Readonly<Record<Key, string>>;
  readonly host: string;
  /** Policy to judge by, from the root of the repository. */
  readonly policy?: string;
}

export const BUNDLE_FILES: Readonly<Record<Key, string>> = { ecc: 'bundle.json', rsa: 'bundle-rsa.json' };
const KEY_FILES: Readonly<Record<Key, string>> = { ecc: 'ak-ecc.tpm2b', rsa: 'ak-rsa.tpm2b' };

export function bundleJson(capture: Capture, key: Key): BundleJson {
  return {
    schema: 'assay.evidence/1',
    ak: capture.keys[key].toString('base64url'),
    quotes: BANKS.map((bank) => {
      const quote = capture.quotes[key][bank];
      return {
        attest: quote.attest.toString('base64url'),
        signature: quote.signature.toString('base64url'),
        pcrs: { [bank]: pcrValues(quote.values, bank) },
      };
    }),
    logs: { firmware: capture.firmware.toString('base64url'), ima: capture.ima.toString('base64url') },
    hints: { hostname: capture.host },
  };
}

export function contextJson(nonce: string, at: string, host: string): ContextJson {
  return { schema: 'assay.context/1', nonce, selection: `sha256:${PCRS.join(',')}`, at, ak: KEY_FILES, host };
}

export interface FixtureFiles {
  readonly bundles: Readonly<Record<Key, BundleJson>>;
  readonly context: ContextJson;
  readonly pins: Readonly<Record<Key, Uint8Array>>;
}

export function fixtureOf(capture: Capture): FixtureFiles {
  return {
    bundles: { ecc: bundleJson(capture, 'ecc'), rsa: bundleJson(capture, 'rsa') },
    context: contextJson(capture.nonce.toString('hex'), capture.at.toISOString(), capture.host),
    pins: capture.keys,
  };
}

/** The same evidence with the policy it is to be judged by. */
export function judgedBy(files: FixtureFiles, policy: string): FixtureFiles {
  return { ...files, context: { ...files.context, policy } };
}

export async function writeFixture(folder: string, files: FixtureFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const key of KEYS) {
    await writeJson(join(folder, BUNDLE_FILES[key]), files.bundles[key]);
    await writeFile(join(folder, KEY_FILES[key]), files.pins[key]);
  }
  await writeJson(join(folder, 'context.json'), files.context);
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Lower-case hex values by PCR number. */
export function pcrValues(values: Buffer, bank: Bank): Record<string, string> {
  const size = DIGEST_SIZE[bank];
  if (values.length !== size * PCRS.length) throw new Error(`expected ${PCRS.length} values of ${bank}`);
  return Object.fromEntries(PCRS.map((pcr) => [String(pcr), values.toString('hex', pcr * size, (pcr + 1) * size)]));
}
