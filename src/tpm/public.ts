/** TPMT_PUBLIC and TPM2B_PUBLIC: the public area of an asymmetric key (TPM 2.0 Part 2, 12.2.4 and 12.2.5). */

import { hashById, hashByName, hashSize, type HashName } from '../bytes/hash.ts';
import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { algorithmName, curveById, curveByName, TPM_ALG, TPMA_OBJECT_DEFINED, type CurveName } from './algorithms.ts';

/** TPMT_SYM_DEF_OBJECT: what a storage key encrypts its children with; null for TPM_ALG_NULL. */
export interface TpmtSymDefObject {
  /** TPM_ALG_ID */
  readonly algorithm: number;
  readonly keyBits: number;
  /** TPM_ALG_ID of the mode */
  readonly mode: number;
}

/** TPMT_RSA_SCHEME or TPMT_ECC_SCHEME; null for TPM_ALG_NULL. */
export interface TpmtAsymScheme {
  /** TPM_ALG_ID */
  readonly scheme: number;
  /** null for RSAES, which has no hash */
  readonly hashAlg: HashName | null;
  /** ECDAA only */
  readonly count: number | null;
}

/** TPMT_KDF_SCHEME; null for TPM_ALG_NULL. */
export interface TpmtKdfScheme {
  /** TPM_ALG_ID */
  readonly scheme: number;
  readonly hashAlg: HashName;
}

interface PublicArea {
  readonly nameAlg: HashName;
  /** TPMA_OBJECT, an unsigned 32-bit mask */
  readonly objectAttributes: number;
  /** empty, or a digest of nameAlg */
  readonly authPolicy: Uint8Array;
}

/** TPMT_PUBLIC of an RSA key. */
export interface TpmtPublicRsa extends PublicArea {
  readonly type: 'rsa';
  readonly parameters: {
    readonly symmetric: TpmtSymDefObject | null;
    readonly scheme: TpmtAsymScheme | null;
    readonly keyBits: number;
    /** as encoded: 0 means 65537 */
    readonly exponent: number;
  };
  /** the modulus, big-endian */
  readonly unique: Uint8Array;
}

/** TPMT_PUBLIC of an ECC key. */
export interface TpmtPublicEcc extends PublicArea {
  readonly type: 'ecc';
  readonly parameters: {
    readonly symmetric: TpmtSymDefObject | null;
    readonly scheme: TpmtAsymScheme | null;
    readonly curveID: CurveName;
    readonly kdf: TpmtKdfScheme | null;
  };
  /** TPMS_ECC_POINT, big-endian; a TPM may have dropped leading zeros */
  readonly unique: { readonly x: Uint8Array; readonly y: Uint8Array };
}

/** TPMT_PUBLIC, by the type of the key. */
export type TpmtPublic = TpmtPublicRsa | TpmtPublicEcc;

/** 4096-bit RSA is the largest any TPM profile names; bounds what is handed to the RSA arithmetic. */
const MAX_RSA_BYTES = 512;

const SYMMETRIC_CIPHERS = new Set<number>([TPM_ALG.AES, TPM_ALG.SM4, TPM_ALG.CAMELLIA, TPM_ALG.TDES]);
const RSA_SCHEMES = new Set<number>([TPM_ALG.RSASSA, TPM_ALG.RSAPSS, TPM_ALG.RSAES, TPM_ALG.OAEP]);
const ECC_SCHEMES = new Set<number>([
  TPM_ALG.ECDSA,
  TPM_ALG.ECDH,
  TPM_ALG.ECDAA,
  TPM_ALG.SM2,
  TPM_ALG.ECSCHNORR,
  TPM_ALG.ECMQV,
]);
const KDFS = new Set<number>([TPM_ALG.MGF1, TPM_ALG.KDF1_SP800_56A, TPM_ALG.KDF2, TPM_ALG.KDF1_SP800_108]);

/**
 * Reads a TPMT_PUBLIC that fills `bytes` to the end.
 * @throws EvidenceError `tpm.public-type`, `tpm.hash`, `tpm.attributes-reserved`, `tpm.auth-policy-size`, `tpm.symmetric`,
 *   `tpm.scheme`, `tpm.curve`, `tpm.public-size`, `bytes.truncated`, `bytes.trailing`
 */
export function readPublic(bytes: Uint8Array, part = 'tpmt-public'): TpmtPublic {
  const reader = new ByteReader(bytes, part);
  const area = readArea(reader);
  reader.end();
  return area;
}

/**
 * Reads a TPM2B_PUBLIC that fills `bytes` to the end.
 * @returns the public area and its bytes, from which the name is computed
 * @throws EvidenceError as {@link readPublic}
 */
export function readPublic2B(
  bytes: Uint8Array,
  part = 'tpm2b-public',
): { readonly public: TpmtPublic; readonly bytes: Uint8Array } {
  const reader = new ByteReader(bytes, part);
  const inner = reader.slice(reader.u16be());
  reader.end();
  const area = readArea(inner);
  inner.end();
  return { public: area, bytes: inner.bytes };
}

