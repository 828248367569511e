/** Attacks on "is this endorsement key genuine", each carried out on the whole way from NV bytes to the answer. */
import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { checkEkCertificate } from '../../src/x509/ek-certificate.ts';
import { authorityInfoAccess, crlDistributionPoints } from '../../src/x509/general-names.ts';
import { parseAttributeCertificate } from '../../src/x509/attribute-certificate.ts';
import { checkAttributeCertificate } from '../../src/x509/platform-certificate.ts';
import { validatePath } from '../../src/x509/path.ts';
import { readStoredCertificate } from '../../src/x509/stored-certificate.ts';
import { readTrustFile } from '../../src/x509/trust-file.ts';
import { EvidenceError } from '../../src/bytes/errors.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
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
  markedAs,
  NOW,
  rsaKey,
  sequence,
  signingWith,
  time,
  type CertificateParts,
} from '../support/certificate-maker.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { rocaModulus } from '../support/roca.ts';
import {
  caExtensions,
  ekExtensions,
  INTERMEDIATE_KEY,
  INTERMEDIATE_NAME,
  LENIENT,
  makeEk,
  makeIntermediate,
  makeRoot,
  parsed,
  pathInput,
  ROOT_KEY,
  ROOT_NAME,
  tpmNames,
} from '../support/test-pki.ts';

const RSA = rsaKey();

/** All codes on the way: none means that the key is genuine. */
function judge(stored: Uint8Array, presented: readonly Certificate[] = [parsed(makeIntermediate())]): string[] {
  try {
    const { certificate } = readStoredCertificate(new Uint8Array(stored), 'ek');
    const path = validatePath(pathInput({ leaf: certificate, presented }), NOW, LENIENT);
    const ek = checkEkCertificate(certificate, { key: undefined, weakKey: 'refuse' });
    return [...(path.ok ? [] : [path.code]), ...ek.refusals.map(({ code }) => code)];
  } catch (error) {
    if (error instanceof EvidenceError) return [error.code];
    throw error;
  }
}

const withExtensions = (...extensions: Uint8Array[]): Buffer => makeEk({ extensions });
const [NOT_CA, USAGE, PURPOSES, NAMES] = ekExtensions() as [Buffer, Buffer, Buffer, Buffer];

test('the certificate all attacks start from is genuine', () => {
  expect(judge(makeEk())).toEqual([]);
});

test('attack 73: a certificate for an AK, a platform or anything is not one for an endorsement key', () => {
  for (const purpose of ['2.23.133.8.3', '2.23.133.8.2', '1.3.6.1.5.5.7.3.1']) {
    expect(judge(withExtensions(NOT_CA, USAGE, ext.extKeyUsage([purpose]), NAMES))).toEqual(['ek.purpose']);
  }
  expect(judge(withExtensions(NOT_CA, USAGE, ext.extKeyUsage(['2.5.29.37.0']), NAMES))).toEqual(['ek.any-purpose']);
  expect(judge(withExtensions(NOT_CA, ext.keyUsage('digitalSignature'), NAMES))).toEqual(['ek.key-usage']);
});

test('attack 73: an intermediate for something else does not vouch for a TPM', () => {
  const extensions = [...caExtensions(INTERMEDIATE_KEY, 0), ext.extKeyUsage(['1.3.6.1.5.5.7.3.1'])];
  expect(judge(makeEk(), [parsed(makeIntermediate({ extensions }))])).toEqual(['path.issuer-purpose']);
});

test('attack 74: critical names and purposes are processed, other critical extensions are refused', () => {
  const critical = [NOT_CA, USAGE, ext.extKeyUsage(['2.23.133.8.1'], true), ext.subjectAltName([tpmNames()], true)];
  expect(judge(withExtensions(...critical))).toEqual([]);
  expect(judge(withExtensions(...critical, extension('1.2.3.4', der(5), true)))).toEqual(['path.critical-extension']);
  expect(judge(withExtensions(NOT_CA, USAGE, PURPOSES, extension('2.5.29.17', der(5), true)))).toEqual([
    'x509.extension-malformed',
  ]);
});

test('attack 75: an endorsement key’s certificate does not issue another', () => {
  const leaf = makeEk({ issuer: commonName('EK of the attacker'), signer: ed25519Key('attacker') });
  const attacker = makeEk({ subject: commonName('EK of the attacker'), key: ed25519Key('attacker') });
  expect(judge(leaf, [parsed(attacker), parsed(makeIntermediate())])).toEqual(['path.not-a-ca']);
});

test('attack 75: a CA is no endorsement key', () => {
  expect(judge(withExtensions(ext.ca(), USAGE, PURPOSES, NAMES))).toEqual(['ek.is-ca']);
});

