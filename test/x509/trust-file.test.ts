import { describe, expect, test } from 'vitest';
import forge from 'node-forge';
import { PolicyError } from '../../src/bytes/errors.ts';
import { readTrustFile, type TrustFile } from '../../src/x509/trust-file.ts';
import { integer, makeCertificate, makeCrl, rsaKey, sequence, ed25519Key } from '../support/certificate-maker.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { certificateBag, dataSafe, encryptedSafe, pbes2, pbes2Safe, pfx, wrongMac } from '../support/pkcs12-writer.ts';
import { INTERMEDIATE_KEY, INTERMEDIATE_NAME, makeIntermediate, makeRoot } from '../support/test-pki.ts';

const ROOT = makeRoot();
const INTERMEDIATE = makeIntermediate();
const CRL = makeCrl({ issuer: INTERMEDIATE_NAME, signer: INTERMEDIATE_KEY });

const pem = (bytes: Uint8Array, label = 'CERTIFICATE', eol = '\n'): string =>
  [
    `-----BEGIN ${label}-----`,
    ...Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g)!,
    `-----END ${label}-----`,
    '',
  ].join(eol);

const read = (content: string | Uint8Array, passphrase?: string): TrustFile =>
  readTrustFile(new Uint8Array(Buffer.from(content)), 'roots', passphrase);
const subjects = ({ certificates }: TrustFile): string[] => certificates.map(({ subject }) => subject);

function codeOf(content: string | Uint8Array, passphrase?: string): string {
  try {
    read(content, passphrase);
  } catch (error) {
    if (error instanceof PolicyError) return error.code;
    throw error;
  }
  return 'no error';
}

const BOTH = ['CN=Test TPM Root CA', 'CN=Test TPM Issuing CA'];

/** SignedData without a signer (RFC 5652, clause 5.1). */
function pkcs7(
  certificates: readonly Uint8Array[],
  crls: readonly Uint8Array[] = [],
  type = '1.2.840.113549.1.7.2',
): Buffer {
  const signedData = sequence(
    integer(1),
    der(0x31),
    sequence(derOidValue('1.2.840.113549.1.7.1')),
    ...(certificates.length > 0 ? [der(0xa0, ...certificates)] : []),
    ...(crls.length > 0 ? [der(0xa1, ...crls)] : []),
    der(0x31),
  );
  return sequence(derOidValue(type), der(0xa0, signedData));
}

describe('PEM', () => {
  test('of several blocks, in order and each once', () => {
    const file = read(pem(ROOT) + pem(INTERMEDIATE) + pem(ROOT));
    expect(file).toMatchObject({ format: 'pem', crls: [], refused: [], ignored: [] });
    expect(subjects(file)).toEqual(BOTH);
  });

  test.each([
    ['text before, between and after', `# roots\n${pem(ROOT)}\nsubject=…\n${pem(INTERMEDIATE)}end`],
    ['lines that end in CR LF', pem(ROOT, 'CERTIFICATE', '\r\n') + pem(INTERMEDIATE, 'CERTIFICATE', '\r\n')],
    ['lines that end in CR', pem(ROOT, 'CERTIFICATE', '\r') + pem(INTERMEDIATE, 'CERTIFICATE', '\r')],
    ['spaces at the ends of lines', (pem(ROOT) + pem(INTERMEDIATE)).replaceAll('\n', '  \n')],
    ['a byte order mark', `\ufeff\n${pem(ROOT)}${pem(INTERMEDIATE)}`],
    ['the older label', pem(ROOT, 'X509 CERTIFICATE') + pem(INTERMEDIATE)],
    ['PKCS#7 in it', pem(pkcs7([ROOT, INTERMEDIATE]), 'PKCS7')],
  ])('with %s', (_, content) => {
    expect(subjects(read(content))).toEqual(BOTH);
  });

  test('what is of another kind is named', () => {
    const file = read(
      pem(ROOT) + pem(CRL, 'X509 CRL') + pem(sequence(), 'PRIVATE KEY') + pem(sequence(), 'ATTRIBUTE CERTIFICATE'),
    );
    expect(file).toMatchObject({ crls: [{ issuer: BOTH[1] }], ignored: ['PRIVATE KEY', 'ATTRIBUTE CERTIFICATE'] });
  });

  test('what cannot be read is named, and does not hide the rest', () => {
    const file = read(pem(sequence()) + pem(ROOT) + pem(Buffer.concat([INTERMEDIATE, Buffer.alloc(1)])));
    expect(subjects(file)).toEqual([BOTH[0]]);
    expect(file.refused).toMatchObject([
      { entry: 1, code: 'x509.malformed' },
      { entry: 3, code: 'x509.malformed' },
    ]);
  });

  test.each([
    ['a block that does not end', pem(ROOT).replace(/-----END.*/, '')],
    ['a block inside a block', pem(ROOT).replace('\n', `\n${pem(ROOT)}`)],
    ['an end without a beginning', `-----END CERTIFICATE-----\n${pem(ROOT)}`],
    ['an end of something else', pem(ROOT).replace('END CERTIFICATE', 'END PKCS7')],
    ['what is not base64', pem(ROOT).replace('\n', '\n!!!!')],
    ['headers', pem(ROOT).replace('\n', '\nProc-Type: 4,ENCRYPTED\n')],
    ['spare bits that are set', '-----BEGIN CERTIFICATE-----\nAB==\n-----END CERTIFICATE-----\n'],
    ['too many blocks', pem(sequence(), 'X').repeat(4097)],
  ])('with %s is refused', (_, content) => {
    expect(codeOf(content)).toBe('trust-file.pem');
  });

  test('the line of the fault is told', () => {
    expect(() => read(`\n\n${pem(ROOT)}-----END X-----`)).toThrow(/roots, line \d+: X ends, which did not begin/);
  });
});

