/**
 * The endorsement key of the TPM, with its certificate and the chain of that (TCG EK Credential Profile for TPM Family 2.0, 2.6,
 * 2.2.2 and annex B).
 */

import { readDerPrefix, TAG } from '../../bytes/der.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import { ByteWriter } from '../../bytes/writer.ts';
import { EK_CHAIN_NV, EK_TEMPLATES, withEkNonce } from '../../tpm/ek-template.ts';
import { readPublic, readPublic2B, writePublic2B, type TpmtPublic } from '../../tpm/public.ts';
import { handlesFrom, HANDLE_KIND } from './capability.ts';
import { agentError, TpmError } from './errors.ts';
import { createPrimary, type LoadedKey } from './key.ts';
import { readIndex } from './nv.ts';
import type { Scope } from './scope.ts';

type EkTemplate = (typeof EK_TEMPLATES)[number];

/** Names of the templates, `L-1`, `H-3` …, in the order in which they are tried. */
export type EkPreference = readonly string[];

/**
 * Curves first, since their keys take a fraction of the time; of each kind the stronger. The order is part of a host's identity:
 * who changes it makes machines with two certificates enrol anew.
 */
const WITH_CERTIFICATE: EkPreference = ['H-3', 'H-2', 'L-2', 'H-4', 'H-1', 'L-1', 'H-6', 'H-7'];

/** Where no certificate says which key the maker meant: every TPM for PCs makes the first, nearly every one the second. */
const WITHOUT_CERTIFICATE: EkPreference = ['L-1', 'L-2'];

export interface EndorsementKey extends LoadedKey {
  /** name of its template in the profile */
  readonly template: string;
  /** what the NV index of the certificate holds: DER, filled up at the end by some makers; null where there is none */
  readonly certificate: Uint8Array | null;
}

/**
 * Makes the EK for which the TPM has a certificate; where it has none, the EK that every TPM has.
 * @param preference templates to choose from, the best first
 * @throws TpmError `tss2.ek-none` where the TPM makes none of the keys asked for
 */
export async function loadEk(scope: Scope, preference?: EkPreference): Promise<EndorsementKey> {
  const indices = new Set(await handlesFrom(scope, HANDLE_KIND.nvIndex));
  for (const template of named(preference ?? WITH_CERTIFICATE)) {
    if (!indices.has(template.nv.certificate)) continue;
    const certificate = await readIndex(scope, template.nv.certificate);
    const key = await make(scope, template, indices);
    // A certificate of another key is worth nothing: its maker used another template than the one that NV or the profile has.
    if (key !== null && holdsKey(certificate, readPublic2B(key.public, 'ek').public)) {
      return { ...key, template: template.name, certificate };
    }
  }
  for (const template of named(preference ?? WITHOUT_CERTIFICATE)) {
    const key = await make(scope, template, indices);
    if (key !== null) return { ...key, template: template.name, certificate: null };
  }
  throw agentError(
    'tss2.ek-none',
    `the TPM makes no endorsement key of ${(preference ?? WITHOUT_CERTIFICATE).join(', ')}`,
    'Name another template of the TCG profile: L-1 is RSA-2048, L-2 ECC P-256, H-3 ECC P-384.',
  );
}

/** @throws TpmError `tss2.ek-template` for a name that is none */
function named(names: EkPreference): EkTemplate[] {
  return names.map((name) => {
    const template = EK_TEMPLATES.find((known) => known.name === name);
    if (template !== undefined) return template;
    const known = EK_TEMPLATES.map((one) => one.name).join(', ');
    throw agentError('tss2.ek-template', `${name} is no template of an endorsement key`, `Name one of ${known}.`);
  });
}

/** What a TPM says of a template with an algorithm, a size or a curve it does not have. */
const UNSUPPORTED = new Set(
  ['ASYMMETRIC', 'CURVE', 'HASH', 'KEY_SIZE', 'MODE', 'SYMMETRIC', 'TYPE', 'VALUE'].map((name) => `TPM_RC_${name}`),
);

async function make(scope: Scope, template: EkTemplate, indices: ReadonlySet<number>): Promise<LoadedKey | null> {
  const area = await templateArea(scope, template, indices);
  if (area === null) return null;
  try {
    return await createPrimary(scope, 'endorsement', writePublic2B(area));
  } catch (error) {
    if (error instanceof TpmError && UNSUPPORTED.has(error.code)) return null;
    throw error;
  }
}

/**
 * What the key is made from: the template in NV, else that of the profile, and into its `unique` the nonce in NV (2.2.2.6).
 * @returns null where NV holds what is no template, or a nonce that has no room in it
 */
async function templateArea(
  scope: Scope,
  { public: usual, nv }: EkTemplate,
  indices: ReadonlySet<number>,
): Promise<TpmtPublic | null> {
  try {
    const area = indices.has(nv.template) ? readPublic(await readIndex(scope, nv.template), 'ek-template') : usual;
    if (nv.nonce === null || !indices.has(nv.nonce)) return area;
    return withEkNonce(area, await readIndex(scope, nv.nonce));
  } catch (error) {
    if (error instanceof EvidenceError || error instanceof RangeError) return null;
    throw error;
  }
}

/** Whether the bytes of a certificate hold a key. It is read by who judges it; here the key only has to be in it. */
function holdsKey(certificate: Uint8Array, area: TpmtPublic): boolean {
  const numbers = area.type === 'rsa' ? [area.unique] : [area.unique.x, area.unique.y];
  return numbers.every((number) => Buffer.from(certificate).includes(Buffer.from(number)));
}

/** The certificates between the EK certificate and a root that the TPM has, in the order it has them: DER, one by one. */
export async function readEkChain(scope: Scope): Promise<readonly Uint8Array[]> {
  const { first, last } = EK_CHAIN_NV;
  const indices = (await handlesFrom(scope, first)).filter((index) => index >= first && index <= last);
  const contents: Uint8Array[] = [];
  for (const index of indices) contents.push(await readIndex(scope, index));
  return splitChain(contents);
}

/**
 * The certificates of a chain. An index may hold several, a certificate may go on in the next index, and what follows the last
 * certificate of an index is padding.
 */
export function splitChain(contents: readonly Uint8Array[]): readonly Uint8Array[] {
  const certificates: Uint8Array[] = [];
  let begun: Uint8Array = new Uint8Array(0);
  for (const content of contents) {
    let rest = new ByteWriter().raw(begun).raw(content).bytes();
    let next = firstCertificate(rest);
    while (next instanceof Uint8Array) {
      certificates.push(next);
      rest = rest.subarray(next.length);
      next = firstCertificate(rest);
    }
    begun = next === 'begun' ? rest : new Uint8Array(0);
  }
  return certificates;
}

/** The certificate that bytes begin with; `begun` where they end before it does, `none` where they begin with something else. */
function firstCertificate(bytes: Uint8Array): Uint8Array | 'begun' | 'none' {
  if (bytes[0] !== TAG.sequence) return 'none';
  try {
    return readDerPrefix(bytes, 'ek-chain').raw;
  } catch (error) {
    if (error instanceof EvidenceError) return error.code === 'der.truncated' ? 'begun' : 'none';
    throw error;
  }
}
