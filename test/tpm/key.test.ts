import { createECDH, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { CURVES } from '../../src/tpm/algorithms.ts';
import {
  attestationKey,
  attestationKeyFromSpki,
  publicKeyObject,
  readAkPin,
  sameAttestationKey,
} from '../../src/tpm/key.ts';
import { publicName } from '../../src/tpm/names.ts';
import { writePublic, writePublic2B, type TpmtPublicEcc, type TpmtPublicRsa } from '../../src/tpm/public.ts';
import { makeAk, type SoftwareAk } from './software-tpm.ts';
import { errorCode } from './outcome.ts';

const RSA = makeAk('rsassa');
const P256 = makeAk('ecdsa');
const P384 = makeAk('ecdsa', 'sha384', 'p384');
const P521 = makeAk('ecdsa', 'sha512', 'p521');

const pem = (from: SoftwareAk): string => from.spki.export({ format: 'pem', type: 'spki' }).toString();
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'));

describe('key of a public area', () => {
  it.each([
    ['RSA', RSA],
    ['P-256', P256],
    ['P-384', P384],
    ['P-521', P521],
  ])('is the same %s key that made it', (_, from) => {
    expect(publicKeyObject(from.area).equals(from.spki)).toBe(true);
    expect(from.ak.name).toEqual(publicName(from.area));
  });

  it('puts back the leading zeros a TPM dropped, and keeps the name of what was read', () => {
    let from = P256;
    let area = from.area as TpmtPublicEcc;
    while (area.unique.x[0] !== 0) {
      from = makeAk('ecdsa');
      area = from.area as TpmtPublicEcc;
    }
    const stripped = { ...area, unique: { ...area.unique, x: area.unique.x.subarray(1) } };
    const ak = readAkPin(writePublic(stripped));
    expect(ak.key.equals(from.spki)).toBe(true);
    expect(ak.name).not.toEqual(from.ak.name);
  });

  it('refuses a point that is not on the curve', () => {
    const area = P256.area as TpmtPublicEcc;
    const y = area.unique.y.slice();
    y[31]! ^= 1;
    expect(errorCode(() => attestationKey({ ...area, unique: { ...area.unique, y } }))).toBe('tpm.ecc-point');
    const zero = new Uint8Array(32);
    expect(errorCode(() => attestationKey({ ...area, unique: { x: zero, y: zero } }))).toBe('tpm.ecc-point');
    const empty = new Uint8Array(0);
    expect(errorCode(() => attestationKey({ ...area, unique: { x: empty, y: empty } }))).toBe('tpm.ecc-point');
  });

  it('refuses RSA keys of other sizes and exponents', () => {
    const area = RSA.area as TpmtPublicRsa;
    const change = (parameters: Partial<TpmtPublicRsa['parameters']>, unique = area.unique): string =>
      errorCode(() => attestationKey({ ...area, parameters: { ...area.parameters, ...parameters }, unique }));
    expect(change({})).toBe('accepted');
    expect(change({ exponent: 65537 })).toBe('accepted');
    for (const exponent of [1, 3, 65536, 65539]) expect(change({ exponent })).toBe('tpm.rsa-exponent');
    expect(change({ keyBits: 1024 }, area.unique.subarray(0, 128).with(127, 1))).toBe('tpm.rsa-size');
    expect(change({ keyBits: 2047 })).toBe('tpm.rsa-size');
    expect(change({ keyBits: 3072 })).toBe('tpm.rsa-size');
    expect(change({}, area.unique.subarray(1))).toBe('tpm.rsa-size');
    expect(change({}, Uint8Array.of(0x7f, ...area.unique.subarray(1)))).toBe('tpm.rsa-size');
    expect(change({}, Uint8Array.of(...area.unique.subarray(0, 255), 0x10))).toBe('tpm.rsa-size');
  });
});

describe('curves', () => {
  it.each(CURVES)('$name has the order that OpenSSL knows', ({ node, size, order }) => {
    const accepts = (scalar: bigint): boolean => {
      try {
        createECDH(node).setPrivateKey(scalar.toString(16).padStart(size * 2, '0'), 'hex');
        return true;
      } catch {
        return false;
      }
    };
    expect([order - 1n, order].map(accepts)).toEqual([true, false]);
  });
});

describe('readAkPin', () => {
  it.each([
    ['RSA', RSA],
    ['P-256', P256],
    ['P-384', P384],
    ['P-521', P521],
  ])('reads %s as TPM2B_PUBLIC, TPMT_PUBLIC and PEM', (_, from) => {
    for (const bytes of [writePublic(from.area), writePublic2B(from.area)]) {
      const ak = readAkPin(bytes);
      expect(ak.public).toEqual(from.area);
      expect(toHex(ak.name!)).toBe(toHex(publicName(from.area)));
      expect(sameAttestationKey(ak, from.ak)).toBe(true);
    }
    const pinned = readAkPin(text(pem(from)));
    expect(pinned).toMatchObject({ public: undefined, name: undefined, shape: from.ak.shape });
    expect(sameAttestationKey(pinned, from.ak)).toBe(true);
    expect(readAkPin(text(pem(from).replaceAll('\n', '\r\n'))).shape).toEqual(from.ak.shape);
  });

  it('tells keys apart, also by their public areas where both are known', () => {
    expect(sameAttestationKey(RSA.ak, P256.ak)).toBe(false);
    const other = attestationKey({ ...P256.area, objectAttributes: 0x40000 });
    expect(sameAttestationKey(other, P256.ak)).toBe(false);
    expect(sameAttestationKey(other, readAkPin(text(pem(P256))))).toBe(true);
  });

  // Attack 79
  it('refuses PEM with text before, between or after, several blocks, other labels, broken base64', () => {
    const good = pem(P256);
    const bad = [
      `${good}\n`,
      `${good}after\n`,
      good + pem(RSA),
      good.replace('\n', '\nComment: x\n'),
      good.replaceAll('PUBLIC KEY', 'CERTIFICATE'),
      good.replace('PUBLIC KEY', 'CERTIFICATE'),
      good.replace('END PUBLIC KEY', 'END CERTIFICATE'),
      `-----BEGIN PUBLIC KEY-----\n${'AAAA'.repeat(4100)}\n-----END PUBLIC KEY-----\n`,
      good.replaceAll('PUBLIC KEY', 'PRIVATE KEY'),
      good.replace('MF', 'M F'),
      good.replace('MF', 'M='),
      good.replaceAll('\n', '\r'),
      '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n',
      '-',
    ];
    expect(bad.filter((value) => errorCode(() => readAkPin(text(value))) !== 'tpm.pem')).toEqual([]);
    expect(errorCode(() => readAkPin(text(`subject=me\n${good}`)))).toBe('tpm.ak-form');
  });

  it('refuses DER with bytes after it or in a second spelling, and keys of other kinds', () => {
    const der = new Uint8Array(P256.spki.export({ format: 'der', type: 'spki' }));
    expect(errorCode(() => attestationKeyFromSpki(der))).toBe('accepted');
    expect(errorCode(() => attestationKeyFromSpki(Uint8Array.of(...der, 0)))).toBe('tpm.spki');
    expect(errorCode(() => attestationKeyFromSpki(Uint8Array.of(0x30, 0x81, ...der.subarray(1))))).toBe('tpm.spki');
    expect(errorCode(() => attestationKeyFromSpki(der.subarray(0, 80)))).toBe('tpm.spki');
    const spki = (pair: { publicKey: { export(o: { format: 'der'; type: 'spki' }): Buffer } }): Uint8Array =>
      new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }));
    const other = [
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'brainpoolP384r1' }),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' }),
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
    ];
    for (const pair of other) expect(errorCode(() => attestationKeyFromSpki(spki(pair)))).toBe('tpm.spki');
    const rsa = (modulusLength: number, publicExponent = 65537): string =>
      errorCode(() => attestationKeyFromSpki(spki(generateKeyPairSync('rsa', { modulusLength, publicExponent }))));
    expect(rsa(1024)).toBe('tpm.rsa-size');
    expect(rsa(2048, 3)).toBe('tpm.rsa-exponent');
  });

  it('refuses what is no key at all', () => {
    for (const bytes of [[], [0], [0, 1], [0, 0x23], [0, 0], [0xff, 0xff, 0xff]]) {
      expect(errorCode(() => readAkPin(Uint8Array.from(bytes)))).toMatch(/^(bytes|tpm)\./);
    }
    expect(errorCode(() => readAkPin(Uint8Array.of(...writePublic2B(P256.area), 0)))).toBe('tpm.ak-form');
    expect(errorCode(() => readAkPin(Uint8Array.of(...writePublic(P256.area), 0)))).toBe('bytes.trailing');
  });
});
