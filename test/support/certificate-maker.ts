/** Makes certificates, revocation lists and attribute certificates for tests, right or wrong in any field. Written by the DER writer, signed by node:crypto. */
import {
  constants,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { der, derOidValue } from './der-writer.ts';

/** A key pair that a test names. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
  readonly sign: (bytes: Uint8Array) => Buffer;
  /** AlgorithmIdentifier of its signatures. */
  readonly algorithm: Buffer;
}

export const ALGORITHM = {
  ed25519: sequence(derOidValue('1.3.101.112')),
  ecdsaSha256: sequence(derOidValue('1.2.840.10045.4.3.2')),
  ecdsaSha384: sequence(derOidValue('1.2.840.10045.4.3.3')),
  ecdsaSha1: sequence(derOidValue('1.2.840.10045.4.1')),
  rsaSha1: sequence(derOidValue('1.2.840.113549.1.1.5'), der(0x05)),
  rsaMd5: sequence(derOidValue('1.2.840.113549.1.1.4'), der(0x05)),
  rsaSha256: sequence(derOidValue('1.2.840.113549.1.1.11'), der(0x05)),
  mlDsa65: sequence(derOidValue('2.16.840.1.101.3.4.3.18')),
};

/** The same key for the same name, in every run. */
export function ed25519Key(name: string): TestKey {
  const seed = createHash('sha256').update(name).digest();
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return keyOf(privateKey, ALGORITHM.ed25519, null);
}

/** The same key for the same name, in every run; its signatures differ. */
export function p256Key(name: string): TestKey {
  const ecdh = createECDH('prime256v1');
  const d = createHash('sha256').update(name).digest();
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', d: d.toString('base64url'), x: x!, y: y! };
  return keyOf(createPrivateKey({ key: jwk, format: 'jwk' }), ALGORITHM.ecdsaSha256, 'sha256');
}

/** A fresh key; making one takes about a tenth of a second for 2048 bits. */
export function rsaKey(modulusLength = 2048, publicExponent = 65537): TestKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return keyOf(privateKey, ALGORITHM.rsaSha256, 'sha256');
}

/** The key with another way to sign. */
export function signingWith(key: TestKey, algorithm: Buffer, hash: string): TestKey {
  return { ...key, ...keyOf(key.privateKey, algorithm, hash), spki: key.spki };
}

const HASH_OIDS = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
} as const;
type PssHash = keyof typeof HASH_OIDS;

/** The parts of RSASSA-PSS-params; undefined leaves one out, which means SHA-1, MGF1 with SHA-1, 20, 1. */
export interface PssParts {
  readonly hash?: PssHash | undefined;
  readonly mask?: PssHash | undefined;
  readonly saltLength?: number | undefined;
  readonly trailer?: number | undefined;
}

/** AlgorithmIdentifier of RSASSA-PSS. */
export function pssAlgorithm({ hash, mask, saltLength, trailer }: PssParts): Buffer {
  const hashAlgorithm = (one: PssHash): Buffer => sequence(derOidValue(HASH_OIDS[one]), der(0x05));
  const parts = [
    hash && der(0xa0, hashAlgorithm(hash)),
    mask && der(0xa1, sequence(derOidValue('1.2.840.113549.1.1.8'), hashAlgorithm(mask))),
    saltLength !== undefined && der(0xa2, integer(saltLength)),
    trailer !== undefined && der(0xa3, integer(trailer)),
  ].filter((part): part is Buffer => part instanceof Buffer);
  return sequence(derOidValue('1.2.840.113549.1.1.10'), sequence(...parts));
}

/** The RSA key, signing with RSASSA-PSS; parameters that say something else than what is done are wrong on purpose. */
export function signingWithPss(key: TestKey, stated: PssParts, done: PssParts = stated): TestKey {
  const saltLength = done.saltLength ?? 20;
  const options = { key: key.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return { ...key, algorithm: pssAlgorithm(stated), sign: (bytes) => sign(done.hash ?? 'sha1', bytes, options) };
}

/** The SubjectPublicKeyInfo of an RSA key with another AlgorithmIdentifier. */
export function markedAs(key: TestKey, algorithm: Uint8Array): Buffer {
  // BIT STRING of more than 255 bytes
  return sequence(algorithm, key.spki.subarray(key.spki.indexOf(Buffer.from([0x03, 0x82]))));
}

function keyOf(privateKey: KeyObject, algorithm: Buffer, hash: string | null): TestKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, spki, algorithm, sign: (bytes) => sign(hash, bytes, privateKey) };
}