describe('binary files', () => {
  test('one certificate', () => {
    expect(read(ROOT)).toMatchObject({ format: 'der', certificates: [{ subject: BOTH[0] }] });
  });

  test('one revocation list', () => {
    expect(read(CRL)).toMatchObject({ format: 'der', certificates: [], crls: [{ issuer: BOTH[1] }] });
  });

  test('PKCS#7', () => {
    const file = read(pkcs7([ROOT, INTERMEDIATE, der(0xa1)], [CRL]));
    expect(file).toMatchObject({ format: 'pkcs7', crls: [{ issuer: BOTH[1] }] });
    expect(subjects(file)).toEqual(BOTH);
  });

  test('DER that mentions PEM', () => {
    const subject = sequence(der(0x31, sequence(derOidValue('2.5.4.3'), der(0x0c, Buffer.from('-----BEGIN X-----')))));
    expect(read(makeRoot({ subject })).format).toBe('der');
  });

  test.each<[string, string, Uint8Array | string]>([
    ['nothing', 'trust-file.form', ''],
    ['text', 'trust-file.form', 'hello'],
    ['bytes after it', 'trust-file.form', Buffer.concat([ROOT, Buffer.alloc(1)])],
    ['PKCS#7 of another kind', 'trust-file.form', pkcs7([ROOT], [], '1.2.840.113549.1.7.3')],
    ['PKCS#7 without certificates', 'trust-file.empty', pkcs7([])],
    ['PEM of something else', 'trust-file.empty', pem(sequence(), 'PRIVATE KEY')],
    ['more bytes than are read', 'trust-file.size', Buffer.alloc(8 * 1024 * 1024 + 1)],
    ['more certificates than are read', 'trust-file.size', pkcs7(Array.from({ length: 4097 }, () => sequence()))],
  ])('%s is refused: %s', (_, code, content) => {
    expect(codeOf(content)).toBe(code);
  });

  test('DER that is neither is one entry that cannot be read', () => {
    expect(read(sequence(sequence())).refused).toMatchObject([{ entry: 1 }]);
  });
});

