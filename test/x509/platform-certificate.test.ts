import { describe, expect, test } from 'vitest';
import { parseAttributeCertificate, type AttributeCertificate } from '../../src/x509/attribute-certificate.ts';
import {
  checkAttributeCertificate,
  checkPlatformKeyCertificate,
  type PlatformCheck,
  type PlatformInput,
} from '../../src/x509/platform-certificate.ts';
import {
  ALGORITHM,
  attribute,
  attributeIssuer,
  baseCertificateId,
  certificateAttribute,
  commonName,
  directoryName,
  ed25519Key,
  ext,
  extension,
  integer,
  makeAttributeCertificate,
  makeCertificate,
  NOW,
  p256Key,
  rsaKey,
  sequence,
  signingWith,
  type AttributeCertificateParts,
  type CertificateParts,
} from '../support/certificate-maker.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { EK_KEY, INTERMEDIATE_NAME, makeEk, parsed } from '../support/test-pki.ts';

const KEY = ed25519Key('platform maker');
const MAKER = commonName('Platform Maker');
const EK = parsed(makeEk());
const PLATFORM = '2.23.133.8.2';
const DELTA = '2.23.133.8.5';

const platformNames = directoryName(
  sequence(
    ...(
      [
        ['2.23.133.5.1.1', 'QEMU'],
        ['2.23.133.5.1.4', 'q35'],
        ['2.23.133.5.1.5', '8.2'],
        ['2.23.133.5.1.6', 'S1'],
      ] as const
    ).map(([oid, text]) => der(0x31, attribute(oid, text))),
  ),
);
const credentialType = (oid: string): Buffer => certificateAttribute('2.23.133.2.25', sequence(derOidValue(oid)));

const bytesOf = (bend: Partial<AttributeCertificateParts> = {}): Uint8Array =>
  new Uint8Array(
    makeAttributeCertificate({
      holder: [baseCertificateId(INTERMEDIATE_NAME, integer(3))],
      issuer: attributeIssuer(MAKER),
      signer: KEY,
      attributes: [credentialType(PLATFORM)],
      extensions: [ext.subjectAltName([platformNames])],
      ...bend,
    }),
  );
const read = (bend: Partial<AttributeCertificateParts> = {}): AttributeCertificate =>
  parseAttributeCertificate(bytesOf(bend), 'platform');

const issuerOf = (bend: Partial<CertificateParts> = {}): PlatformInput['issuer'] =>
  parsed(
    makeCertificate({
      subject: MAKER,
      key: KEY,
      signer: KEY,
      extensions: [ext.keyUsage('digitalSignature'), ext.extKeyUsage([PLATFORM])],
      ...bend,
    }),
  );

const check = (bend: Partial<AttributeCertificateParts> = {}, input: Partial<PlatformInput> = {}): PlatformCheck =>
  checkAttributeCertificate(read(bend), { ek: EK, issuer: issuerOf(), at: NOW, sha1: false, ...input });
const codes = ({ refusals }: PlatformCheck): string[] => refusals.map(({ code }) => code);

