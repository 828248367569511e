/** TPMT_SIGNATURE and its verification with an attestation key (TPM 2.0 Part 2, 11.3.4; Part 1, annexes B and C). */

import { constants, verify } from 'node:crypto';
import { hashById, hashByName, hashSize, type HashName } from '../bytes/hash.ts';
import { ByteReader } from '../bytes/reader.ts';
import { toHex } from '../bytes/text.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { algorithmName, curveByName, TPM_ALG, type Curve } from './algorithms.ts';
import type { AttestationKey } from './key.ts';

/** TPMS_SIGNATURE_RSA. */
export interface RsaSignature {
  readonly sigAlg: typeof TPM_ALG.RSASSA | typeof TPM_ALG.RSAPSS;
  readonly hash: HashName;
  readonly sig: Uint8Array;
}

/** TPMS_SIGNATURE_ECC. Numbers are big-endian; a TPM may drop leading zeros. */
export interface EcdsaSignature {
  readonly sigAlg: typeof TPM_ALG.ECDSA;
  readonly hash: HashName;
  readonly signatureR: Uint8Array;
  readonly signatureS: Uint8Array;
}

/** TPMT_SIGNATURE, by its scheme. */
export type TpmtSignature = RsaSignature | EcdsaSignature;

/** RSA-4096; bounds every number of a signature. */
const MAX_NUMBER = 512;

/**
 * Reads a TPMT_SIGNATURE that fills `bytes` to the end.
 * @throws EvidenceError `tpm.signature-scheme` for other schemes, `tpm.hash`, `tpm.signature-size`, `bytes.truncated`,
 *   `bytes.trailing`
 */
export function readSignature(bytes: Uint8Array, part = 'tpmt-signature'): TpmtSignature {
  const reader = new ByteReader(bytes, part);
  const sigAlg = reader.u16be();
  if (sigAlg !== TPM_ALG.RSASSA && sigAlg !== TPM_ALG.RSAPSS && sigAlg !== TPM_ALG.ECDSA) {
    throw reader.error('tpm.signature-scheme', `${algorithmName(sigAlg)} is not RSASSA, RSAPSS or ECDSA`);
  }
  const id = reader.u16be();
  const hash = hashById(id)?.name;
  if (hash === undefined) throw reader.error('tpm.hash', `${algorithmName(id)} is not a supported hash algorithm`);
  const first = readNumber(reader);
  if (sigAlg !== TPM_ALG.ECDSA) {
    reader.end();
    return { sigAlg, hash, sig: first };
  }
  const signatureS = readNumber(reader);
  reader.end();
  return { sigAlg, hash, signatureR: first, signatureS };
}

function readNumber(reader: ByteReader): Uint8Array {
  const size = reader.u16be();
  if (size > MAX_NUMBER) throw reader.error('tpm.signature-size', `a number of ${size} bytes; at most ${MAX_NUMBER}`);
  return reader.take(size);
}

/** The bytes of a TPMT_SIGNATURE. */
export function writeSignature(signature: TpmtSignature): Uint8Array {
  const out = new ByteWriter().u16be(signature.sigAlg).u16be(hashByName(signature.hash)!.id);
  if (signature.sigAlg !== TPM_ALG.ECDSA) return out.sized16be(signature.sig).bytes();
  return out.sized16be(signature.signatureR).sized16be(signature.signatureS).bytes();
}

/**
 * Why a signature is not accepted: its hash is SHA-1; the key is of the other kind; the key has no scheme of its own
 * (impossible for a restricted key); scheme or hash is not the key's; a number has the wrong width or range; or it does
 * not verify.
 */
export type SignatureFault =
  'weak-hash' | 'key-type' | 'null-scheme' | 'scheme-mismatch' | 'number-width' | 'number-range' | 'not-verified';

/**
 * Verifies a signature over `message` with the key's own scheme; where only the key is known, with the signature's, of a
 * strong hash.
 * @returns null when it verifies
 */
export function signatureFault(
  message: Uint8Array,
  signature: TpmtSignature,
  ak: AttestationKey,
): SignatureFault | null {
  if (!hashByName(signature.hash)!.strong) return 'weak-hash';
  if ((signature.sigAlg === TPM_ALG.ECDSA) !== (ak.shape.type === 'ecc')) return 'key-type';
  if (ak.public !== undefined) {
    const { scheme } = ak.public.parameters;
    if (scheme === null) return 'null-scheme';
    if (scheme.scheme !== signature.sigAlg || scheme.hashAlg !== signature.hash) return 'scheme-mismatch';
  }
  if (signature.sigAlg === TPM_ALG.ECDSA) {
    return ak.shape.type === 'ecc' ? ecdsaFault(message, signature, ak, curveByName(ak.shape.curve)) : 'key-type';
  }
  return ak.shape.type === 'rsa' ? rsaFault(message, signature, ak, ak.shape.keyBits / 8) : 'key-type';
}

function rsaFault(
  message: Uint8Array,
  { sigAlg, hash, sig }: RsaSignature,
  { key }: AttestationKey,
  size: number,
): SignatureFault | null {
  if (sig.length !== size) return 'number-width';
  if (sigAlg === TPM_ALG.RSASSA) {
    // PKCS #1 v1.5 is Node's padding for an RSA key; saying so costs a quarter of the verification.
    return verify(hash, message, key, sig) ? null : 'not-verified';
  }
  // A TPM salts with as many bytes as the digest has, or with as many as fit (Part 1, B.7); no other length is tried.
  const lengths = [hashSize(hash), size - hashSize(hash) - 2];
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return lengths.some((saltLength) => verify(hash, message, { key, padding, saltLength }, sig)) ? null : 'not-verified';
}

function ecdsaFault(
  message: Uint8Array,
  { hash, signatureR, signatureS }: EcdsaSignature,
  { key }: AttestationKey,
  curve: Curve,
): SignatureFault | null {
  const raw = new Uint8Array(curve.size * 2);
  for (const [end, number] of [
    [curve.size, signatureR],
    [curve.size * 2, signatureS],
  ] as const) {
    if (number.length === 0 || number.length > curve.size) return 'number-width';
    const value = BigInt(`0x${toHex(number)}`);
    if (value === 0n || value >= curve.order) return 'number-range';
    // A TPM may drop leading zeros; the fixed-width form has them.
    raw.set(number, end - number.length);
  }
  return verify(hash, message, { key, dsaEncoding: 'ieee-p1363' }, raw) ? null : 'not-verified';
}
