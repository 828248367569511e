import { describe, expect, test } from 'vitest';
import { checkEkCertificate, type EkCheck, type EkRules } from '../../src/x509/ek-certificate.ts';
import type { TpmAttributes } from '../../src/x509/tpm-attributes.ts';
import {
  attribute,
  certificateAttribute,
  commonName,
  directoryName,
  ed25519Key,
  ext,
  extension,
  integer,
  markedAs,
  p256Key,
  rsaKey,
  sequence,
  type CertificateParts,
} from '../support/certificate-maker.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { rocaModulus } from '../support/roca.ts';
import { EK_KEY, EK_PURPOSE, ekExtensions, makeEk, parsed, tpmNames } from '../support/test-pki.ts';

const RULES: EkRules = { key: undefined, weakKey: 'refuse' };
const RSA = rsaKey();
const [NOT_CA, USAGE, PURPOSES, NAMES, AUTHORITY] = ekExtensions() as [Buffer, Buffer, Buffer, Buffer, Buffer];

const check = (bend: Partial<CertificateParts> = {}, rules: Partial<EkRules> = {}): EkCheck =>
  checkEkCertificate(parsed(makeEk(bend)), { ...RULES, ...rules });
const withExtensions = (...extensions: Uint8Array[]): EkCheck => check({ extensions });
const codes = ({ refusals }: EkCheck): string[] => refusals.map(({ code }) => code);

/** SubjectPublicKeyInfo of an RSA key of that modulus. */
const rsaSpki = (modulus: Uint8Array): Buffer =>
  sequence(
    sequence(derOidValue('1.2.840.113549.1.1.1'), der(5)),
    der(3, Buffer.of(0), sequence(der(2, Buffer.of(0), modulus), integer(1, 0, 1))),
  );

test('a certificate after the profile', () => {
  expect(check()).toMatchObject({
    ok: true,
    refusals: [],
    quirks: ['critical-san'],
    notes: [],
    key: { type: 'ec', curve: 'P-256' },
    tpm: {
      manufacturer: 'id:53544D20',
      vendor: 'STM',
      model: 'TEST TPM',
      version: 'id:00010002',
      specification: undefined,
    },
  });
});

describe('refused', () => {
  test.each<[string, Partial<CertificateParts>, string[]]>([
    ['a CA', { extensions: [ext.ca(), USAGE, PURPOSES, NAMES] }, ['ek.is-ca']],
    [
      'a purpose that is another',
      { extensions: [NOT_CA, USAGE, ext.extKeyUsage(['2.23.133.8.3']), NAMES] },
      ['ek.purpose'],
    ],
    ['any purpose', { extensions: [NOT_CA, USAGE, ext.extKeyUsage(['2.5.29.37.0']), NAMES] }, ['ek.any-purpose']],
    [
      'a key that only signs',
      { extensions: [NOT_CA, ext.keyUsage('digitalSignature'), PURPOSES, NAMES] },
      ['ek.key-usage'],
    ],
    ['nothing that says what it is for', { extensions: [NOT_CA, AUTHORITY] }, ['ek.purpose']],
    ['version 1', { extensions: [], version: undefined }, ['ek.version', 'ek.purpose']],
    [
      'names that cannot be read',
      { extensions: [NOT_CA, USAGE, PURPOSES, extension('2.5.29.17', integer(1))] },
      ['x509.extension-malformed'],
    ],
    ['a key that cannot be read', { spki: rsaSpki(Buffer.alloc(0)) }, ['x509.key-malformed']],
    ['a small key', { spki: rsaSpki(Buffer.alloc(128, 0xc1)) }, ['path.key-size']],
    ['a key that is none of a TPM', { key: ed25519Key('x') }, ['ek.key-unsupported']],
    [
      'a key that is not supported',
      { spki: sequence(sequence(derOidValue('2.16.840.1.101.3.4.4.2')), der(3, Buffer.of(0))) },
      ['ek.key-unsupported'],
    ],
    [
      'several things, all named',
      { extensions: [ext.ca(), ext.keyUsage('keyCertSign'), ext.extKeyUsage(['1.2.3'])] },
      ['ek.is-ca', 'ek.purpose', 'ek.key-usage'],
    ],
  ])('%s', (_, bend, expected) => {
    const result = check(bend);
    expect(codes(result)).toEqual(expected);
    expect(result.ok).toBe(false);
  });
});

describe('tolerated, and named', () => {
  test.each<[string, Partial<CertificateParts>, string[]]>([
    ['no purpose', { extensions: [NOT_CA, USAGE, NAMES] }, ['missing-eku', 'critical-san']],
    [
      'a critical purpose',
      { extensions: [NOT_CA, USAGE, ext.extKeyUsage([EK_PURPOSE], true), NAMES] },
      ['critical-eku', 'critical-san'],
    ],
    ['no key usage', { extensions: [NOT_CA, PURPOSES, NAMES] }, ['missing-key-usage', 'critical-san']],
    ['no names', { extensions: [NOT_CA, USAGE, PURPOSES], subject: commonName('vTPM') }, ['missing-tpm-attributes']],
    [
      'names of something else',
      { extensions: [NOT_CA, USAGE, PURPOSES, ext.subjectAltName([directoryName(commonName('x'))])] },
      ['missing-tpm-attributes'],
    ],
    [
      'a key for RSAES-OAEP',
      { spki: markedAs(RSA, sequence(derOidValue('1.2.840.113549.1.1.7'))) },
      ['critical-san', 'rsaes-oaep-key'],
    ],
    [
      'a key for RSASSA-PSS',
      { spki: markedAs(RSA, sequence(derOidValue('1.2.840.113549.1.1.10'))) },
      ['critical-san', 'rsassa-pss-key'],
    ],
  ])('%s', (_, bend, expected) => {
    const result = check(bend);
    expect(codes(result)).toEqual([]);
    expect(result.quirks).toEqual(expected);
  });

  test('another purpose beside the right one', () => {
    expect(withExtensions(NOT_CA, USAGE, ext.extKeyUsage(['1.2.3', EK_PURPOSE]), NAMES).ok).toBe(true);
  });
});

