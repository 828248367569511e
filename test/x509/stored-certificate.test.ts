import { describe, expect, test } from 'vitest';
import { readStoredCertificate, readStoredChain } from '../../src/x509/stored-certificate.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { makeEk, makeIntermediate, makeRoot, parsed } from '../support/test-pki.ts';

const EK = makeEk();
const read = (...parts: readonly Uint8Array[]): ReturnType<typeof readStoredCertificate> =>
  readStoredCertificate(new Uint8Array(Buffer.concat(parts)), 'ek');
const codeOf = (...parts: readonly Uint8Array[]): string => evidenceCode(() => read(...parts));

/** TCG_PCCLIENT_STORED_CERT up to the certificate. */
function header(length: number): Buffer {
  const bytes = Buffer.from('10010000001002', 'hex');
  bytes.writeUInt16BE(length, 3);
  return bytes;
}

describe('one certificate', () => {
  test('as it is', () => {
    expect(read(EK)).toMatchObject({ certificate: { sha256: parsed(EK).sha256 }, quirks: [] });
  });

  test.each([
    ['padding of zeros', [EK, Buffer.alloc(196)], ['nv-padding']],
    ['padding of ones', [EK, Buffer.alloc(7, 0xff)], ['nv-padding']],
    ['padding of something else', [EK, Buffer.alloc(192, 0x11)], ['nv-padding']],
    ['a header', [header(EK.length + 2), EK], ['nv-header']],
    ['a header and padding', [header(EK.length + 2), EK, Buffer.alloc(9, 0xff)], ['nv-header', 'nv-padding']],
  ])('with %s', (_, parts, quirks) => {
    expect(read(...parts)).toMatchObject({ certificate: { sha256: parsed(EK).sha256 }, quirks });
  });

  test.each([
    ['bytes that differ', [EK, Buffer.from([0, 0, 1])], 'x509.padding'],
    ['a certificate', [EK, makeRoot()], 'x509.padding'],
  ])('followed by %s is refused', (_, parts, code) => {
    expect(codeOf(...parts)).toBe(code);
  });

  test.each([
    ['nothing', [], 'der.truncated'],
    ['an empty index', [Buffer.alloc(100, 0xff)], 'der.tag'],
    ['half a header', [Buffer.from('1001', 'hex')], 'bytes.truncated'],
    ['a header of a digest', [Buffer.from('10010100001002', 'hex'), EK], 'x509.malformed'],
    ['a header of another tag', [Buffer.from('10020004641002', 'hex'), EK], 'x509.malformed'],
    ['a header around another tag', [Buffer.from('10010004641003', 'hex'), EK], 'x509.malformed'],
    ['a header with a size of nothing', [header(1), EK], 'x509.malformed'],
    ['a header with a size beyond the end', [header(EK.length + 3), EK], 'bytes.truncated'],
  ])('%s is no certificate', (_, parts, code) => {
    expect(codeOf(...parts)).toBe(code);
  });

  test('the size in the header is where the certificate ends', () => {
    expect(codeOf(header(EK.length), EK)).toBe('der.truncated');
    expect(codeOf(header(EK.length + 3), EK, Buffer.alloc(1))).toBe('der.trailing');
  });
});

describe('a chain', () => {
  const chain = [makeIntermediate(), makeRoot()];
  const readChain = (...parts: readonly Uint8Array[]): string[] =>
    readStoredChain(new Uint8Array(Buffer.concat(parts)), 'chain').map(({ sha256 }) => sha256);

  test('is read in order, with padding or without', () => {
    const expected = chain.map((one) => parsed(one).sha256);
    expect(readChain(...chain)).toEqual(expected);
    expect(readChain(...chain, Buffer.alloc(50, 0xff))).toEqual(expected);
    expect(readChain()).toEqual([]);
    expect(readChain(Buffer.alloc(50))).toEqual([]);
  });

  test.each<[string, Uint8Array[], string]>([
    ['something after it', [...chain, Buffer.from([1, 2])], 'x509.padding'],
    ['a cut end', [...chain, makeEk().subarray(0, 50)], 'der.truncated'],
    ['too many certificates', Array.from({ length: 17 }, () => chain[1]!), 'x509.count'],
    ['too many bytes', [Buffer.alloc(65_537)], 'x509.size'],
  ])('with %s is refused', (_, parts, code) => {
    expect(evidenceCode(() => readChain(...parts))).toBe(code);
  });
});
