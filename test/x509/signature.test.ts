import { describe, expect, test } from 'vitest';
import { checkSignedBy } from '../../src/x509/signer.ts';
import { weaknessOf } from '../../src/x509/signature.ts';
import { isSameKey, readSubjectKey, subjectKeyObject, type RsaKey } from '../../src/x509/subject-key.ts';
import {
  ALGORITHM,
  ed25519Key,
  integer,
  makeCertificate,
  markedAs,
  p256Key,
  pssAlgorithm,
  rsaKey,
  sequence,
  signingWith,
  signingWithPss,
  type PssParts,
  type TestKey,
} from '../support/certificate-maker.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { parsed } from '../support/test-pki.ts';

const RSA = rsaKey();
const EC = p256Key('signature test');
const ED = ed25519Key('signature test');

/** What comes of a certificate signed by `signer`, checked with the key of `issuer`. */
function check(signer: TestKey, spki: Uint8Array = signer.spki, signature?: Uint8Array): string {
  const issuer = parsed(makeCertificate({ key: signer, signer, spki }));
  const signed = parsed(makeCertificate({ key: signer, signer, ...(signature && { signature }) }));
  const result = checkSignedBy(signed, issuer);
  return result.ok ? (result.sha1 ? 'sha1' : 'ok') : result.code;
}

describe('schemes', () => {
  const absent = sequence(derOidValue('1.2.840.113549.1.1.11'));
  const strange = sequence(derOidValue('1.2.840.113549.1.1.11'), integer(1));

  test.each<[string, TestKey, string]>([
    ['RSA with SHA-256', RSA, 'ok'],
    ['RSA with SHA-256 and no parameters', signingWith(RSA, absent, 'sha256'), 'ok'],
    ['RSA with parameters', signingWith(RSA, strange, 'sha256'), 'path.algorithm'],
    ['RSA with SHA-1', signingWith(RSA, ALGORITHM.rsaSha1, 'sha1'), 'sha1'],
    ['RSA with MD5', signingWith(RSA, ALGORITHM.rsaMd5, 'md5'), 'path.weak-hash'],
    ['ECDSA', EC, 'ok'],
    ['ECDSA with SHA-384', signingWith(EC, ALGORITHM.ecdsaSha384, 'sha384'), 'ok'],
    ['ECDSA with NULL', signingWith(EC, sequence(ALGORITHM.ecdsaSha256.subarray(2), der(5)), 'sha256'), 'ok'],
    ['ECDSA with the hash of another', signingWith(EC, ALGORITHM.ecdsaSha384, 'sha256'), 'path.signature'],
    ['Ed25519', ED, 'ok'],
    ['ML-DSA', { ...ED, algorithm: ALGORITHM.mlDsa65 }, 'path.algorithm'],
    ['another kind of key', { ...ED, algorithm: ALGORITHM.ecdsaSha256 }, 'path.signature'],
  ])('%s: %s', (_, signer, expected) => {
    expect(check(signer)).toBe(expected);
  });

  test('a signature of nothing is none', () => {
    for (const key of [RSA, EC, ED]) expect(check(key, key.spki, Buffer.alloc(0))).toBe('path.signature');
  });

  test('an ECDSA signature with bytes after it, or with padded numbers, is none', () => {
    const tbs = parsed(makeCertificate({ key: EC, signer: EC })).tbs;
    const good = EC.sign(tbs);
    expect(check(EC, EC.spki, good)).toBe('ok');
    expect(check(EC, EC.spki, Buffer.concat([good, Buffer.alloc(1)]))).toBe('path.signature');
    const r = good.subarray(4, 4 + good[3]!);
    const rest = good.subarray(4 + good[3]!);
    expect(check(EC, EC.spki, sequence(der(2, Buffer.alloc(1), r), rest))).toBe('path.signature');
  });
});

