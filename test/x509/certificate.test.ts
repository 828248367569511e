// Its side effect is what @peculiar/x509 needs before it is loaded.
import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as peculiar from '@peculiar/x509';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import {
  ALGORITHM,
  attribute,
  commonName,
  directoryName,
  ed25519Key,
  ext,
  extension,
  integer,
  makeCertificate,
  NOT_AFTER,
  NOT_BEFORE,
  sequence,
  time,
  type CertificateParts,
} from '../support/certificate-maker.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { makeEk, makeIntermediate, parsed } from '../support/test-pki.ts';

const pem = readFileSync(new URL('../lab/keys/other-signer.pem', import.meta.url), 'utf8');
const node = new X509Certificate(pem);
const certificate = new Uint8Array(node.raw);

const KEY = ed25519Key('certificate test');
const made = (parts: Partial<CertificateParts> = {}): Buffer => makeCertificate({ key: KEY, signer: KEY, ...parts });
const codeOf = (parts: Partial<CertificateParts>): string => evidenceCode(() => parsed(made(parts)));
const withExtensions = (...extensions: Uint8Array[]): Partial<CertificateParts> => ({ extensions });

test('a certificate says what Node reads in it', () => {
  const read = parseCertificate(certificate, 'test');
  expect(read.sha256).toBe(createHash('sha256').update(certificate).digest('hex'));
  expect(read.serialNumber.toUpperCase().replace(/^00/, '')).toBe(node.serialNumber);
  const name = /CN=([^\n]+)/.exec(node.subject)?.[1] ?? 'no common name';
  expect(read.subject).toContain(name);
  // Self-signed: one name on both sides.
  expect(read.issuerDer).toBe(read.subjectDer);
  expect(read.der).toBe(certificate);
  expect(read.notBefore).toBe(Date.parse(node.validFrom));
  expect(read.notAfter).toBe(Date.parse(node.validTo));
  expect(read.basicConstraints?.ca ?? false).toBe(node.ca);
  expect(Buffer.from(read.subjectPublicKeyInfo)).toEqual(node.publicKey.export({ format: 'der', type: 'spki' }));
});

test.each([
  ['the certificate of the lab', () => Buffer.from(certificate)],
  ['an intermediate', makeIntermediate],
  ['an endorsement key', makeEk],
])('%s says what @peculiar/x509 reads in it', (_, make) => {
  const bytes = make();
  const read = parsed(bytes);
  const theirs = new peculiar.X509Certificate(new Uint8Array(bytes));
  expect(read).toMatchObject({
    subject: theirs.subject,
    issuer: theirs.issuer,
    notBefore: theirs.notBefore.getTime(),
    notAfter: theirs.notAfter.getTime(),
  });
  expect([...read.extensions].map(([oid, { critical, value }]) => [oid, critical, Buffer.from(value)])).toEqual(
    theirs.extensions.map(({ type, critical, value }) => [type, critical, Buffer.from(value)]),
  );
  const constraints = theirs.getExtension(peculiar.BasicConstraintsExtension);
  expect(read.basicConstraints?.ca).toBe(constraints?.ca);
  expect(read.basicConstraints?.pathLength).toBe(constraints?.pathLength);
  expect(read.extKeyUsage).toEqual(theirs.getExtension(peculiar.ExtendedKeyUsageExtension)?.usages);
  expect(read.subjectKeyIdentifier).toBe(theirs.getExtension(peculiar.SubjectKeyIdentifierExtension)?.keyId);
  expect(read.authorityKeyIdentifier?.keyId).toBe(theirs.getExtension(peculiar.AuthorityKeyIdentifierExtension)?.keyId);
});

describe('fields', () => {
  test('a version 1 certificate has neither version nor extensions', () => {
    expect(parsed(made({ version: undefined }))).toMatchObject({ version: 1, quirks: [], keyUsage: undefined });
  });

  test('times are milliseconds, and an authority may be named by issuer and serial', () => {
    const read = parsed(made(withExtensions(ext.authority(commonName('A'), 5))));
    expect(read).toMatchObject({ version: 3, notBefore: NOT_BEFORE, notAfter: NOT_AFTER });
    expect(read.authorityKeyIdentifier).toEqual({
      keyId: undefined,
      issuerDer: commonName('A').toString('hex'),
      serialNumber: '05',
    });
  });

  test('an authority with names of other kinds names no issuer', () => {
    const names = extension('2.5.29.35', sequence(der(0xa1, der(0x86, Buffer.from('http://a/')))));
    expect(parsed(made(withExtensions(names))).authorityKeyIdentifier?.issuerDer).toBeUndefined();
  });

  test('all key usages, the ninth too', () => {
    const usage = extension('2.5.29.15', der(0x03, Buffer.from([7, 0xff, 0x80])));
    const all = ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'];
    expect([...parsed(made(withExtensions(usage))).keyUsage!]).toEqual([
      ...all,
      'keyCertSign',
      'cRLSign',
      'encipherOnly',
      'decipherOnly',
    ]);
  });
});