test('attack 75: path length, key usage and validity hold on the way up', () => {
  const sub = ed25519Key('sub');
  const presented = (bend: Partial<CertificateParts>): Certificate[] => [
    parsed(
      makeCertificate({
        subject: commonName('sub'),
        key: sub,
        issuer: INTERMEDIATE_NAME,
        signer: INTERMEDIATE_KEY,
        extensions: caExtensions(sub),
        ...bend,
      }),
    ),
    parsed(makeIntermediate()),
  ];
  const leaf = makeEk({ issuer: commonName('sub'), signer: sub });
  expect(judge(leaf, presented({}))).toEqual(['path.path-length']);
  expect(judge(leaf, presented({ extensions: [ext.ca(), ext.keyUsage('cRLSign')] }))).toEqual(['path.key-usage']);
  expect(judge(makeEk(), [parsed(makeIntermediate({ notAfter: time(NOW - 1) }))])).toEqual(['path.expired']);
});

test('attack 75: the root that came along is not trusted for being self-signed', () => {
  const key = ed25519Key('own root');
  const own = makeRoot({ subject: commonName('Own Root'), key, signer: key, extensions: caExtensions(key) });
  const leaf = makeEk({ issuer: commonName('Own Root'), signer: key });
  expect(judge(leaf, [parsed(own)])).toEqual(['path.untrusted-root']);
});

test('attack 75: a root with the name of the trusted one is another', () => {
  const key = ed25519Key('own root');
  const own = makeRoot({ key, signer: key, extensions: caExtensions(key) });
  expect(judge(makeEk({ issuer: ROOT_NAME, signer: key }), [parsed(own)])).toEqual(['path.signature']);
});

test('attack 75: certificates that sign each other in circles end, and cost little', () => {
  const presented = Array.from({ length: 16 }, (_, i) => {
    const key = ed25519Key(`loop ${i % 4}`);
    const signer = ed25519Key(`loop ${Math.floor(i / 4)}`);
    return parsed(
      makeCertificate({
        subject: commonName('loop'),
        key,
        issuer: commonName('loop'),
        signer,
        extensions: caExtensions(key),
      }),
    );
  });
  const begin = performance.now();
  const codes = judge(makeEk({ issuer: commonName('loop'), signer: ed25519Key('loop 0') }), presented);
  expect(codes).toHaveLength(1);
  expect(codes[0]).toMatch(/^path\.(no-issuer|untrusted-root|too-many)$/);
  expect(performance.now() - begin).toBeLessThan(5000);
});

test('attack 75: weak keys and hashes of an issuer do not vouch', () => {
  const small = rsaKey(1024);
  expect(judge(makeEk({ signer: small }), [parsed(makeIntermediate({ key: small }))])).toEqual(['path.key-size']);
  for (const [algorithm, hash, code] of [
    [ALGORITHM.rsaSha1, 'sha1', 'path.sha1'],
    [ALGORITHM.rsaMd5, 'md5', 'path.weak-hash'],
  ] as const) {
    const leaf = makeEk({ signer: signingWith(RSA, algorithm, hash) });
    expect(judge(leaf, [parsed(makeIntermediate({ key: RSA }))])).toEqual([code]);
  }
});

test('attack 76: a key marked for RSAES-OAEP is read, and signs nothing', () => {
  const spki = markedAs(RSA, sequence(derOidValue('1.2.840.113549.1.1.7')));
  expect(judge(makeEk({ spki }))).toEqual([]);
  expect(judge(makeEk({ signer: RSA }), [parsed(makeIntermediate({ spki }))])).toEqual(['path.key-unsupported']);
});

test('attack 77: padding and the header of TPM 1.2 are taken off, anything else is refused', () => {
  const ek = makeEk();
  const header = Buffer.from('10010000001002', 'hex');
  header.writeUInt16BE(ek.length + 2, 3);
  expect(judge(Buffer.concat([ek, Buffer.alloc(196, 0xff)]))).toEqual([]);
  expect(judge(Buffer.concat([header, ek, Buffer.alloc(196)]))).toEqual([]);
  expect(judge(Buffer.concat([ek, makeEk()]))).toEqual(['x509.padding']);
});

test('attack 78: malformed DER is tolerated by named quirk only, and never written again', () => {
  const stm = sequence(der(0x31, attribute('2.5.4.10', 'STMicroelectronics NV')));
  const padded = { serial: integer(0, 0, 0, 3) };
  expect(judge(makeEk(padded))).toEqual(['x509.serial-number']);
  const presented = [parsed(makeIntermediate({ subject: stm }))];
  expect(judge(makeEk({ ...padded, issuer: stm }), presented)).toEqual([]);
  // A name whose set is sorted is another name: nothing is put in order before it is compared.
  const [country, common] = [attribute('2.5.4.6', 'TW'), attribute('2.5.4.3', 'Nuvoton')];
  const [unsorted, sorted] = [sequence(der(0x31, common, country)), sequence(der(0x31, country, common))];
  expect(judge(makeEk({ issuer: unsorted }), [parsed(makeIntermediate({ subject: unsorted }))])).toEqual([]);
  expect(judge(makeEk({ issuer: unsorted }), [parsed(makeIntermediate({ subject: sorted }))])).toEqual([
    'path.no-issuer',
  ]);
});

