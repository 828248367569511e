/**
 * Subject public keys (RFC 5280, clause 4.1.2.7; RFC 3279, RFC 4055, RFC 5480, RFC 8410) as numbers, and as keys of `node:crypto`.
 * Keys marked for RSAES-OAEP or RSASSA-PSS are RSA keys like others; libraries that do not load them look at the mark only.
 */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { derBitOctets, derExpect, derOid, readDer, TAG, type DerNode } from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { readOr } from '../bytes/errors.ts';
import { toBase64url } from '../bytes/text.ts';
import { isNull, readAlgorithm, type AlgorithmIdentifier } from './algorithm.ts';
import { refused } from './codes.ts';

/** An RSA key, with what its algorithm identifier marks it for. */
export interface RsaKey {
  readonly type: 'rsa';
  readonly marked: 'rsaEncryption' | 'rsassa-pss' | 'rsaes-oaep';
  /** Big-endian, without leading zeros. */
  readonly modulus: Uint8Array;
  readonly exponent: bigint;
  /** Of a key marked for RSASSA-PSS: the parameters its signatures must have; undefined leaves them open. */
  readonly pss: AlgorithmIdentifier['parameters'];
}

/** A key on a curve of NIST. */
export interface EcKey {
  readonly type: 'ec';
  readonly curve: EcCurve;
  /** Big-endian, of the curve's full size. */
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

interface Ed25519Key {
  readonly type: 'ed25519';
  readonly point: Uint8Array;
}

/** A key that is named and no more: it can neither be an endorsement key nor have signed anything here. */
interface UnsupportedKey {
  readonly type: 'unsupported';
  readonly algorithm: string;
}

export type SubjectKey = RsaKey | EcKey | Ed25519Key | UnsupportedKey;

/** The numbers of a key as another structure has them, such as a TPM's public area; leading zeros may be there or not. */
export type KeyNumbers =
  | { readonly type: 'rsa'; readonly modulus: Uint8Array; readonly exponent: bigint }
  | { readonly type: 'ec'; readonly curve: EcCurve; readonly x: Uint8Array; readonly y: Uint8Array };

export type EcCurve = 'P-256' | 'P-384' | 'P-521';

const CURVES: ReadonlyMap<string, { readonly name: EcCurve; readonly size: number }> = new Map([
  ['1.2.840.10045.3.1.7', { name: 'P-256', size: 32 }],
  ['1.3.132.0.34', { name: 'P-384', size: 48 }],
  ['1.3.132.0.35', { name: 'P-521', size: 66 }],
]);

const RSA: ReadonlyMap<string, RsaKey['marked']> = new Map([
  ['1.2.840.113549.1.1.1', 'rsaEncryption'],
  ['1.2.840.113549.1.1.7', 'rsaes-oaep'],
  ['1.2.840.113549.1.1.10', 'rsassa-pss'],
]);

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';
const UNCOMPRESSED = 4;

/** Names for those that are met and not supported. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10040.4.1', 'DSA'],
  ['1.3.101.113', 'Ed448'],
  ['2.16.840.1.101.3.4.3.17', 'ML-DSA-44'],
  ['2.16.840.1.101.3.4.3.18', 'ML-DSA-65'],
  ['2.16.840.1.101.3.4.3.19', 'ML-DSA-87'],
  ['2.16.840.1.101.3.4.4.1', 'ML-KEM-512'],
  ['2.16.840.1.101.3.4.4.2', 'ML-KEM-768'],
  ['2.16.840.1.101.3.4.4.3', 'ML-KEM-1024'],
]);

/** The name of an algorithm that is not supported, or its identifier. */
export function algorithmText(oid: string): string {
  return KNOWN.get(oid) ?? oid;
}

/**
 * Opens a SubjectPublicKeyInfo.
 * @throws EvidenceError `x509.key-malformed`; an algorithm that is not supported is no error
 */
export function readSubjectKey(spki: Uint8Array, part: string): SubjectKey {
  return readOr(
    () => openSubjectKey(spki, part),
    (error) => {
      throw error.code === 'x509.key-malformed' ? error : malformed(error.message, part);
    },
  );
}

function openSubjectKey(spki: Uint8Array, part: string): SubjectKey {
  const root = readDer(spki, part);
  const fields = new DerFields(derExpect(root, TAG.sequence, root));
  const algorithm = readAlgorithm(fields.take(TAG.sequence));
  const key = derBitOctets(fields.take(TAG.bitString));
  fields.end();
  const marked = RSA.get(algorithm.oid);
  if (marked !== undefined) return readRsaKey(marked, algorithm.parameters, key, part);
  if (algorithm.oid === EC_PUBLIC_KEY) return readEcKey(algorithm.parameters, key, part);
  if (algorithm.oid !== ED25519) return { type: 'unsupported', algorithm: algorithmText(algorithm.oid) };
  if (key.length !== 32 || algorithm.parameters !== undefined) throw malformed('not an Ed25519 point', part);
  return { type: 'ed25519', point: key };
}

/**
 * The Node key. It goes through JWK, which costs a small part of what decoding DER costs, and knows no marks.
 * @returns undefined for a key that is not supported
 * @throws EvidenceError `x509.key-malformed` for a point that is not on its curve
 */
export function subjectKeyObject(key: SubjectKey, part: string): KeyObject | undefined {
  const jwk = jwkOf(key);
  if (jwk === undefined) return undefined;
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    throw malformed('the point is not on its curve, or the modulus no modulus', part);
  }
}

