/**
 * TPM2_MakeCredential in software (TPM 2.0 Part 1, 24): a secret that only the TPM with the private part of an endorsement
 * key can open, and only when a key of the given name is loaded in it.
 */

import { createCipheriv, createECDH, createHmac } from 'node:crypto';
import { EvidenceError } from '../bytes/errors.ts';
import { hashById, hashByName, hashSize } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { curveByName, TPM_ALG, TPMA_OBJECT, type Curve } from './algorithms.ts';
import { kdfa, kdfe } from './kdf.ts';
import { padCoordinate, publicKeyObject } from './key.ts';
import { encryptOaep } from './oaep.ts';
import type { TpmtPublic, TpmtPublicEcc, TpmtPublicRsa } from './public.ts';

/** What TPM2_MakeCredential gives and TPM2_ActivateCredential takes. */
export interface MadeCredential {
  /** TPM2B_ID_OBJECT: the credential, encrypted and bound to the name */
  readonly credentialBlob: Uint8Array;
  /** TPM2B_ENCRYPTED_SECRET: the seed of its keys, encrypted to the endorsement key */
  readonly secret: Uint8Array;
}

/** So that the scalar below the order of the curve is even to 2^-64 (FIPS 186-5, A.2.1). */
const EXTRA_SCALAR_BYTES = 8;

const LABEL = 'IDENTITY';
const EMPTY = new Uint8Array(0);

/** Bytes of randomness one credential for that endorsement key needs. */
export function credentialRandomSize(ek: TpmtPublic): number {
  return ek.type === 'rsa' ? 2 * hashSize(ek.nameAlg) : curveByName(ek.parameters.curveID).size + EXTRA_SCALAR_BYTES;
}

/**
 * Encrypts a credential to an endorsement key.
 * @param ek its public area, as the host sent it or as its certificate and template give it
 * @param name of the key that must be loaded with it, the AK's
 * @param credential 1 byte to one digest of the endorsement key's nameAlg
 * @param random as many random bytes as {@link credentialRandomSize} says, for this credential only
 * @throws EvidenceError `tpm.ek-name-alg`, `tpm.ek-storage`, `tpm.ek-symmetric`, `tpm.ak-name`, `tpm.rsa-size`,
 *   `tpm.rsa-exponent`, `tpm.ecc-point`
 * @throws RangeError for a credential or randomness of another length
 */
export function makeCredential(
  ek: TpmtPublic,
  name: Uint8Array,
  credential: Uint8Array,
  random: Uint8Array,
): MadeCredential {
  const hash = ek.nameAlg;
  const size = hashSize(hash);
  if (credential.length === 0 || credential.length > size) {
    throw new RangeError(`a credential of ${credential.length} bytes, where 1 to ${size} are possible`);
  }
  if (random.length !== credentialRandomSize(ek)) {
    throw new RangeError(`${random.length} random bytes, where ${credentialRandomSize(ek)} are needed`);
  }
  if (!hashByName(hash)!.strong) throw ekError('tpm.ek-name-alg', `its nameAlg is ${hash}`);
  refuseOtherThanStorage(ek);
  const cipherSize = symmetricSize(ek);
  refuseOtherThanName(name);

  const { seed, secret } = ek.type === 'rsa' ? shareByRsa(ek, random) : shareByEcdh(ek, random);
  const key = kdfa(hash, seed, 'STORAGE', name, EMPTY, cipherSize);
  const cipher = createCipheriv(`aes-${cipherSize * 8}-cfb`, key, new Uint8Array(16));
  const encIdentity = cipher.update(new ByteWriter().sized16be(credential).bytes());
  const hmacKey = kdfa(hash, seed, 'INTEGRITY', EMPTY, EMPTY, size);
  const integrityHMAC = createHmac(hash, hmacKey).update(encIdentity).update(name).digest();
  const idObject = new ByteWriter().sized16be(integrityHMAC).raw(encIdentity).bytes();
  return { credentialBlob: sized(idObject), secret: sized(secret) };
}

