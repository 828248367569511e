import { describe, expect, it } from 'vitest';
import { digest } from '../../src/bytes/hash.ts';
import { fromHex, toHex } from '../../src/bytes/text.ts';
import { TPMA_OBJECT, TPMA_OBJECT_DEFINED } from '../../src/tpm/algorithms.ts';
import { akAttributes } from '../../src/tpm/attributes.ts';
import { hierarchyQualifiedName, publicName, qualifiedName } from '../../src/tpm/names.ts';
import { readPublic, readPublic2B, writePublic } from '../../src/tpm/public.ts';
import { AK_ATTRIBUTES, makeAk } from './software-tpm.ts';
import { errorCode } from './outcome.ts';

const X = '11'.repeat(32);
const Y = '22'.repeat(32);

/** type, nameAlg, objectAttributes, authPolicy, symmetric, scheme, curveID, kdf, x, y */
const ECC = `0023 000b 00050072 0000 0010 0018000b 0003 0010 0020${X} 0020${Y}`.replaceAll(' ', '');
/** type, nameAlg, objectAttributes, authPolicy, symmetric, scheme, keyBits, exponent, unique */
const RSA = `0001 000b 00050072 0000 0010 0014000b 0800 00000000 0100${'c3'.repeat(256)}`.replaceAll(' ', '');

const code = (hex: string): string => errorCode(() => readPublic(fromHex(hex)));

describe('TPMT_PUBLIC', () => {
  it('reads an ECC key by the layout of Part 2, table 225', () => {
    expect(readPublic(fromHex(ECC))).toEqual({
      type: 'ecc',
      nameAlg: 'sha256',
      objectAttributes: 0x50072,
      authPolicy: new Uint8Array(0),
      parameters: {
        symmetric: null,
        scheme: { scheme: 0x18, hashAlg: 'sha256', count: null },
        curveID: 'p256',
        kdf: null,
      },
      unique: { x: fromHex(X), y: fromHex(Y) },
    });
  });

  it('reads an RSA key, and a storage key with its cipher', () => {
    expect(readPublic(fromHex(RSA))).toMatchObject({
      type: 'rsa',
      parameters: { symmetric: null, scheme: { scheme: 0x14, hashAlg: 'sha256' }, keyBits: 2048, exponent: 0 },
      unique: fromHex('c3'.repeat(256)),
    });
    const storage = RSA.replace('00050072', '00030072').replace('00100014000b', '0006008000430010');
    expect(readPublic(fromHex(storage)).parameters).toMatchObject({
      symmetric: { algorithm: 6, keyBits: 128, mode: 0x43 },
      scheme: null,
    });
  });

  it('refuses keyed hashes and symmetric keys', () => {
    expect(code(ECC.replace(/^0023/, '0008'))).toBe('tpm.public-type');
    expect(code(ECC.replace(/^0023/, '0025'))).toBe('tpm.public-type');
  });

  it('refuses reserved attribute bits', () => {
    for (let bit = 0; bit < 32; bit++) {
      const mask = (1 << bit) >>> 0;
      const expected = (TPMA_OBJECT_DEFINED & mask) === 0 ? 'tpm.attributes-reserved' : 'accepted';
      expect(code(ECC.replace('00050072', mask.toString(16).padStart(8, '0')))).toBe(expected);
    }
  });

  it('refuses unknown hashes, schemes of the other kind, curves, key derivations and wrong sizes', () => {
    expect(code(ECC.replace('0023000b', '00230012'))).toBe('tpm.hash');
    expect(code(ECC.replace('0023000b', '00230010'))).toBe('tpm.hash');
    expect(code(ECC.replace('0018000b', '0014000b'))).toBe('tpm.scheme');
    expect(code(RSA.replace('0014000b', '0018000b'))).toBe('tpm.scheme');
    expect(code(RSA.replace('0014000b', '00140012'))).toBe('tpm.hash');
    for (const other of ['0002', '0010', '0020']) {
      expect(code(ECC.replace('000300100020', `${other}00100020`))).toBe('tpm.curve');
    }
    expect(code(ECC.replace('000300100020', '00030014000b0020'))).toBe('tpm.scheme');
    expect(code(ECC.replace('00050072000000100018', '0005007200000008000b0018'))).toBe('tpm.symmetric');
    expect(code(ECC.replace('000500720000', '000500720001aa'))).toBe('tpm.auth-policy-size');
    expect(code(ECC.replace(`0020${X}`, `002100${X}`))).toBe('tpm.public-size');
    expect(code(RSA.replace(`0100${'c3'.repeat(256)}`, `0201${'c3'.repeat(513)}`))).toBe('tpm.public-size');
  });

  it('refuses a TPM2B whose size is not that of its content', () => {
    const size = (ECC.length / 2).toString(16).padStart(4, '0');
    expect(readPublic2B(fromHex(size + ECC)).bytes).toEqual(fromHex(ECC));
    for (const wrong of [ECC.length / 2 - 1, ECC.length / 2 + 1]) {
      expect(() => readPublic2B(fromHex(wrong.toString(16).padStart(4, '0') + ECC))).toThrow(/needs|after the end/);
    }
    const padded = (ECC.length / 2 + 1).toString(16).padStart(4, '0');
    expect(() => readPublic2B(fromHex(`${padded}${ECC}00`))).toThrow(/after the end/);
  });
});