describe('RSASSA-PSS', () => {
  const sha256: PssParts = { hash: 'sha256', mask: 'sha256', saltLength: 32 };

  test.each<[string, TestKey, string]>([
    ['with SHA-256', signingWithPss(RSA, sha256), 'ok'],
    ['with the trailer spelled out', signingWithPss(RSA, { ...sha256, trailer: 1 }, sha256), 'ok'],
    ['with all defaults', signingWithPss(RSA, {}), 'sha1'],
    [
      'with another salt length than stated',
      signingWithPss(RSA, sha256, { ...sha256, saltLength: 20 }),
      'path.signature',
    ],
    ['with another hash for the mask', signingWithPss(RSA, { ...sha256, mask: 'sha384' }, sha256), 'path.algorithm'],
    ['with the mask’s default', signingWithPss(RSA, { hash: 'sha256', saltLength: 32 }, sha256), 'path.algorithm'],
    ['with another trailer', signingWithPss(RSA, { ...sha256, trailer: 2 }, sha256), 'path.algorithm'],
    ['without parameters', { ...RSA, algorithm: sequence(derOidValue('1.2.840.113549.1.1.10')) }, 'path.algorithm'],
    [
      'with parameters that are none',
      { ...RSA, algorithm: sequence(derOidValue('1.2.840.113549.1.1.10'), integer(1)) },
      'path.algorithm',
    ],
  ])('%s: %s', (_, signer, expected) => {
    expect(check(signer)).toBe(expected);
  });

  test.each<[string, PssParts | undefined, TestKey, string]>([
    ['no parameters', undefined, signingWithPss(RSA, sha256), 'ok'],
    ['the same', sha256, signingWithPss(RSA, sha256), 'ok'],
    ['a shorter salt', { ...sha256, saltLength: 20 }, signingWithPss(RSA, sha256), 'ok'],
    ['a longer salt', { ...sha256, saltLength: 40 }, signingWithPss(RSA, sha256), 'path.key-unsupported'],
    [
      'another hash',
      { hash: 'sha384', mask: 'sha384', saltLength: 32 },
      signingWithPss(RSA, sha256),
      'path.key-unsupported',
    ],
    ['no parameters, for PKCS #1', undefined, RSA, 'path.key-unsupported'],
  ])('a key marked for it with %s: %s', (_, parameters, signer, expected) => {
    const marked = parameters === undefined ? sequence(derOidValue('1.2.840.113549.1.1.10')) : pssAlgorithm(parameters);
    expect(check(signer, markedAs(RSA, marked))).toBe(expected);
  });
});