function readArea(reader: ByteReader): TpmtPublic {
  const type = reader.u16be();
  if (type !== TPM_ALG.RSA && type !== TPM_ALG.ECC) {
    throw reader.error('tpm.public-type', `a key of type ${algorithmName(type)} is not asymmetric RSA or ECC`);
  }
  const nameAlg = readHash(reader);
  const objectAttributes = reader.u32be();
  if ((objectAttributes & ~TPMA_OBJECT_DEFINED) !== 0) {
    throw reader.error(
      'tpm.attributes-reserved',
      `objectAttributes sets reserved bits: 0x${objectAttributes.toString(16)}`,
    );
  }
  const authPolicy = reader.take(reader.u16be());
  if (authPolicy.length !== 0 && authPolicy.length !== hashSize(nameAlg)) {
    throw reader.error('tpm.auth-policy-size', `authPolicy of ${authPolicy.length} bytes under nameAlg ${nameAlg}`);
  }
  const common = { nameAlg, objectAttributes, authPolicy };
  const symmetric = readSymmetric(reader);
  if (type === TPM_ALG.RSA) {
    const scheme = readScheme(reader, RSA_SCHEMES);
    const keyBits = reader.u16be();
    const exponent = reader.u32be();
    const unique = readSized(reader, MAX_RSA_BYTES);
    return { type: 'rsa', ...common, parameters: { symmetric, scheme, keyBits, exponent }, unique };
  }
  const scheme = readScheme(reader, ECC_SCHEMES);
  const curveId = reader.u16be();
  const curve = curveById(curveId);
  if (curve === undefined)
    throw reader.error('tpm.curve', `curve 0x${curveId.toString(16)} is none of P-256, P-384 and P-521`);
  const kdf = readKdf(reader);
  const x = readSized(reader, curve.size);
  const y = readSized(reader, curve.size);
  return { type: 'ecc', ...common, parameters: { symmetric, scheme, curveID: curve.name, kdf }, unique: { x, y } };
}

function readHash(reader: ByteReader): HashName {
  const id = reader.u16be();
  const hash = hashById(id);
  if (hash === undefined) throw reader.error('tpm.hash', `${algorithmName(id)} is not a supported hash algorithm`);
  return hash.name;
}

function readSized(reader: ByteReader, limit: number): Uint8Array {
  const size = reader.u16be();
  if (size > limit) throw reader.error('tpm.public-size', `${size} bytes where at most ${limit} are possible`);
  return reader.take(size);
}

function readSymmetric(reader: ByteReader): TpmtSymDefObject | null {
  const algorithm = reader.u16be();
  if (algorithm === TPM_ALG.NULL) return null;
  if (!SYMMETRIC_CIPHERS.has(algorithm)) {
    throw reader.error('tpm.symmetric', `${algorithmName(algorithm)} is not a symmetric cipher for objects`);
  }
  return { algorithm, keyBits: reader.u16be(), mode: reader.u16be() };
}

function readScheme(reader: ByteReader, allowed: ReadonlySet<number>): TpmtAsymScheme | null {
  const scheme = reader.u16be();
  if (scheme === TPM_ALG.NULL) return null;
  if (!allowed.has(scheme))
    throw reader.error('tpm.scheme', `${algorithmName(scheme)} is not a scheme of this key type`);
  if (scheme === TPM_ALG.RSAES) return { scheme, hashAlg: null, count: null };
  const hashAlg = readHash(reader);
  return { scheme, hashAlg, count: scheme === TPM_ALG.ECDAA ? reader.u16be() : null };
}

function readKdf(reader: ByteReader): TpmtKdfScheme | null {
  const scheme = reader.u16be();
  if (scheme === TPM_ALG.NULL) return null;
  if (!KDFS.has(scheme)) throw reader.error('tpm.scheme', `${algorithmName(scheme)} is not a key derivation function`);
  return { scheme, hashAlg: readHash(reader) };
}

/** The bytes of a TPMT_PUBLIC. */
export function writePublic(area: TpmtPublic): Uint8Array {
  const out = new ByteWriter()
    .u16be(area.type === 'rsa' ? TPM_ALG.RSA : TPM_ALG.ECC)
    .u16be(hashId(area.nameAlg))
    .u32be(area.objectAttributes)
    .sized16be(area.authPolicy);
  const { symmetric, scheme } = area.parameters;
  if (symmetric === null) out.u16be(TPM_ALG.NULL);
  else out.u16be(symmetric.algorithm).u16be(symmetric.keyBits).u16be(symmetric.mode);
  if (scheme === null) out.u16be(TPM_ALG.NULL);
  else {
    out.u16be(scheme.scheme);
    if (scheme.hashAlg !== null) out.u16be(hashId(scheme.hashAlg));
    if (scheme.count !== null) out.u16be(scheme.count);
  }
  if (area.type === 'rsa') {
    return out.u16be(area.parameters.keyBits).u32be(area.parameters.exponent).sized16be(area.unique).bytes();
  }
  const { curveID, kdf } = area.parameters;
  out.u16be(curveByName(curveID).id);
  if (kdf === null) out.u16be(TPM_ALG.NULL);
  else out.u16be(kdf.scheme).u16be(hashId(kdf.hashAlg));
  return out.sized16be(area.unique.x).sized16be(area.unique.y).bytes();
}

/** The bytes of a TPM2B_PUBLIC. */
export function writePublic2B(area: TpmtPublic): Uint8Array {
  return new ByteWriter().sized16be(writePublic(area)).bytes();
}

function hashId(name: HashName): number {
  return hashByName(name)!.id;
}