describe('names', () => {
  it('is nameAlg and the hash of the public area', () => {
    const area = readPublic(fromHex(ECC));
    expect(toHex(publicName(area))).toBe(`000b${toHex(digest('sha256', fromHex(ECC)))}`);
    expect(publicName(area, fromHex(ECC))).toEqual(publicName(area));
    const sha384 = readPublic(fromHex(ECC.replace('0023000b', '0023000c')));
    expect(toHex(publicName(sha384))).toBe(`000c${toHex(digest('sha384', writePublic(sha384)))}`);
  });

  it('chains qualified names from the hierarchy down', () => {
    const area = readPublic(fromHex(ECC));
    const primary = qualifiedName(hierarchyQualifiedName('endorsement'), area);
    expect(toHex(primary)).toBe(`000b${toHex(digest('sha256', fromHex(`4000000b${toHex(publicName(area))}`)))}`);
    const child = qualifiedName(primary, area);
    expect(toHex(child)).toBe(`000b${toHex(digest('sha256', fromHex(toHex(primary) + toHex(publicName(area)))))}`);
    const owned = qualifiedName(hierarchyQualifiedName('owner'), area);
    expect(toHex(owned)).toBe(`000b${toHex(digest('sha256', fromHex(`40000001${toHex(publicName(area))}`)))}`);
  });
});

describe('akAttributes', () => {
  it('names each attribute, and none that is not set', () => {
    const { area } = makeAk('ecdsa');
    const none = akAttributes({ ...area, objectAttributes: 0 });
    for (const [name, bit] of Object.entries(TPMA_OBJECT)) {
      expect(none[name as keyof typeof TPMA_OBJECT]).toBe(false);
      const one = akAttributes({ ...area, objectAttributes: bit });
      expect(Object.keys(TPMA_OBJECT).filter((key) => one[key as keyof typeof TPMA_OBJECT])).toEqual([name]);
    }
  });

  it('tells scheme, size and policy', () => {
    const ecc = makeAk('ecdsa', 'sha384', 'p384');
    expect(akAttributes(ecc.area)).toMatchObject({
      restricted: true,
      sign: true,
      decrypt: false,
      shape: { type: 'ecc', curve: 'p384' },
      scheme: 'ecdsa',
      schemeHash: 'sha384',
      nameAlg: 'sha256',
      symmetric: false,
      authPolicy: false,
    });
    const rsa = makeAk('rsapss').area;
    expect(akAttributes({ ...rsa, authPolicy: new Uint8Array(32) })).toMatchObject({
      shape: { type: 'rsa', keyBits: 2048 },
      scheme: 'rsapss',
      authPolicy: true,
    });
    const parameters = { ...ecc.area.parameters, scheme: null, symmetric: { algorithm: 6, keyBits: 128, mode: 0x43 } };
    expect(akAttributes({ ...ecc.area, parameters } as typeof ecc.area)).toMatchObject({
      scheme: null,
      schemeHash: null,
      symmetric: true,
    });
    expect(AK_ATTRIBUTES).toBe(0x50072);
  });
});