describe('what is tolerated is named', () => {
  const stm = sequence(der(0x31, attribute('2.5.4.10', 'STMicroelectronics NV')));
  const unsorted = sequence(der(0x31, attribute('2.5.4.3', 'Nuvoton'), attribute('2.5.4.6', 'TW')));

  test.each<[string, string, Partial<CertificateParts>]>([
    ['padded-serial-number', '05', { issuer: stm, serial: integer(0, 0, 0, 5) }],
    ['serial-number-not-positive', 'ff', { serial: integer(0xff) }],
    ['serial-number-not-positive', '00', { serial: integer(0) }],
    ['long-serial-number', `00ff${'11'.repeat(19)}`, { serial: integer(0, 0xff, ...Array<number>(19).fill(0x11)) }],
    ['unsorted-set', '01', { issuer: unsorted }],
    ['explicit-default', '01', withExtensions(extension('2.5.29.19', sequence(der(0x01, Buffer.from([0])))))],
    ['explicit-default', '01', withExtensions(sequence(derOidValue('1.2.3'), der(0x01, Buffer.from([0])), der(0x04)))],
    ['padded-key-usage', '01', withExtensions(extension('2.5.29.15', der(0x03, Buffer.from([0, 4]))))],
    ['early-generalized-time', '01', { notBefore: der(0x18, Buffer.from('20260101000000Z')) }],
    [
      'ecdsa-null-parameters',
      '01',
      {
        signer: { ...KEY, algorithm: sequence(ALGORITHM.ecdsaSha256.subarray(2), der(0x05)) },
        signature: Buffer.alloc(1),
      },
    ],
  ])('%s (%s)', (quirk, serialNumber, parts) => {
    expect(parsed(made(parts))).toMatchObject({ quirks: [quirk], serialNumber });
  });
});

describe('what is wrong is refused', () => {
  const stm = sequence(der(0x31, attribute('2.5.4.10', 'STMicroelectronics NV')));

  test.each<[string, string, Partial<CertificateParts>]>([
    ['version 4', 'x509.version', { version: der(0xa0, integer(3)) }],
    ['version 1 spelled out', 'x509.version', { version: der(0xa0, integer(0)) }],
    ['extensions in version 1', 'x509.version', { version: undefined, extensions: [ext.notCa()] }],
    ['extensions in version 2', 'x509.version', { version: der(0xa0, integer(1)), extensions: [ext.notCa()] }],
    ['unique identifiers in version 1', 'x509.version', { version: undefined, more: [der(0x81, Buffer.from([0, 1]))] }],
    ['a serial number padded by anyone', 'x509.serial-number', { serial: integer(0, 0, 0, 5) }],
    ['a serial number padded otherwise', 'x509.serial-number', { issuer: stm, serial: integer(0, 0, 5) }],
    ['a negative one padded', 'x509.serial-number', { issuer: stm, serial: integer(0xff, 0xff, 0xff, 0xfe) }],
    ['no serial number', 'x509.serial-number', { serial: integer() }],
    ['a serial number of 65 octets', 'x509.serial-number', { serial: integer(...Array<number>(65).fill(1)) }],
    ['another algorithm inside', 'x509.algorithm-differs', { innerAlgorithm: ALGORITHM.rsaSha256 }],
    ['an empty part of a name', 'x509.malformed', { issuer: sequence(der(0x31)) }],
    ['an attribute without a value', 'x509.malformed', { issuer: sequence(der(0x31, sequence(integer(1)))) }],
    ['fields after the extensions', 'der.unexpected', { more: [der(0xa3, sequence(ext.notCa())), integer(1)] }],
    ['a third time', 'x509.malformed', { notAfter: Buffer.concat([time(NOT_AFTER), time(NOT_AFTER)]) }],
    ['no second time', 'der.unexpected', { notAfter: Buffer.alloc(0) }],
    ['two constraints', 'x509.extension-duplicate', withExtensions(ext.notCa(), ext.ca())],
    [
      'a critical flag that is neither',
      'der.boolean',
      withExtensions(sequence(derOidValue('1.2.3'), der(1, Buffer.of(1)), der(4))),
    ],
    ['an extension without a name', 'der.unexpected', withExtensions(sequence(integer(1)))],
  ])('%s: %s', (_, code, parts) => {
    expect(codeOf(parts)).toBe(code);
  });

  test.each([
    ['basicConstraints', '2.5.29.19', sequence(integer(1), integer(2))],
    ['basicConstraints', '2.5.29.19', sequence(integer(0xff))],
    ['keyUsage', '2.5.29.15', der(0x03, Buffer.from([9, 4]))],
    ['extKeyUsage', '2.5.29.37', sequence()],
    ['extKeyUsage', '2.5.29.37', sequence(integer(1))],
    ['subjectKeyIdentifier', '2.5.29.14', integer(1)],
    ['authorityKeyIdentifier', '2.5.29.35', sequence(integer(1))],
    ['bytes after the value', '2.5.29.14', Buffer.concat([der(0x04), der(0x05)])],
  ])('%s that is not one', (_, oid, value) => {
    expect(codeOf(withExtensions(extension(oid, value)))).toBe('x509.extension-malformed');
  });

  test.each([
    ['no seconds', der(0x17, Buffer.from('2601010000Z'))],
    ['a zone', der(0x17, Buffer.from('260101000000+0000'))],
    ['a fraction', der(0x18, Buffer.from('20260101000000.5Z'))],
    ['no zone', der(0x18, Buffer.from('20260101000000'))],
    ['a day that does not exist', der(0x17, Buffer.from('260230000000Z'))],
    ['a month that does not exist', der(0x17, Buffer.from('261301000000Z'))],
    ['hour 24', der(0x17, Buffer.from('260101240000Z'))],
    ['second 60', der(0x17, Buffer.from('260101000060Z'))],
    ['a year before there were certificates', der(0x18, Buffer.from('19491231235959Z'))],
    ['no digits', der(0x17, Buffer.from('2601010000xxZ'))],
  ])('a time with %s', (_, notBefore) => {
    expect(codeOf({ notBefore })).toBe('x509.time');
  });

  test.each([
    ['the last year of UTCTime', der(0x17, Buffer.from('491231235959Z')), Date.UTC(2049, 11, 31, 23, 59, 59)],
    ['the first year of UTCTime', der(0x17, Buffer.from('500101000000Z')), Date.UTC(1950, 0)],
    ['no end', der(0x18, Buffer.from('99991231235959Z')), 253402300799000],
  ])('but not %s', (_, notAfter, at) => {
    expect(parsed(made({ notAfter })).notAfter).toBe(at);
  });

  test('more bytes than any certificate has', () => {
    expect(codeOf(withExtensions(extension('1.2.3', der(0x04, Buffer.alloc(65_536)))))).toBe('x509.size');
  });

  test('bytes after the certificate', () => {
    const longer = Buffer.concat([certificate, Buffer.alloc(1)]);
    expect(evidenceCode(() => parsed(longer))).toBe('der.trailing');
  });

  test('DER that is no certificate', () => {
    expect(evidenceCode(() => parsed(Uint8Array.of(0x30, 0x00)))).toBe('der.unexpected');
  });
});