describe('an attribute certificate', () => {
  test('says whom it is about, who says so and what', () => {
    expect(read()).toMatchObject({
      holder: { issuerName: INTERMEDIATE_NAME.toString('hex'), serialNumber: '03' },
      issuer: 'CN=Platform Maker',
      issuerName: MAKER.toString('hex'),
      serialNumber: '07',
      notBefore: Date.UTC(2026, 0),
      notAfter: Date.UTC(2026, 11, 31, 23, 59, 59),
      quirks: [],
    });
    expect([...read().attributes.keys()]).toEqual(['2.23.133.2.25']);
  });

  test('may name its holder in other ways, which name no certificate', () => {
    const entityName = der(0xa1, directoryName(commonName('x')));
    expect(read({ holder: [entityName] }).holder).toBeUndefined();
    expect(read({ holder: [baseCertificateId(INTERMEDIATE_NAME, integer(3)), entityName] }).holder).toBeDefined();
  });

  test('has the quirks of its issuer and of its holder’s', () => {
    const stm = sequence(der(0x31, attribute('2.5.4.10', 'STMicroelectronics NV')));
    const padded = { holder: [baseCertificateId(stm, integer(0, 0, 0, 5))] };
    expect(read(padded)).toMatchObject({ quirks: ['padded-serial-number'], holder: { serialNumber: '05' } });
    const unsorted = sequence(der(0x31, attribute('2.5.4.3', 'Nuvoton'), attribute('2.5.4.6', 'TW')));
    expect(read({ issuer: attributeIssuer(unsorted) }).quirks).toEqual(['unsorted-set']);
    expect(read({ holder: [baseCertificateId(unsorted, integer(3))] }).quirks).toEqual(['unsorted-set']);
    expect(read({ issuer: attributeIssuer(stm), serial: integer(0, 0, 0, 5) }).quirks).toEqual([
      'padded-serial-number',
    ]);
  });

  test.each<[string, string, Partial<AttributeCertificateParts>]>([
    ['version 1', 'x509.version', { version: integer(0) }],
    ['an issuer of version 1', 'der.unexpected', { issuer: sequence(directoryName(MAKER)) }],
    [
      'an issuer with two names',
      'x509.malformed',
      { issuer: der(0xa0, sequence(directoryName(MAKER), directoryName(MAKER))) },
    ],
    ['an issuer by certificate', 'der.unexpected', { issuer: der(0xa0, sequence(directoryName(MAKER)), der(0xa0)) }],
    [
      'a holder with two names',
      'x509.malformed',
      { holder: [der(0xa0, sequence(directoryName(MAKER), directoryName(MAKER)), integer(3))] },
    ],
    ['a holder without a number', 'der.unexpected', { holder: [der(0xa0, sequence(directoryName(MAKER)))] }],
    ['a time without seconds', 'x509.time', { notBefore: '202601010000Z' }],
    ['an attribute twice', 'x509.malformed', { attributes: [credentialType(PLATFORM), credentialType(DELTA)] }],
    ['an extension twice', 'x509.extension-duplicate', { extensions: [ext.notCa(), ext.notCa()] }],
  ])('with %s is refused: %s', (_, code, bend) => {
    expect(evidenceCode(() => read(bend))).toBe(code);
  });

  test('that is too long is refused', () => {
    expect(evidenceCode(() => parseAttributeCertificate(new Uint8Array(262_145), 'x'))).toBe('x509.size');
  });

  test('and a certificate are not taken for each other', () => {
    expect(evidenceCode(() => parsed(bytesOf()))).toBe('x509.algorithm-differs');
    expect(evidenceCode(() => parseAttributeCertificate(new Uint8Array(makeEk()), 'x'))).toBe('der.unexpected');
  });
});

