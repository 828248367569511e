/** The default templates of endorsement keys (TCG EK Credential Profile for TPM Family 2.0, 2.6, annex B). */

import type { HashName } from '../bytes/hash.ts';
import { curveByName, TPM_ALG, TPMA_OBJECT, type CurveName } from './algorithms.ts';
import { policyA, policyB, type EkPolicyHash } from './ek-policy.ts';
import type { TpmtPublic } from './public.ts';
import { templateDifferences } from './template.ts';

/** NV indices that belong to a template; null where the profile has none. */
interface EkNvIndices {
  /** the certificate of the key that the template makes */
  readonly certificate: number;
  /** what goes into `unique` instead of zeros, where the index is there: {@link withEkNonce} */
  readonly nonce: number | null;
  /** a TPMT_PUBLIC to be used instead of the default template, where the index is there */
  readonly template: number;
}

export interface EkTemplate {
  /** as the profile names it */
  readonly name: string;
  /** clause of the profile */
  readonly clause: string;
  /** input of TPM2_CreatePrimary in the endorsement hierarchy */
  readonly public: TpmtPublic;
  readonly nv: EkNvIndices;
}

const { fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, adminWithPolicy, restricted, decrypt } = TPMA_OBJECT;

/** B.3: used by policy only, which is PolicyA. */
const LOW_ATTRIBUTES = fixedTPM | fixedParent | sensitiveDataOrigin | adminWithPolicy | restricted | decrypt;

/** B.4: by its authorization value too; the policy is PolicyB. */
const HIGH_ATTRIBUTES = LOW_ATTRIBUTES | userWithAuth;

/**
 * The templates whose keys this verifier reads, in the order of the profile. Its template H-5 makes a key on SM2 P-256,
 * named by SM3; both are unknown here.
 */
export const EK_TEMPLATES: readonly EkTemplate[] = [
  { name: 'L-1', clause: 'B.3.3', public: rsa('low', 2048, 'sha256', 128), nv: low(0x01c00002) },
  { name: 'L-2', clause: 'B.3.4', public: ecc('low', 'p256', 'sha256', 128), nv: low(0x01c0000a) },
  { name: 'H-1', clause: 'B.4.4.1', public: rsa('high', 2048, 'sha256', 128), nv: high(0x01c00012) },
  { name: 'H-2', clause: 'B.4.4.2', public: ecc('high', 'p256', 'sha256', 128), nv: high(0x01c00014) },
  { name: 'H-3', clause: 'B.4.4.3', public: ecc('high', 'p384', 'sha384', 256), nv: high(0x01c00016) },
  { name: 'H-4', clause: 'B.4.4.4', public: ecc('high', 'p521', 'sha512', 256), nv: high(0x01c00018) },
  { name: 'H-6', clause: 'B.4.4.6', public: rsa('high', 3072, 'sha384', 256), nv: high(0x01c0001c) },
  { name: 'H-7', clause: 'B.4.4.7', public: rsa('high', 4096, 'sha384', 256), nv: high(0x01c0001e) },
];

/** NV indices that hold, one after the other, the DER certificates between those of the keys and a root (2.2.2.5). */
export const EK_CHAIN_NV = { first: 0x01c00100, last: 0x01c001ff } as const;

/** The default template from which the key of a public area was made, whatever its `unique`; null for none of them. */
export function ekTemplateOf(area: TpmtPublic): EkTemplate | null {
  return EK_TEMPLATES.find((template) => templateDifferences(area, template.public).length === 0) ?? null;
}

/**
 * A template of the low range with the nonce of its NV index: at the front of the modulus, or in x (2.2.2.4).
 * @throws RangeError for a nonce that is longer than its place
 */
export function withEkNonce(template: TpmtPublic, nonce: Uint8Array): TpmtPublic {
  if (template.type === 'rsa') return { ...template, unique: filled(template.unique.length, nonce) };
  return { ...template, unique: { ...template.unique, x: filled(template.unique.x.length, nonce) } };
}

function filled(size: number, front: Uint8Array): Uint8Array {
  const out = new Uint8Array(size);
  out.set(front);
  return out;
}

/** 2.2.2.4 */
function low(certificate: number): EkNvIndices {
  return { certificate, nonce: certificate + 1, template: certificate + 2 };
}

/** 2.2.2.5 */
function high(certificate: number): EkNvIndices {
  return { certificate, nonce: null, template: certificate + 1 };
}

type Range = 'low' | 'high';

/** In the low range `unique` is zeros as long as the key, in the high range it is empty (B.3.3, B.4.4). */
function rsa(range: Range, keyBits: number, nameAlg: EkPolicyHash, cipherBits: number): TpmtPublic {
  const parameters = { symmetric: aes(cipherBits), scheme: null, keyBits, exponent: 0 };
  return {
    type: 'rsa',
    ...area(range, nameAlg),
    parameters,
    unique: new Uint8Array(range === 'low' ? keyBits / 8 : 0),
  };
}

function ecc(range: Range, curveID: CurveName, nameAlg: EkPolicyHash, cipherBits: number): TpmtPublic {
  const parameters = { symmetric: aes(cipherBits), scheme: null, curveID, kdf: null };
  const size = range === 'low' ? curveByName(curveID).size : 0;
  const unique = { x: new Uint8Array(size), y: new Uint8Array(size) };
  return { type: 'ecc', ...area(range, nameAlg), parameters, unique };
}

function area(
  range: Range,
  nameAlg: EkPolicyHash,
): { readonly nameAlg: HashName; readonly objectAttributes: number; readonly authPolicy: Uint8Array } {
  return range === 'low'
    ? { nameAlg, objectAttributes: LOW_ATTRIBUTES, authPolicy: policyA(nameAlg) }
    : { nameAlg, objectAttributes: HIGH_ATTRIBUTES, authPolicy: policyB(nameAlg) };
}

function aes(keyBits: number): { readonly algorithm: number; readonly keyBits: number; readonly mode: number } {
  return { algorithm: TPM_ALG.AES, keyBits, mode: TPM_ALG.CFB };
}