/** A TPM opens credentials with a storage key only: restricted, decrypting, without a scheme (Part 3, 12.5 and 12.6). */
function refuseOtherThanStorage({ objectAttributes, parameters }: TpmtPublic): void {
  const { restricted, decrypt, sign } = TPMA_OBJECT;
  if ((objectAttributes & (restricted | decrypt | sign)) !== (restricted | decrypt) || parameters.scheme !== null) {
    throw ekError('tpm.ek-storage', 'it is not a restricted decryption key');
  }
}

/** Bytes of the key of the cipher with which the endorsement key protects what is below it: AES in CFB mode. */
function symmetricSize({ parameters: { symmetric } }: TpmtPublic): number {
  if (symmetric?.algorithm === TPM_ALG.AES && symmetric.mode === TPM_ALG.CFB) {
    if (symmetric.keyBits === 128 || symmetric.keyBits === 256) return symmetric.keyBits / 8;
  }
  throw ekError('tpm.ek-symmetric', 'it protects its children by another cipher than AES-128 or AES-256 in CFB mode');
}

/** nameAlg ‖ digest, by a hash that leaves no second public area of that name. */
function refuseOtherThanName(name: Uint8Array): void {
  const hash = hashById((name[0] ?? 0) * 256 + (name[1] ?? 0));
  if (hash?.strong !== true || name.length !== 2 + hash.size) {
    throw new EvidenceError('tpm.ak-name', `${toHex(name)} is not a name by SHA-256, SHA-384 or SHA-512`, {
      part: 'ak',
    });
  }
}

interface Shared {
  readonly seed: Uint8Array;
  /** what goes to the TPM, from which it learns the seed */
  readonly secret: Uint8Array;
}

/** Part 1, B.10.4: the seed, encrypted. */
function shareByRsa(ek: TpmtPublicRsa, random: Uint8Array): Shared {
  const hash = ek.nameAlg;
  const [message, seed] = [random.subarray(0, hashSize(hash)), random.subarray(hashSize(hash))];
  const label = Buffer.from(`${LABEL}\0`, 'latin1');
  const key = publicKeyObject(ek, 'ek');
  return { seed: message, secret: encryptOaep(key, ek.unique.length, { hash, label, message, seed }) };
}

/** Part 1, C.6.4: an ephemeral point, and the seed derived from what both sides compute. */
function shareByEcdh(ek: TpmtPublicEcc, random: Uint8Array): Shared {
  // Also refuses a point that is not on its curve.
  publicKeyObject(ek, 'ek');
  const curve = curveByName(ek.parameters.curveID);
  const [x, y] = [padCoordinate(curve, ek.unique.x), padCoordinate(curve, ek.unique.y)];
  const ephemeral = createECDH(curve.node);
  ephemeral.setPrivateKey(scalarOf(curve, random), 'hex');
  const z = ephemeral.computeSecret(new ByteWriter().u8(UNCOMPRESSED).raw(x).raw(y).bytes());
  const point = ephemeral.getPublicKey();
  const [ownX, ownY] = [point.subarray(1, 1 + curve.size), point.subarray(1 + curve.size)];
  return {
    seed: kdfe(ek.nameAlg, z, LABEL, ownX, x, hashSize(ek.nameAlg)),
    secret: new ByteWriter().sized16be(ownX).sized16be(ownY).bytes(),
  };
}

/** First byte of a point with both coordinates (SEC 1, 2.3.3). */
const UNCOMPRESSED = 4;

/** A private scalar, 1 to the order less one, in hexadecimal. */
function scalarOf(curve: Curve, random: Uint8Array): string {
  const scalar = (BigInt(`0x${toHex(random)}`) % (curve.order - 1n)) + 1n;
  return scalar.toString(16).padStart(curve.size * 2, '0');
}

function sized(bytes: Uint8Array): Uint8Array {
  return new ByteWriter().sized16be(bytes).bytes();
}

function ekError(code: string, what: string): EvidenceError {
  return new EvidenceError(code, `the endorsement key cannot protect a credential: ${what}`, { part: 'ek' });
}