/** The identifier most issuers give a key: SHA-1 of the bits. */
export function keyId(key: TestKey): Buffer {
  return createHash('sha1').update(key.spki).digest();
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return der(0x30, ...content);
}

/** An INTEGER of these octets, as they are. */
export function integer(...octets: readonly number[]): Buffer {
  return der(0x02, Buffer.from(octets));
}

/** [attribute type, text] for each relative distinguished name, as UTF8String. */
export function name(...attributes: readonly (readonly [oid: string, text: string])[]): Buffer {
  return sequence(...attributes.map(([oid, text]) => der(0x31, attribute(oid, text))));
}

export function attribute(oid: string, text: string, tag = 0x0c): Buffer {
  return sequence(derOidValue(oid), der(tag, Buffer.from(text)));
}

export function commonName(text: string): Buffer {
  return name(['2.5.4.3', text]);
}

/** UTCTime until 2049, then GeneralizedTime. */
export function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return at < Date.UTC(2050, 0) ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

export function extension(oid: string, value: Uint8Array, critical = false): Buffer {
  return sequence(derOidValue(oid), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

const KEY_USAGE = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;

export const ext = {
  ca: (pathLength?: number, critical = true): Buffer =>
    extension(
      '2.5.29.19',
      sequence(der(0x01, Buffer.from([0xff])), ...(pathLength === undefined ? [] : [integer(pathLength)])),
      critical,
    ),
  notCa: (): Buffer => extension('2.5.29.19', sequence(), true),
  keyUsage: (...usages: readonly (keyof typeof KEY_USAGE)[]): Buffer => {
    const bits: number[] = usages.map((usage) => KEY_USAGE[usage]);
    const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
    return extension('2.5.29.15', der(0x03, Buffer.from([7 - Math.max(...bits), octet])), true);
  },
  extKeyUsage: (purposes: readonly string[], critical = false): Buffer =>
    extension('2.5.29.37', sequence(...purposes.map(derOidValue)), critical),
  subjectKeyId: (id: Uint8Array): Buffer => extension('2.5.29.14', der(0x04, id)),
  authorityKeyId: (id: Uint8Array): Buffer => extension('2.5.29.35', sequence(der(0x80, id))),
  authority: (issuer: Uint8Array, serial: number): Buffer =>
    extension('2.5.29.35', sequence(der(0xa1, der(0xa4, issuer)), der(0x82, Buffer.from([serial])))),
  subjectAltName: (names: readonly Uint8Array[], critical = false): Buffer =>
    extension('2.5.29.17', sequence(...names), critical),
  crlDistributionPoint: (uri: string): Buffer =>
    extension('2.5.29.31', sequence(sequence(der(0xa0, der(0xa0, der(0x86, Buffer.from(uri))))))),
};

/** directoryName in GeneralNames. */
export function directoryName(value: Uint8Array): Buffer {
  return der(0xa4, value);
}

export interface CertificateParts {
  readonly subject?: Uint8Array;
  readonly key: TestKey;
  readonly issuer?: Uint8Array;
  readonly signer: TestKey;
  /** The INTEGER. */
  readonly serial?: Uint8Array;
  readonly notBefore?: Uint8Array;
  readonly notAfter?: Uint8Array;
  /** Version 3 where there are extensions, else version 1. */
  readonly version?: Uint8Array | undefined;
  readonly extensions?: readonly Uint8Array[] | undefined;
  /** AlgorithmIdentifier inside the signed part; that outside is the signer's. */
  readonly innerAlgorithm?: Uint8Array;
  readonly spki?: Uint8Array;
  /** Fields between the key and the extensions. */
  readonly more?: readonly Uint8Array[];
  readonly signature?: Uint8Array;
}

/** Certificates are valid in 2026 unless told otherwise. */
export const NOT_BEFORE = Date.UTC(2026, 0, 1);
export const NOT_AFTER = Date.UTC(2026, 11, 31, 23, 59, 59);
export const NOW = Date.UTC(2026, 5, 15);

export function makeCertificate(parts: CertificateParts): Buffer {
  const { extensions = [], signer, subject = commonName('leaf') } = parts;
  const version = 'version' in parts ? parts.version : der(0xa0, integer(extensions.length > 0 ? 2 : 1));
  const tbs = sequence(
    ...(version === undefined ? [] : [version]),
    parts.serial ?? integer(1),
    parts.innerAlgorithm ?? signer.algorithm,
    parts.issuer ?? subject,
    sequence(parts.notBefore ?? time(NOT_BEFORE), parts.notAfter ?? time(NOT_AFTER)),
    subject,
    parts.spki ?? parts.key.spki,
    ...(parts.more ?? []),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  return signed(tbs, signer, parts.signature);
}

export interface CrlParts {
  readonly issuer: Uint8Array;
  readonly signer: TestKey;
  readonly thisUpdate?: Uint8Array;
  readonly nextUpdate?: Uint8Array | undefined;
  readonly version?: Uint8Array | undefined;
  readonly entries?: readonly Uint8Array[] | undefined;
  readonly extensions?: readonly Uint8Array[];
}

/** One entry of a list. */
export function crlEntry(serial: Uint8Array, extensions: readonly Uint8Array[] = [], at = NOT_BEFORE): Buffer {
  return sequence(serial, time(at), ...(extensions.length > 0 ? [sequence(...extensions)] : []));
}

export function crlReason(number: number): Buffer {
  return extension('2.5.29.21', der(0x0a, Buffer.from([number])));
}

/** Lists are current in 2026 unless told otherwise. */
export function makeCrl(parts: CrlParts): Buffer {
  const { entries, extensions = [], signer } = parts;
  const version = 'version' in parts ? parts.version : integer(1);
  const nextUpdate = 'nextUpdate' in parts ? parts.nextUpdate : time(NOT_AFTER);
  const tbs = sequence(
    ...(version === undefined ? [] : [version]),
    signer.algorithm,
    parts.issuer,
    parts.thisUpdate ?? time(NOT_BEFORE),
    ...(nextUpdate === undefined ? [] : [nextUpdate]),
    ...(entries === undefined ? [] : [sequence(...entries)]),
    ...(extensions.length > 0 ? [der(0xa0, sequence(...extensions))] : []),
  );
  return signed(tbs, signer);
}

export interface AttributeCertificateParts {
  readonly version?: Uint8Array;
  /** The fields of Holder. */
  readonly holder: readonly Uint8Array[];
  /** AttCertIssuer with its tag. */
  readonly issuer: Uint8Array;
  readonly signer: TestKey;
  readonly serial?: Uint8Array;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly attributes?: readonly Uint8Array[];
  readonly extensions?: readonly Uint8Array[];
  readonly signature?: Uint8Array;
}

/** IssuerSerial as the baseCertificateID of a holder. */
export function baseCertificateId(issuer: Uint8Array, serial: Uint8Array): Buffer {
  return der(0xa0, sequence(directoryName(issuer)), serial);
}

export function attributeIssuer(issuer: Uint8Array): Buffer {
  return der(0xa0, sequence(directoryName(issuer)));
}

/** An attribute of an attribute certificate. */
export function certificateAttribute(oid: string, ...values: readonly Uint8Array[]): Buffer {
  return sequence(derOidValue(oid), der(0x31, ...values));
}

export function makeAttributeCertificate(parts: AttributeCertificateParts): Buffer {
  const { extensions = [], signer } = parts;
  const info = sequence(
    parts.version ?? integer(1),
    sequence(...parts.holder),
    parts.issuer,
    signer.algorithm,
    parts.serial ?? integer(7),
    sequence(
      der(0x18, Buffer.from(parts.notBefore ?? '20260101000000Z')),
      der(0x18, Buffer.from(parts.notAfter ?? '20261231235959Z')),
    ),
    sequence(...(parts.attributes ?? [])),
    ...(extensions.length > 0 ? [sequence(...extensions)] : []),
  );
  return signed(info, signer, parts.signature);
}

function signed(tbs: Uint8Array, signer: TestKey, signature?: Uint8Array): Buffer {
  return sequence(tbs, signer.algorithm, der(0x03, Buffer.from([0]), signature ?? signer.sign(tbs)));
}
