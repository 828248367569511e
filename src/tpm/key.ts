/** An attestation key ready to check signatures with: from its public area, or from a pin that only knows the key. */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { EvidenceError } from '../bytes/errors.ts';
import { toBase64url } from '../bytes/text.ts';
import { CURVES, curveByName, TPM_ALG, type Curve, type CurveName } from './algorithms.ts';
import { publicName } from './names.ts';
import { decodePem } from './pem.ts';
import { readPublic, readPublic2B, type TpmtPublic, type TpmtPublicEcc, type TpmtPublicRsa } from './public.ts';

/** Where the key lies in the mathematics, which is all that a PEM says. */
export type KeyShape =
  { readonly type: 'rsa'; readonly keyBits: number } | { readonly type: 'ecc'; readonly curve: CurveName };

/**
 * An attestation key. `public` and `name` are undefined when only the key is known (PEM): its attributes, its scheme and
 * its name are then unknown, and nobody may assume them.
 */
export interface AttestationKey {
  readonly shape: KeyShape;
  readonly key: KeyObject;
  readonly public: TpmtPublic | undefined;
  readonly name: Uint8Array | undefined;
}

/** Whose key a public area holds. */
type KeyPart = 'ak' | 'ek';

/** Key sizes TPM profiles name and that are still strong enough to judge by. */
const RSA_KEY_BITS = [2048, 3072, 4096];

/** The only public exponent TPM profiles name; encoded as 0 in a TPMT_PUBLIC. */
const RSA_EXPONENT = 65537;

/**
 * The attestation key of a public area.
 * @param bytes the TPMT_PUBLIC as read, for the name; written again from `area` when left out
 * @param prepared the key object made from the same public area before, to save making it again
 * @throws EvidenceError `tpm.rsa-size`, `tpm.rsa-exponent`, `tpm.ecc-point`
 */
export function attestationKey(area: TpmtPublic, bytes?: Uint8Array, prepared?: KeyObject): AttestationKey {
  return {
    shape:
      area.type === 'rsa'
        ? { type: 'rsa', keyBits: area.parameters.keyBits }
        : { type: 'ecc', curve: area.parameters.curveID },
    key: prepared ?? publicKeyObject(area),
    public: area,
    name: publicName(area, bytes),
  };
}

/**
 * The Node key of a public area. It goes through JWK, which costs a small part of what decoding DER costs.
 * @param part whose key it is, for the error
 * @throws EvidenceError `tpm.rsa-size`, `tpm.rsa-exponent`, `tpm.ecc-point`
 */
export function publicKeyObject(area: TpmtPublic, part: KeyPart = 'ak'): KeyObject {
  return area.type === 'rsa' ? rsaKey(area, part) : eccKey(area, part);
}

function rsaKey({ parameters: { keyBits, exponent }, unique: modulus }: TpmtPublicRsa, part: KeyPart): KeyObject {
  if (!RSA_KEY_BITS.includes(keyBits)) {
    throw keyError('tpm.rsa-size', `an RSA key of ${keyBits} bits is not accepted`, part);
  }
  if (modulus.length * 8 !== keyBits || modulus[0]! < 0x80 || (modulus.at(-1)! & 1) === 0) {
    throw keyError('tpm.rsa-size', `the modulus is not an odd number of ${keyBits} bits`, part);
  }
  if (exponent !== 0 && exponent !== RSA_EXPONENT) {
    throw keyError('tpm.rsa-exponent', `the public exponent ${exponent} is not ${RSA_EXPONENT}`, part);
  }
  const jwk = { kty: 'RSA', n: toBase64url(modulus), e: 'AQAB' };
  return fromJwk(jwk, () => keyError('tpm.rsa-size', 'the modulus is not an RSA modulus', part));
}

function eccKey({ parameters: { curveID }, unique }: TpmtPublicEcc, part: KeyPart): KeyObject {
  const curve = curveByName(curveID);
  const [x, y] = [padCoordinate(curve, unique.x), padCoordinate(curve, unique.y)];
  const jwk = { kty: 'EC', crv: curve.jwk, x: toBase64url(x), y: toBase64url(y) };
  return fromJwk(jwk, () => keyError('tpm.ecc-point', 'the point is not on its curve', part));
}