describe('keys', () => {
  const read = (spki: Uint8Array): string => evidenceCode(() => readSubjectKey(spki, 'test'));
  const rsa = (modulus: Uint8Array, exponent: Uint8Array): Buffer =>
    sequence(
      sequence(derOidValue('1.2.840.113549.1.1.1'), der(5)),
      der(3, Buffer.of(0), sequence(der(2, modulus), der(2, exponent))),
    );
  const modulus = Buffer.concat([Buffer.of(0), Buffer.alloc(256, 0xc1)]);
  const e = Buffer.of(1, 0, 1);
  const ec = (curve: string, point: Uint8Array): Buffer =>
    sequence(sequence(derOidValue('1.2.840.10045.2.1'), derOidValue(curve)), der(3, Buffer.of(0), point));

  test.each([
    ['a key with bytes after it', Buffer.concat([RSA.spki, Buffer.alloc(1)])],
    ['RSA with parameters', markedAs(RSA, sequence(derOidValue('1.2.840.113549.1.1.1'), integer(1)))],
    ['RSA with a negative modulus', rsa(modulus.subarray(1), e)],
    ['RSA with a padded modulus', rsa(Buffer.concat([Buffer.of(0), modulus]), e)],
    ['RSA with an exponent of 33 octets', rsa(modulus, Buffer.alloc(33, 1))],
    ['RSA without an exponent', rsa(modulus, Buffer.alloc(0))],
    [
      'a curve that is spelled out',
      sequence(sequence(derOidValue('1.2.840.10045.2.1'), sequence()), der(3, Buffer.of(0, 4))),
    ],
    ['a compressed point', ec('1.2.840.10045.3.1.7', Buffer.concat([Buffer.of(2), Buffer.alloc(32)]))],
    ['a point of another curve', ec('1.3.132.0.34', Buffer.concat([Buffer.of(4), Buffer.alloc(64)]))],
    ['Ed25519 with parameters', sequence(sequence(derOidValue('1.3.101.112'), der(5)), der(3, Buffer.alloc(33)))],
  ])('%s is malformed', (_, spki) => {
    expect(read(spki)).toBe('x509.key-malformed');
  });

  test('a point that is not on its curve gives no key', () => {
    const key = readSubjectKey(ec('1.2.840.10045.3.1.7', Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)])), 'test');
    expect(evidenceCode(() => subjectKeyObject(key, 'test'))).toBe('x509.key-malformed');
  });

  test.each([
    ['2.16.840.1.101.3.4.3.18', 'ML-DSA-65'],
    ['1.2.3.4', '1.2.3.4'],
  ])('%s is named and no more', (oid, algorithm) => {
    const key = readSubjectKey(sequence(sequence(derOidValue(oid)), der(3, Buffer.alloc(9))), 'test');
    expect(key).toEqual({ type: 'unsupported', algorithm });
    expect(subjectKeyObject(key, 'test')).toBeUndefined();
    expect(isSameKey(key, key)).toBe(false);
  });

  test('Node reads the same keys', () => {
    for (const { spki } of [RSA, EC, ED, rsaKey(3072)]) {
      const object = subjectKeyObject(readSubjectKey(spki, 'test'), 'test')!;
      expect(object.export({ format: 'der', type: 'spki' })).toEqual(spki);
    }
  });

  test('a key is the same with another mark, and with zeros in front', () => {
    const key = readSubjectKey(RSA.spki, 'test') as RsaKey;
    const oaep = readSubjectKey(markedAs(RSA, sequence(derOidValue('1.2.840.113549.1.1.7'))), 'test');
    expect(isSameKey(key, oaep)).toBe(true);
    const padded = { ...key, modulus: Buffer.concat([Buffer.alloc(3), key.modulus]) };
    expect(isSameKey(padded, key)).toBe(true);
    expect(isSameKey(key, { ...key, exponent: 3n })).toBe(false);
    expect(isSameKey(key, readSubjectKey(EC.spki, 'test'))).toBe(false);
  });

  test.each<[string, Buffer, bigint, string | undefined]>([
    ['2048 bits', Buffer.alloc(256, 0x81), 65537n, undefined],
    ['2047 bits', Buffer.alloc(256, 0x7f), 65537n, 'path.key-size'],
    ['8192 bits', Buffer.alloc(1024, 0x81), 65537n, undefined],
    ['8193 bits', Buffer.concat([Buffer.of(1), Buffer.alloc(1024, 1)]), 65537n, 'path.key-size'],
    ['an even modulus', Buffer.alloc(256, 0x82), 65537n, 'path.key-size'],
    ['exponent 3', Buffer.alloc(256, 0x81), 3n, 'path.key-exponent'],
    ['exponent 65536', Buffer.alloc(256, 0x81), 65536n, 'path.key-exponent'],
    ['exponent 65538', Buffer.alloc(256, 0x81), 65538n, 'path.key-exponent'],
    ['an exponent of 64 bits', Buffer.alloc(256, 0x81), (1n << 64n) - 1n, undefined],
    ['an exponent of 65 bits', Buffer.alloc(256, 0x81), (1n << 64n) + 1n, 'path.key-exponent'],
  ])('strength: %s', (_, n, exponent, code) => {
    expect(weaknessOf({ type: 'rsa', marked: 'rsaEncryption', modulus: n, exponent, pss: undefined })?.code).toBe(code);
  });
});
