/**
 * Certificates in a PKCS#12 file (RFC 7292). The structure is read as any DER here; node-forge derives keys and decrypts as older files
 * need it, because RC2 and the key derivation of PKCS#12 are in nothing that Node offers. Private keys are passed over.
 */

import { createDecipheriv, createHmac, pbkdf2Sync } from 'node:crypto';
import forge from 'node-forge';
import {
  contextPrimitive,
  contextTag,
  derChildren,
  derExpect,
  derOid,
  derOnly,
  derSmallNumber,
  readDer,
  TAG,
  type DerNode,
} from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { PolicyError } from '../bytes/errors.ts';
import { equalBytes, type HashName } from '../bytes/hash.ts';
import { readAlgorithm, type AlgorithmIdentifier } from './algorithm.ts';

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const PBES2 = '1.2.840.113549.1.5.13';

const MAC_HASHES: ReadonlyMap<string, HashName> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

const PBKDF2 = '1.2.840.113549.1.5.12';

/** hmacWith… (RFC 8018, appendix B.1.2). */
const PRF_HASHES: ReadonlyMap<string, HashName> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
]);

/** Encryption schemes of PBES2. */
const CIPHERS: ReadonlyMap<string, { readonly name: string; readonly keyBytes: number }> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24 }],
  ['2.16.840.1.101.3.4.1.42', { name: 'aes-256-cbc', keyBytes: 32 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyBytes: 24 }],
]);

/** Rounds of key derivation: PBKDF2 is OpenSSL's, the older one JavaScript. Usual numbers are 1 to 600 000 and 1 to 10 000. */
const MAX_PBKDF2 = 600_000;
const MAX_ROUNDS = 100_000;
const MAX_SAFES = 16;
/** Of these, encrypted ones: files have one, for the certificates. */
const MAX_ENCRYPTED = 2;

/** The functions of node-forge that its types leave out. */
interface PasswordBased {
  getCipher(oid: string, parameters: forge.asn1.Asn1, passphrase: string | null): forge.cipher.BlockCipher;
  generatePkcs12Key(
    passphrase: string | null,
    salt: forge.util.ByteStringBuffer,
    id: number,
    rounds: number,
    length: number,
    hash: forge.md.MessageDigest,
  ): forge.util.ByteStringBuffer;
}
const passwordBased = (forge.pki as unknown as { pbe: PasswordBased }).pbe;

/** Whether the value is a PFX: version 3 comes first. */
export function isPfx(root: DerNode): boolean {
  const [version] = derChildren(root);
  return version?.tag === TAG.integer;
}

/**
 * @returns the DER of each certificate
 * @throws PolicyError `trust-file.passphrase`, `trust-file.pkcs12`; EvidenceError `der.*`
 */
export function readPkcs12(root: DerNode, passphrase: string, name: string): Uint8Array[] {
  const pfx = new DerFields(root);
  if (derSmallNumber(pfx.take(TAG.integer)) !== 3) throw wrong(name, 'not version 3');
  const authSafe = readData(pfx.take(TAG.sequence));
  const mac = pfx.optional(TAG.sequence);
  pfx.end();
  if (authSafe === undefined) throw wrong(name, 'integrity by a public key, which is not supported');
  const secret = mac === undefined ? passphrase : provenPassphrase(mac, authSafe, passphrase, name);
  const safes = derChildren(readDer(authSafe, name));
  if (safes.length > MAX_SAFES) throw wrong(name, `more than ${MAX_SAFES} parts`);
  if (safes.filter((safe) => readData(safe) === undefined).length > MAX_ENCRYPTED) {
    throw wrong(name, `more than ${MAX_ENCRYPTED} encrypted parts`);
  }
  return safes.flatMap((safe) => certificatesOf(openSafe(safe, secret, name), name));
}

/** The OCTET STRING in a ContentInfo of type data; undefined for another type. */
function readData(contentInfo: DerNode): Uint8Array | undefined {
  const fields = new DerFields(contentInfo);
  if (derOid(fields.take(TAG.oid)) !== DATA) return undefined;
  const explicit = fields.take(contextTag(0));
  return derExpect(derOnly(explicit), TAG.octetString, explicit).content;
}

/** The passphrase in the form the MAC proves: an empty one is written in two ways. */
function provenPassphrase(mac: DerNode, content: Uint8Array, passphrase: string, name: string): string | null {
  const fields = new DerFields(mac);
  const digestInfo = new DerFields(fields.take(TAG.sequence));
  const { oid } = readAlgorithm(digestInfo.take(TAG.sequence));
  const expected = digestInfo.take(TAG.octetString).content;
  const salt = fields.take(TAG.octetString).content;
  const rounds = fields.optional(TAG.integer);
  fields.end();
  const hash = MAC_HASHES.get(oid);
  if (hash === undefined) throw wrong(name, `integrity by algorithm ${oid}, which is not supported`);
  const count = checkedRounds(rounds === undefined ? 1 : derSmallNumber(rounds), MAX_ROUNDS, name);
  const forms = passphrase === '' ? ['', null] : [passphrase];
  const found = forms.find((form) => {
    const digest = forge.md[hash].create();
    const key = passwordBased.generatePkcs12Key(form, buffer(salt), 3, count, digest.digestLength, digest);
    const computed = createHmac(hash, Buffer.from(key.getBytes(), 'latin1')).update(content).digest();
    return equalBytes(computed, expected);
  });
  if (found === undefined) {
    throw new PolicyError('trust-file.passphrase', `${name}: the passphrase is wrong, or the file is damaged`);
  }
  return found;
}