/** A coordinate as wide as the field of its curve: a TPM may have dropped leading zeros (TPM 2.0 Part 1, C.8). */
export function padCoordinate(curve: Curve, bytes: Uint8Array): Uint8Array {
  const wide = new Uint8Array(curve.size);
  wide.set(bytes, curve.size - bytes.length);
  return wide;
}

function fromJwk(key: JsonWebKey, refusal: () => EvidenceError): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    throw refusal();
  }
}

/**
 * The attestation key of a SubjectPublicKeyInfo: attributes, scheme and name stay unknown.
 * @throws EvidenceError `tpm.spki` when it is not DER of exactly one RSA, P-256, P-384 or P-521 key, `tpm.rsa-size`,
 *   `tpm.rsa-exponent`
 */
export function attestationKeyFromSpki(der: Uint8Array): AttestationKey {
  let key: KeyObject;
  try {
    const given = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    key = createPublicKey({ key: given.export({ format: 'jwk' }), format: 'jwk' });
  } catch {
    throw keyError('tpm.spki', 'not the SubjectPublicKeyInfo of an RSA or ECC public key');
  }
  // OpenSSL reads BER, curves spelled out and what follows the end; only the one DER form of a key is a pin.
  if (Buffer.compare(key.export({ format: 'der', type: 'spki' }), der) !== 0) {
    throw keyError(
      'tpm.spki',
      'the SubjectPublicKeyInfo is not the DER of a named curve or RSA key, or has bytes after it',
    );
  }
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'rsa') {
    const keyBits = details?.modulusLength ?? 0;
    if (!RSA_KEY_BITS.includes(keyBits))
      throw keyError('tpm.rsa-size', `an RSA key of ${keyBits} bits is not accepted`);
    if (details?.publicExponent !== BigInt(RSA_EXPONENT)) {
      throw keyError('tpm.rsa-exponent', `the public exponent is not ${RSA_EXPONENT}`);
    }
    return { shape: { type: 'rsa', keyBits }, key, public: undefined, name: undefined };
  }
  const curve = CURVES.find((known) => known.node === details?.namedCurve);
  if (curve === undefined) {
    throw keyError('tpm.spki', 'the key is neither RSA nor on P-256, P-384 or P-521');
  }
  return { shape: { type: 'ecc', curve: curve.name }, key, public: undefined, name: undefined };
}

/**
 * Reads an attestation key in any form an operator has it: TPM2B_PUBLIC, TPMT_PUBLIC, or PEM of a public key (whose
 * attributes are unknown).
 * @throws EvidenceError `tpm.ak-form`, `tpm.pem`, and as `readPublic`, {@link attestationKey}, {@link attestationKeyFromSpki}
 */
export function readAkPin(bytes: Uint8Array): AttestationKey {
  // 0x2d is "-"; as a TPM2B size or a type, 0x2d2d is neither.
  if (bytes[0] === 0x2d) return attestationKeyFromSpki(decodePem(bytes, 'PUBLIC KEY'));
  const first = bytes.length < 2 ? 0 : bytes[0]! * 256 + bytes[1]!;
  // No TPM2B_PUBLIC has the size 0x0001 or 0x0023: a public area with a key is longer.
  if (first === TPM_ALG.RSA || first === TPM_ALG.ECC) return attestationKey(readPublic(bytes, 'ak'), bytes);
  if (first !== bytes.length - 2) throw keyError('tpm.ak-form', 'neither TPM2B_PUBLIC nor TPMT_PUBLIC nor PEM');
  const area = readPublic2B(bytes, 'ak');
  return attestationKey(area.public, area.bytes);
}

/** Whether two attestation keys are one key; where both names are known, the whole public area counts. */
export function sameAttestationKey(a: AttestationKey, b: AttestationKey): boolean {
  if (a.name !== undefined && b.name !== undefined && Buffer.compare(a.name, b.name) !== 0) return false;
  return a.key.equals(b.key);
}

function keyError(code: string, message: string, part: KeyPart = 'ak'): EvidenceError {
  return new EvidenceError(code, message, { part });
}