describe('PKCS#12', () => {
  const key = rsaKey();
  const own = makeCertificate({ key, signer: key });
  const certificate = forge.pki.certificateFromAsn1(
    forge.asn1.fromDer(forge.util.createBuffer(own.toString('latin1'))),
  );
  const privateKey = forge.pki.privateKeyFromPem(key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  const make = (passphrase: string | null, algorithm: 'aes128' | 'aes192' | 'aes256' | '3des' = 'aes256'): Buffer => {
    const asn1 = forge.pkcs12.toPkcs12Asn1(privateKey, [certificate], passphrase, { algorithm });
    return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');
  };

  test.each(['aes128', 'aes256', '3des'] as const)('encrypted with %s', (algorithm) => {
    const file = read(make('secret', algorithm), 'secret');
    expect(file.format).toBe('pkcs12');
    expect(Buffer.from(file.certificates[0]!.der)).toEqual(own);
  });

  test.each<[string, string | null]>([
    ['an empty passphrase', ''],
    ['none', null],
  ])('with %s', (_, passphrase) => {
    expect(read(make(passphrase)).certificates).toHaveLength(1);
  });

  test('the wrong passphrase is told', () => {
    expect(codeOf(make('secret'), 'other')).toBe('trust-file.passphrase');
    expect(codeOf(make('secret'))).toBe('trust-file.passphrase');
  });

  test('a changed file is told', () => {
    const bytes = make('secret');
    bytes[200]! ^= 1;
    expect(codeOf(bytes, 'secret')).toMatch(/^trust-file\./);
  });

  test('in the clear, with a certificate that no other library takes, byte for byte', () => {
    const file = read(
      pfx([dataSafe(sequence(certificateBag(ROOT), certificateBag(sequence(), '1.2.840.113549.1.12.10.1.1')))]),
    );
    expect(Buffer.from(file.certificates[0]!.der)).toEqual(ROOT);
  });

  test('with PBES2, without a MAC', () => {
    const file = read(pfx([pbes2Safe(sequence(certificateBag(ROOT)), 'secret')]), 'secret');
    expect(Buffer.from(file.certificates[0]!.der)).toEqual(ROOT);
    expect(codeOf(pfx([pbes2Safe(sequence(certificateBag(ROOT)), 'secret')]), 'other')).toMatch(/^trust-file\./);
  });

  test.each<[string, Buffer]>([
    ['version 4', sequence(integer(4), dataSafe(sequence()))],
    ['a public key’s integrity', sequence(integer(3), pkcs7([]))],
    ['an unknown MAC', sequence(integer(3), dataSafe(sequence()), wrongMac('1.2.3', integer(1)))],
    [
      'a MAC of too many rounds',
      sequence(integer(3), dataSafe(sequence()), wrongMac('1.3.14.3.2.26', integer(0x7f, 0xff, 0xff))),
    ],
    ['a MAC of no rounds', sequence(integer(3), dataSafe(sequence()), wrongMac('1.3.14.3.2.26', integer(0)))],
    ['too many parts', pfx(Array.from({ length: 17 }, () => dataSafe(sequence())))],
    ['a part for a public key', pfx([sequence(derOidValue('1.2.840.113549.1.7.3'), der(0xa0, sequence()))])],
    [
      'an unknown cipher',
      pfx([encryptedSafe(sequence(derOidValue('1.2.3'), sequence(der(4, Buffer.alloc(8)), integer(1))))]),
    ],
    ['a cipher without parameters', pfx([encryptedSafe(sequence(derOidValue('1.2.3')))])],
    ['a cipher of too many rounds', pfx([encryptedSafe(pbes2(integer(0x7f, 0xff, 0xff, 0xff)))])],
    ['an unknown scheme', pfx([encryptedSafe(pbes2(integer(1), { scheme: sequence(derOidValue('1.2.3'), der(4)) }))])],
    [
      'a scheme without parameters',
      pfx([encryptedSafe(pbes2(integer(1), { scheme: sequence(derOidValue('2.16.840.1.101.3.4.1.2')) }))]),
    ],
    ['an unknown function', pfx([encryptedSafe(pbes2(integer(1), { prf: '1.2.3' }))])],
    ['an unknown key derivation', pfx([encryptedSafe(pbes2(integer(1), { kdf: '1.2.3' }))])],
    ['three encrypted parts', pfx(Array.from({ length: 3 }, () => encryptedSafe(pbes2(integer(1)))))],
    ['a cipher of no rounds', pfx([encryptedSafe(pbes2(integer(0)))])],
  ])('with %s is refused', (_, content) => {
    expect(codeOf(content)).toBe('trust-file.pkcs12');
  });

  test('without certificates is told', () => {
    expect(codeOf(pfx([dataSafe(sequence())]))).toBe('trust-file.empty');
  });
});

test('keys of every kind come through', () => {
  const key = ed25519Key('x');
  expect(read(pem(makeCertificate({ key, signer: key }))).certificates).toHaveLength(1);
});
