/** Signatures of certificates, lists and platform certificates: algorithm, key and bytes → whether the key made it. */

import { constants, verify, type KeyObject } from 'node:crypto';
import { contextTag, derExpect, derOnly, derSmallNumber, TAG, type DerNode } from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { readOr } from '../bytes/errors.ts';
import type { HashName } from '../bytes/hash.ts';
import { isNull, readAlgorithm, type AlgorithmIdentifier } from './algorithm.ts';
import type { Signed } from './certificate.ts';
import type { CertificateCode, Refusal } from './codes.ts';
import { algorithmText, type RsaKey, type SubjectKey } from './subject-key.ts';

/** How a signature was made. */
type Scheme =
  | { readonly scheme: 'pkcs1'; readonly hash: HashName }
  | { readonly scheme: 'pss'; readonly hash: HashName; readonly saltLength: number }
  | { readonly scheme: 'ecdsa'; readonly hash: HashName }
  | { readonly scheme: 'ed25519'; readonly hash: undefined };

const PKCS1: ReadonlyMap<string, HashName> = new Map([
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['1.3.14.3.2.29', 'sha1'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
]);

const ECDSA: ReadonlyMap<string, HashName> = new Map([
  ['1.2.840.10045.4.1', 'sha1'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);

const HASHES: ReadonlyMap<string, HashName> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** MD2, MD4 and MD5 with RSA. */
const BROKEN = new Set(['1.2.840.113549.1.1.2', '1.2.840.113549.1.1.3', '1.2.840.113549.1.1.4']);

const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const ED25519 = '1.3.101.112';

/** RSA sizes in bits: below, keys are broken; above, they only cost time (8192 is the largest seen). */
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
/** What SP 800-56B allows and no more than anything uses; small exponents have a history of forged padding. */
const MIN_EXPONENT = 65537n;
const MAX_EXPONENT = (1n << 64n) - 1n;

/**
 * Why nothing may rest on this key; undefined when something may.
 * Sizes of keys are part of what is read, so nothing is computed with a key before this.
 */
export function weaknessOf(key: SubjectKey): Refusal | undefined {
  if (key.type !== 'rsa') return undefined;
  const bits = key.modulus.length * 8 - Math.clz32(key.modulus[0]!) + 24;
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS || (key.modulus.at(-1)! & 1) === 0) {
    return {
      code: 'path.key-size',
      message: `an RSA modulus of ${bits} bits, ${MIN_RSA_BITS} to ${MAX_RSA_BITS} expected`,
    };
  }
  if (key.exponent < MIN_EXPONENT || key.exponent > MAX_EXPONENT || key.exponent % 2n === 0n) {
    return { code: 'path.key-exponent', message: `the RSA exponent is ${key.exponent}` };
  }
  return undefined;
}

/** The outcome: the hash of a signature that verifies, or why it does not count. */
export type SignatureCheck = { readonly ok: true; readonly sha1: boolean } | ({ readonly ok: false } & Refusal);

/**
 * Checks a signature. A signature over SHA-1 that verifies is told apart, for the caller's rule to decide.
 * @param key must have no weakness
 */
export function checkSignature(signed: Signed, key: SubjectKey, keyObject: KeyObject | undefined): SignatureCheck {
  const scheme = schemeOf(signed.signatureAlgorithm);
  if ('code' in scheme) return { ok: false, ...scheme };
  if (keyObject === undefined) return no('path.key-unsupported', `the issuer's key is ${keyText(key)}`);
  if (!fits(scheme, key)) return no('path.signature', `a signature of ${scheme.scheme}, a key of ${keyText(key)}`);
  if (key.type === 'rsa' && !allows(key, scheme)) {
    return no('path.key-unsupported', `the issuer's key is marked for ${key.marked} and does not allow this signature`);
  }
  const made = verify(scheme.hash, signed.tbs, nodeKey(scheme, keyObject), signed.signature);
  if (!made) return no('path.signature', "the issuer's key did not make the signature");
  return { ok: true, sha1: scheme.hash === 'sha1' };
}

function nodeKey(scheme: Scheme, key: KeyObject): Parameters<typeof verify>[2] {
  switch (scheme.scheme) {
    case 'pkcs1':
      return { key, padding: constants.RSA_PKCS1_PADDING };
    case 'pss':
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength };
    case 'ecdsa':
      return { key, dsaEncoding: 'der' };
    case 'ed25519':
      return key;
  }
}

function schemeOf(algorithm: AlgorithmIdentifier): Scheme | Refusal {
  const { oid, parameters } = algorithm;
  const nullOrAbsent = parameters === undefined || isNull(parameters);
  const pkcs1 = PKCS1.get(oid);
  if (pkcs1 !== undefined && nullOrAbsent) return { scheme: 'pkcs1', hash: pkcs1 };
  const ecdsa = ECDSA.get(oid);
  // NULL is wrong here, and a named quirk of whoever wrote it.
  if (ecdsa !== undefined && nullOrAbsent) return { scheme: 'ecdsa', hash: ecdsa };
  if (oid === ED25519 && parameters === undefined) return { scheme: 'ed25519', hash: undefined };
  if (oid === RSASSA_PSS && parameters !== undefined) return pssScheme(parameters);
  if (BROKEN.has(oid)) return { code: 'path.weak-hash', message: `signature algorithm ${oid}` };
  return { code: 'path.algorithm', message: `signature algorithm ${algorithmText(oid)}` };
}

/** RSASSA-PSS-params (RFC 4055, clause 3.1): one hash for everything, as RFC 8017 recommends and all do. */
function pssScheme(parameters: DerNode): Scheme | Refusal {
  const read = readOr(
    () => readPss(parameters),
    () => undefined,
  );
  if (read?.hash !== undefined && read.hash === read.maskHash && read.trailer === 1) {
    return { scheme: 'pss', hash: read.hash, saltLength: read.saltLength };
  }
  return { code: 'path.algorithm', message: 'RSASSA-PSS with parameters that are not supported' };
}

function readPss(parameters: DerNode): {
  hash: HashName | undefined;
  maskHash: HashName | undefined;
  saltLength: number;
  trailer: number;
} {
  const fields = new DerFields(derExpect(parameters, TAG.sequence, parameters));
  const [hash, mask, salt, trailer] = [0, 1, 2, 3].map((number) => fields.optional(contextTag(number)));
  fields.end();
  const maskAlgorithm = mask === undefined ? undefined : readAlgorithm(derOnly(mask));
  if (maskAlgorithm !== undefined && maskAlgorithm.oid !== MGF1) derExpect(undefined, TAG.oid, parameters);
  const number = (node: DerNode | undefined, byDefault: number): number =>
    node === undefined ? byDefault : derSmallNumber(derExpect(derOnly(node), TAG.integer, node));
  return {
    hash: hash === undefined ? 'sha1' : HASHES.get(readAlgorithm(derOnly(hash)).oid),
    maskHash: maskAlgorithm === undefined ? 'sha1' : maskHashOf(maskAlgorithm, parameters),
    saltLength: number(salt, 20),
    trailer: number(trailer, 1),
  };
}

function maskHashOf({ parameters }: AlgorithmIdentifier, parent: DerNode): HashName | undefined {
  return HASHES.get(readAlgorithm(derExpect(parameters, TAG.sequence, parent)).oid);
}

function fits(scheme: Scheme, key: SubjectKey): boolean {
  const type = { pkcs1: 'rsa', pss: 'rsa', ecdsa: 'ec', ed25519: 'ed25519' }[scheme.scheme];
  return key.type === type;
}

/** What the mark of an RSA key allows it to sign (RFC 4055, clauses 1.2 and 3.3). */
function allows(key: RsaKey, scheme: Scheme): boolean {
  if (key.marked === 'rsaEncryption') return true;
  if (key.marked === 'rsaes-oaep' || scheme.scheme !== 'pss') return false;
  if (key.pss === undefined) return true;
  const required = pssScheme(key.pss);
  return (
    'scheme' in required &&
    required.scheme === 'pss' &&
    required.hash === scheme.hash &&
    required.saltLength <= scheme.saltLength
  );
}

function keyText(key: SubjectKey): string {
  return key.type === 'unsupported' ? key.algorithm : key.type;
}

function no(code: CertificateCode, message: string): SignatureCheck {
  return { ok: false, code, message };
}