/** SafeContents of a part, decrypted where it is encrypted. */
function openSafe(safe: DerNode, passphrase: string | null, name: string): Uint8Array {
  const plain = readData(safe);
  if (plain !== undefined) return plain;
  const fields = new DerFields(safe);
  const type = derOid(fields.take(TAG.oid));
  if (type !== ENCRYPTED_DATA) throw wrong(name, `content ${type}, which is not supported`);
  const explicit = fields.take(contextTag(0));
  const encryptedData = new DerFields(derExpect(derOnly(explicit), TAG.sequence, explicit));
  encryptedData.take(TAG.integer);
  const content = new DerFields(encryptedData.take(TAG.sequence));
  content.take(TAG.oid);
  const algorithm = readAlgorithm(content.take(TAG.sequence));
  return decrypt(algorithm, content.take(contextPrimitive(0)).content, passphrase, name);
}

function decrypt(
  { oid, parameters }: AlgorithmIdentifier,
  encrypted: Uint8Array,
  passphrase: string | null,
  name: string,
): Uint8Array {
  if (parameters === undefined) throw wrong(name, `a part encrypted with ${oid} has no parameters`);
  const fields = new DerFields(derExpect(parameters, TAG.sequence, parameters));
  if (oid === PBES2) return decryptPbes2(fields, encrypted, passphrase ?? '', name);
  fields.take(TAG.octetString);
  checkedRounds(derSmallNumber(fields.take(TAG.integer)), MAX_ROUNDS, name);
  try {
    const cipher = passwordBased.getCipher(oid, forge.asn1.fromDer(buffer(parameters.raw)), passphrase);
    cipher.update(buffer(encrypted));
    if (!cipher.finish()) throw new Error('padding');
    return new Uint8Array(Buffer.from(cipher.output.getBytes(), 'latin1'));
  } catch {
    throw unopened(name, oid);
  }
}

/** PBES2 with PBKDF2 (RFC 8018, clause 6.2 and appendix A). */
function decryptPbes2(fields: DerFields, encrypted: Uint8Array, passphrase: string, name: string): Uint8Array {
  const derivation = readAlgorithm(fields.take(TAG.sequence));
  const scheme = readAlgorithm(fields.take(TAG.sequence));
  if (derivation.oid !== PBKDF2 || derivation.parameters === undefined) throw unopened(name, derivation.oid);
  const inner = new DerFields(derExpect(derivation.parameters, TAG.sequence, derivation.parameters));
  const salt = inner.take(TAG.octetString).content;
  const rounds = checkedRounds(derSmallNumber(inner.take(TAG.integer)), MAX_PBKDF2, name);
  inner.optional(TAG.integer);
  const prf = inner.optional(TAG.sequence);
  const hash = prf === undefined ? 'sha1' : PRF_HASHES.get(readAlgorithm(prf).oid);
  const cipher = CIPHERS.get(scheme.oid);
  const iv = scheme.parameters?.content;
  if (hash === undefined || cipher === undefined || iv === undefined) throw unopened(name, scheme.oid);
  try {
    const key = pbkdf2Sync(passphrase, salt, rounds, cipher.keyBytes, hash);
    const decipher = createDecipheriv(cipher.name, key, iv);
    return new Uint8Array(Buffer.concat([decipher.update(encrypted), decipher.final()]));
  } catch {
    throw unopened(name, scheme.oid);
  }
}

function unopened(name: string, oid: string): PolicyError {
  return wrong(name, `a part encrypted with ${oid} does not open`);
}

function checkedRounds(rounds: number, most: number, name: string): number {
  if (rounds < 1 || rounds > most) throw wrong(name, `${rounds} rounds of key derivation, 1 to ${most} are accepted`);
  return rounds;
}

/** The certificates among the bags (clause 4.2.3). */
function certificatesOf(safeContents: Uint8Array, name: string): Uint8Array[] {
  return derChildren(readDer(safeContents, name)).flatMap((bag) => {
    const fields = new DerFields(derExpect(bag, TAG.sequence, bag));
    if (derOid(fields.take(TAG.oid)) !== CERTIFICATE_BAG) return [];
    const explicit = fields.take(contextTag(0));
    const certificateBag = new DerFields(derExpect(derOnly(explicit), TAG.sequence, explicit));
    if (derOid(certificateBag.take(TAG.oid)) !== X509_CERTIFICATE) return [];
    const value = certificateBag.take(contextTag(0));
    return [derExpect(derOnly(value), TAG.octetString, value).content];
  });
}

function buffer(bytes: Uint8Array): forge.util.ByteStringBuffer {
  return forge.util.createBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
}

function wrong(name: string, what: string): PolicyError {
  return new PolicyError('trust-file.pkcs12', `${name}: ${what}`);
}