test('attack 79: a file of several blocks, with text, CR and keys between, gives each certificate and no more', () => {
  const block = (bytes: Uint8Array, label: string): string =>
    `-----BEGIN ${label}-----\r${Buffer.from(bytes).toString('base64')}\r-----END ${label}-----\r`;
  const content = `root\r${block(makeRoot(), 'CERTIFICATE')}x: y\r${block(sequence(), 'PRIVATE KEY')}${block(makeIntermediate(), 'CERTIFICATE')}`;
  const file = readTrustFile(new Uint8Array(Buffer.from(content)), 'roots');
  expect(file.certificates.map(({ subject }) => subject)).toEqual(['CN=Test TPM Root CA', 'CN=Test TPM Issuing CA']);
  expect(file.ignored).toEqual(['PRIVATE KEY']);
});

test('attack 80: an extension twice is refused, whichever of them would have passed', () => {
  expect(judge(withExtensions(...ekExtensions(), ext.ca()))).toEqual(['x509.extension-duplicate']);
});

test('attack 80: OtherName, T61String and a negative serial number are read', () => {
  const other = der(0xa0, derOidValue('1.2.3'), der(0xa0, der(0x0c, Buffer.from('x'))));
  const t61 = directoryName(sequence(der(0x31, attribute('2.23.133.2.1', 'id:53544D20', 0x14))));
  const names = ext.subjectAltName([other, t61], true);
  const leaf = makeEk({ serial: integer(0x80), extensions: [NOT_CA, USAGE, PURPOSES, names] });
  expect(judge(leaf)).toEqual([]);
  expect(checkEkCertificate(parsed(leaf), { key: undefined, weakKey: 'refuse' })).toMatchObject({
    tpm: { vendor: 'STM' },
    quirks: expect.arrayContaining(['serial-number-not-positive']) as unknown,
  });
});

test('attack 81: a key of CVE-2017-15361 proves no TPM', () => {
  const spki = sequence(
    sequence(derOidValue('1.2.840.113549.1.1.1'), der(5)),
    der(3, Buffer.of(0), sequence(der(2, Buffer.of(0), rocaModulus(7)), integer(1, 0, 1))),
  );
  expect(judge(makeEk({ spki }))).toEqual(['ek.weak-key']);
});

test('attack 82: addresses in a certificate are text', () => {
  const access = extension(
    '1.3.6.1.5.5.7.1.1',
    sequence(sequence(derOidValue('1.3.6.1.5.5.7.48.2'), der(0x86, Buffer.from('file:///etc/\u001b')))),
  );
  const leaf = parsed(withExtensions(...ekExtensions(), access, ext.crlDistributionPoint('http://[::1]:22/')));
  expect(authorityInfoAccess(leaf)).toEqual([{ method: '1.3.6.1.5.5.7.48.2', uri: 'file:///etc/\\u{1b}' }]);
  expect(crlDistributionPoints(leaf)).toMatchObject([{ uris: ['http://[::1]:22/'] }]);
  expect(validatePath(pathInput({ leaf, presented: [] }), NOW, LENIENT)).toMatchObject({ code: 'path.no-issuer' });
});

test('attack 83: the platform certificate of another machine is refused, and a delta certificate too', () => {
  const issuer = parsed(makeCertificate({ subject: commonName('maker'), key: ROOT_KEY, signer: ROOT_KEY }));
  const check = (serial: Uint8Array, type: string): string[] => {
    const bytes = makeAttributeCertificate({
      holder: [baseCertificateId(INTERMEDIATE_NAME, serial)],
      issuer: attributeIssuer(commonName('maker')),
      signer: ROOT_KEY,
      attributes: [certificateAttribute('2.23.133.2.25', sequence(derOidValue(type)))],
    });
    const platform = parseAttributeCertificate(new Uint8Array(bytes), 'platform');
    const ek = parsed(makeEk());
    return checkAttributeCertificate(platform, { ek, issuer, at: NOW, sha1: false }).refusals.map(({ code }) => code);
  };
  expect(check(integer(3), '2.23.133.8.2')).toEqual([]);
  expect(check(integer(4), '2.23.133.8.2')).toEqual(['platform.holder']);
  expect(check(integer(3), '2.23.133.8.5')).toEqual(['platform.delta']);
});