describe('names', () => {
  const nameOf = (subject: Uint8Array): string => parsed(made({ subject })).subject;
  const peculiarName = (subject: Uint8Array): string => new peculiar.Name(new Uint8Array(subject)).toString();

  test('are shown as @peculiar/x509 shows them', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', ' ', ',', '+', '"', '\\', '<', '>', ';', '#', '=', 'é', '–', '日'),
      maxLength: 12,
    });
    const type = fc.constantFrom(
      '2.5.4.3',
      '2.5.4.6',
      '2.5.4.10',
      '2.5.4.11',
      '2.5.4.5',
      '1.2.840.113549.1.9.1',
      '2.23.133.2.1',
    );
    const set = fc.array(fc.tuple(type, text), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(set, { maxLength: 4 }), (sets) => {
        const subject = sequence(...sets.map((one) => der(0x31, ...one.map(([oid, value]) => attribute(oid, value)))));
        expect(nameOf(subject)).toBe(peculiarName(subject));
      }),
    );
  });

  test.each([
    ['T61String', der(0x14, Buffer.from('Nationz \xe9', 'latin1')), 'CN=Nationz é'],
    ['BMPString', der(0x1e, Buffer.from([0, 0x41, 0x65, 0xe5])), 'CN=A日'],
    ['half a BMPString', der(0x1e, Buffer.from([0])), 'CN=#1e0100'],
    ['UTF8String that is none', der(0x0c, Buffer.from([0xff])), 'CN=#0c01ff'],
    ['a number', integer(1), 'CN=#020101'],
    ['a control character', der(0x0c, Buffer.from('a\u001b[2J')), 'CN=a\\u{1b}[2J'],
    ['text that runs backwards', der(0x0c, Buffer.from('a\u202eb')), 'CN=a\\u{202e}b'],
  ])('with %s', (_, value, expected) => {
    const oid = attribute('2.5.4.3', '').subarray(2, 7);
    expect(nameOf(sequence(der(0x31, sequence(oid, value))))).toBe(expected);
  });

  test('of other kinds in a subject alternative name do not matter to the certificate', () => {
    const other = der(0xa0, attribute('1.3.6.1.4.1.311.20.2.3', 'x'));
    expect(codeOf(withExtensions(ext.subjectAltName([other, directoryName(commonName('x'))])))).toBe('no error');
  });
});

test('a cut certificate is refused, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: certificate.length - 1 }), (length) => {
      expect(evidenceCode(() => parseCertificate(certificate.subarray(0, length), 'test'))).toMatch(/^der\./);
    }),
  );
});

test('a changed byte gives another certificate or an error', () => {
  const id = parseCertificate(certificate, 'test').sha256;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: certificate.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(certificate);
      changed[at] = (changed[at] ?? 0) ^ flip;
      let outcome = '';
      const code = evidenceCode(() => (outcome = parseCertificate(changed, 'test').sha256));
      expect(code).toMatch(/^(der\.|x509\.|no error$)/);
      expect(outcome).not.toBe(id);
    }),
  );
});