describe('the key', () => {
  const jwk = EK_KEY.privateKey.export({ format: 'jwk' });
  const point = { x: Buffer.from(jwk.x!, 'base64url'), y: Buffer.from(jwk.y!, 'base64url') };
  const n = Buffer.from(RSA.privateKey.export({ format: 'jwk' }).n!, 'base64url');

  test('is the one of the public area', () => {
    expect(codes(check({}, { key: { type: 'ec', curve: 'P-256', ...point } }))).toEqual([]);
    expect(codes(check({ key: RSA }, { key: { type: 'rsa', modulus: n, exponent: 65537n } }))).toEqual([]);
  });

  test.each<[string, EkRules['key']]>([
    ['on another curve', { type: 'ec', curve: 'P-384', ...point }],
    ['with another point', { type: 'ec', curve: 'P-256', x: point.x, y: point.x }],
    ['of another kind', { type: 'rsa', modulus: n, exponent: 65537n }],
  ])('%s is another', (_, key) => {
    expect(codes(check({}, { key }))).toEqual(['ek.key-differs']);
  });

  test('with another exponent is another', () => {
    expect(codes(check({ key: RSA }, { key: { type: 'rsa', modulus: n, exponent: 3n } }))).toEqual(['ek.key-differs']);
  });
});

describe('CVE-2017-15361', () => {
  const weak = { spki: rsaSpki(rocaModulus(1)) };

  test('a key of the flawed library is refused, or noted where the caller says so', () => {
    expect(codes(check(weak))).toEqual(['ek.weak-key']);
    expect(check(weak, { weakKey: 'note' })).toMatchObject({ ok: true, notes: ['weak-key'] });
  });

  test('every such key is found, and no other', () => {
    expect(codes(check({ spki: rsaSpki(rocaModulus(2)) }))).toEqual(['ek.weak-key']);
    for (const key of [RSA, rsaKey()]) expect(codes(check({ key }))).toEqual([]);
  });
});

describe('what it says about the TPM', () => {
  const tpmOf = (...extensions: Uint8Array[]): TpmAttributes | undefined => withExtensions(USAGE, ...extensions).tpm;
  const inOneSet = directoryName(
    sequence(
      der(
        0x31,
        attribute('2.23.133.2.1', 'id:494E5443'),
        attribute('2.23.133.2.2', 'ADL'),
        attribute('2.23.133.2.3', 'id:02580000'),
      ),
    ),
  );
  const specification = (...values: Uint8Array[]): Buffer =>
    extension(
      '2.5.29.9',
      sequence(certificateAttribute('1.2.3', integer(1)), certificateAttribute('2.23.133.2.16', ...values)),
    );

  test('in one part of a name, or among other names', () => {
    const names = ext.subjectAltName([der(0x82, Buffer.from('dns')), inOneSet]);
    expect(tpmOf(names)).toMatchObject({ vendor: 'INTC', model: 'ADL', version: 'id:02580000' });
  });

  test.each([
    ['id:49465800', 'IFX'],
    ['id:00001014', undefined],
    ['Infineon', undefined],
    ['id:4946', undefined],
  ])('vendor %s: %s', (manufacturer, vendor) => {
    expect(tpmOf(ext.subjectAltName([tpmNames(manufacturer)]))).toMatchObject({ manufacturer, vendor });
  });

  test('in a name that stands alone, which is noted', () => {
    const bare = extension('2.5.29.17', tpmNames().subarray(2));
    expect(withExtensions(USAGE, bare)).toMatchObject({
      tpm: { vendor: 'STM' },
      quirks: expect.arrayContaining(['bare-alternative-name']) as unknown,
    });
  });

  test('the specification it implements', () => {
    const value = sequence(der(0x0c, Buffer.from('2.0')), integer(0), integer(0, 164));
    expect(tpmOf(specification(value))?.specification).toEqual({ family: '2.0', level: 0, revision: 164 });
    expect(codes(withExtensions(USAGE, specification(integer(1))))).toEqual(['x509.extension-malformed']);
    expect(codes(withExtensions(USAGE, specification()))).toEqual(['x509.extension-malformed']);
  });

  test('safe to print', () => {
    expect(tpmOf(ext.subjectAltName([tpmNames('id:53544D20', 'a\u001b[2J')]))?.model).toBe('a\\u{1b}[2J');
  });
});

test('another key does not make another check', () => {
  expect(check({ key: p256Key('other') }).ok).toBe(true);
});