/** Whether both are the same key; what RSA keys are marked for does not count. A key that is not supported is no other. */
export function isSameKey(one: SubjectKey, other: SubjectKey | KeyNumbers): boolean {
  if (one.type === 'rsa' && other.type === 'rsa') {
    return isSameNumber(one.modulus, other.modulus) && one.exponent === other.exponent;
  }
  if (one.type === 'ec' && other.type === 'ec') {
    return one.curve === other.curve && isSameNumber(one.x, other.x) && isSameNumber(one.y, other.y);
  }
  return false;
}

function isSameNumber(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(withoutZeros(one), withoutZeros(other)) === 0;
}

function withoutZeros(number: Uint8Array): Uint8Array {
  const first = number.findIndex((octet) => octet !== 0);
  return number.subarray(first < 0 ? number.length : first);
}

function jwkOf(key: SubjectKey): JsonWebKey | undefined {
  switch (key.type) {
    case 'rsa':
      return { kty: 'RSA', n: toBase64url(key.modulus), e: toBase64url(bigEndian(key.exponent)) };
    case 'ec':
      return { kty: 'EC', crv: key.curve, x: toBase64url(key.x), y: toBase64url(key.y) };
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: toBase64url(key.point) };
    case 'unsupported':
      return undefined;
  }
}

/** RSAPublicKey (RFC 3279, clause 2.3.1). */
function readRsaKey(marked: RsaKey['marked'], parameters: DerNode | undefined, key: Uint8Array, part: string): RsaKey {
  if (marked === 'rsaEncryption' && parameters !== undefined && !isNull(parameters)) {
    throw malformed('an RSA key with parameters', part);
  }
  const root = readDer(key, part);
  const fields = new DerFields(derExpect(root, TAG.sequence, root));
  const modulus = readUnsigned(fields.take(TAG.integer));
  const exponent = readUnsigned(fields.take(TAG.integer));
  fields.end();
  // Longer ones are no RSA exponents, and costly to compute with before anyone looked at them.
  if (exponent.length > 32) throw malformed(`an exponent of ${exponent.length} octets`, part);
  const pss = marked === 'rsassa-pss' ? parameters : undefined;
  return { type: 'rsa', marked, modulus, exponent: BigInt(`0x${Buffer.from(exponent).toString('hex')}`), pss };
}

/** ECPoint on a named curve (RFC 5480, clause 2). */
function readEcKey(parameters: DerNode | undefined, point: Uint8Array, part: string): SubjectKey {
  if (parameters?.tag !== TAG.oid) throw malformed('a curve that is not named', part);
  const oid = derOid(parameters);
  const curve = CURVES.get(oid);
  if (curve === undefined) return { type: 'unsupported', algorithm: `EC on curve ${oid}` };
  if (point[0] !== UNCOMPRESSED || point.length !== 1 + 2 * curve.size)
    throw malformed('not an uncompressed point', part);
  return { type: 'ec', curve: curve.name, x: point.subarray(1, 1 + curve.size), y: point.subarray(1 + curve.size) };
}

/** A positive INTEGER in its shortest form, without the zero that makes it positive. */
function readUnsigned(node: DerNode): Uint8Array {
  const [first = 0x80, second = 0] = node.content;
  const padded = first === 0 && second < 0x80;
  if (first >= 0x80 || padded) throw malformed('not a positive number in its shortest form', node.part);
  return node.content.subarray(first === 0 ? 1 : 0);
}

function bigEndian(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function malformed(what: string, part: string): Error {
  return refused('x509.key-malformed', what, part);
}