describe('the check', () => {
  test('of a good one', () => {
    expect(check()).toEqual({
      ok: true,
      refusals: [],
      platform: { manufacturer: 'QEMU', model: 'q35', version: '8.2', serial: 'S1' },
      quirks: [],
      notes: [],
    });
  });

  test.each<[string, Partial<AttributeCertificateParts>, Partial<PlatformInput>, string[]]>([
    ['a delta certificate', { attributes: [credentialType(DELTA)] }, {}, ['platform.delta']],
    ['a delta certificate by its purpose', { extensions: [ext.extKeyUsage([DELTA])] }, {}, ['platform.delta']],
    [
      'a credential type that cannot be read',
      { attributes: [certificateAttribute('2.23.133.2.25', integer(1))] },
      {},
      ['x509.malformed'],
    ],
    [
      'an unknown critical extension',
      { extensions: [extension('1.2.3', sequence(), true)] },
      {},
      ['platform.critical-extension'],
    ],
    [
      'targets that may not be this verifier',
      { extensions: [extension('2.5.29.55', sequence(), true)] },
      {},
      ['platform.critical-extension'],
    ],
    [
      'another holder by number',
      { holder: [baseCertificateId(INTERMEDIATE_NAME, integer(4))] },
      {},
      ['platform.holder'],
    ],
    ['another holder by issuer', { holder: [baseCertificateId(MAKER, integer(3))] }, {}, ['platform.holder']],
    ['no holder', { holder: [] }, {}, ['platform.holder']],
    ['a time before it', {}, { at: Date.UTC(2026, 0) - 1 }, ['platform.not-yet-valid']],
    ['a time after it', {}, { at: Date.UTC(2027, 0) }, ['platform.expired']],
    ['an issuer of another name', {}, { issuer: issuerOf({ subject: commonName('x') }) }, ['platform.issuer']],
    ['an issuer with another key', {}, { issuer: issuerOf({ key: ed25519Key('x') }) }, ['platform.signature']],
    ['an issuer with a key of another kind', {}, { issuer: issuerOf({ key: p256Key('x') }) }, ['platform.signature']],
    ['an issuer with a small key', {}, { issuer: issuerOf({ key: rsaKey(1024) }) }, ['path.key-size']],
    [
      'an issuer that may not sign',
      {},
      { issuer: issuerOf({ extensions: [ext.keyUsage('keyAgreement'), ext.extKeyUsage([PLATFORM])] }) },
      ['platform.issuer-key-usage'],
    ],
    [
      'an issuer for something else',
      {},
      { issuer: issuerOf({ extensions: [ext.extKeyUsage(['1.2.3'])] }) },
      ['platform.issuer-purpose'],
    ],
    [
      'an algorithm that is not supported',
      { signer: { ...KEY, algorithm: ALGORITHM.mlDsa65 } },
      {},
      ['path.algorithm'],
    ],
    [
      'names that cannot be read',
      { extensions: [extension('2.5.29.17', integer(1))] },
      {},
      ['x509.extension-malformed'],
    ],
    [
      'several things, all named',
      { holder: [], attributes: [credentialType(DELTA)] },
      { at: 0 },
      ['platform.delta', 'platform.holder', 'platform.not-yet-valid'],
    ],
  ])('refuses %s', (_, bend, input, expected) => {
    const result = check(bend, input);
    expect(codes(result)).toEqual(expected);
    expect(result.ok).toBe(false);
  });

  test('tolerates an issuer without a purpose, and says so', () => {
    const result = check({}, { issuer: issuerOf({ extensions: [ext.keyUsage('digitalSignature')] }) });
    expect(result).toMatchObject({ ok: true, quirks: ['missing-issuer-eku'] });
  });

  test('reads the names of the profile before', () => {
    const [manufacturer, serial] = [attribute('2.23.133.2.4', 'Intel'), attribute('2.23.133.2.23', 'S2')];
    const names = directoryName(sequence(der(0x31, manufacturer), der(0x31, serial)));
    expect(check({ extensions: [ext.subjectAltName([names])] }).platform).toEqual({
      manufacturer: 'Intel',
      model: undefined,
      version: undefined,
      serial: 'S2',
    });
  });

  test('tolerates critical extensions that say nothing against it', () => {
    expect(
      check({ extensions: [ext.subjectAltName([platformNames], true), extension('2.5.29.56', der(5), true)] }).ok,
    ).toBe(true);
  });

  test('notes a signature over SHA-1 where the caller allows it', () => {
    const key = rsaKey();
    const signer = signingWith(key, ALGORITHM.rsaSha1, 'sha1');
    const issuer = issuerOf({ key });
    expect(codes(check({ signer }, { issuer }))).toEqual(['path.sha1']);
    expect(check({ signer }, { issuer, sha1: true })).toMatchObject({ ok: true, notes: ['sha1-signature'] });
  });
});

describe('a certificate for the endorsement key', () => {
  const keyCheck = (bend: Partial<CertificateParts> = {}): PlatformCheck =>
    checkPlatformKeyCertificate(
      parsed(
        makeCertificate({
          key: EK_KEY,
          signer: KEY,
          extensions: [ext.notCa(), ext.extKeyUsage([PLATFORM]), ext.subjectAltName([platformNames], true)],
          ...bend,
        }),
      ),
      EK,
    );

  test('is about the same key', () => {
    expect(keyCheck()).toMatchObject({ ok: true, platform: { manufacturer: 'QEMU' } });
  });

  test.each<[string, Partial<CertificateParts>, string[]]>([
    ['another key', { key: p256Key('other') }, ['platform.holder']],
    ['no purpose', { extensions: [ext.notCa()] }, ['platform.purpose']],
    ['another purpose', { extensions: [ext.extKeyUsage(['2.23.133.8.1'])] }, ['platform.purpose']],
    ['the purpose of a delta certificate', { extensions: [ext.extKeyUsage([PLATFORM, DELTA])] }, ['platform.delta']],
    ['a CA', { extensions: [ext.ca(), ext.extKeyUsage([PLATFORM])] }, ['platform.purpose']],
    ['a key that cannot be read', { spki: sequence() }, ['x509.key-malformed']],
  ])('refuses %s', (_, bend, expected) => {
    expect(codes(keyCheck(bend))).toEqual(expected);
  });
});
