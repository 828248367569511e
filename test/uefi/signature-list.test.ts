import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CERT_SHA256_GUID,
  CERT_X509_GUID,
  parseSignatureLists,
  signaturesOf,
  signatureSha256,
} from '../../src/uefi/signature-list.ts';
import { GUIDS, guid, signatureList, u32 } from '../support/tcg-log-builder.ts';
import { errorCode, orMalformed } from '../tpm/outcome.ts';

const parse = (bytes: Uint8Array): ReturnType<typeof parseSignatureLists> => parseSignatureLists(bytes, 'db', 0);
const code = (bytes: Uint8Array): string => errorCode(() => parse(bytes));
const owner = guid('77fa9abd-0359-4d32-bd60-28f4e78f784b');
const OWNER = '77fa9abd-0359-4d32-bd60-28f4e78f784b';
const hash = (n: number): Buffer => Buffer.concat([owner, Buffer.alloc(32, n)]);
const cert = Buffer.concat([owner, Buffer.from('a certificate')]);

describe('signature lists', () => {
  test('hold signatures in order, lists of several types after each other', () => {
    const lists = parse(
      Buffer.concat([signatureList(GUIDS.x509, [cert]), signatureList(GUIDS.sha256, [hash(1), hash(2)])]),
    );
    expect(lists.map(({ type, count }) => [type, count])).toEqual([
      [CERT_X509_GUID, 1],
      [CERT_SHA256_GUID, 2],
    ]);
    expect(lists.flatMap(signaturesOf).map(({ owner: by, data }) => [by, Buffer.from(data)])).toEqual([
      [OWNER, Buffer.from('a certificate')],
      [OWNER, Buffer.alloc(32, 1)],
      [OWNER, Buffer.alloc(32, 2)],
    ]);
    expect(signatureSha256({ data: Buffer.from('abc') })).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('of an empty variable are none, and an empty list has no signature', () => {
    expect(parse(new Uint8Array(0))).toEqual([]);
    expect(parse(signatureList(GUIDS.sha256, [], Buffer.alloc(0)).fill(48, 24, 25))[0]).toMatchObject({ count: 0 });
  });

  test('attack 17: the header of a list is skipped, not taken for signatures', () => {
    const [list] = parse(signatureList(GUIDS.sha256, [hash(1)], hash(9)));
    expect(list!.count).toBe(1);
    expect(Buffer.from(list!.header)).toEqual(hash(9));
    expect(Buffer.from(signaturesOf(list!)[0]!.data)).toEqual(Buffer.alloc(32, 1));
  });

  test.each<[string, number, number, string]>([
    ['list size below its own header', 16, 27, 'uefi.signature-list-size'],
    ['list size 0', 16, 0, 'uefi.signature-list-size'],
    ['list size beyond the data', 16, 77, 'uefi.signature-list-size'],
    ['list size of 4 GiB', 16, 0xffffffff, 'uefi.signature-list-size'],
    ['header beyond the list', 20, 49, 'uefi.signature-list-size'],
    ['header of 4 GiB', 20, 0xfffffff0, 'uefi.signature-list-size'],
    ['signature size 0', 24, 0, 'uefi.signature-size'],
    ['signature size below an owner', 24, 15, 'uefi.signature-size'],
    ['signature size above the list', 24, 49, 'uefi.signature-size'],
    ['signature size that does not divide the list', 24, 20, 'uefi.signature-size'],
    ['signature size of another type', 24, 16, 'uefi.signature-size'],
    ['signature size of 4 GiB', 24, 0xffffffff, 'uefi.signature-size'],
  ])('attack 17: %s', (_name, offset, value, expected) => {
    const list = signatureList(GUIDS.sha256, [hash(1)]);
    list.writeUInt32LE(value, offset);
    expect(code(list)).toBe(expected);
  });

  test('attack 17: a certificate without room for its owner', () => {
    for (const size of [1, 15]) {
      const list = signatureList(GUIDS.x509, [Buffer.alloc(15)]);
      list.writeUInt32LE(size, 24);
      expect(code(list)).toBe('uefi.signature-size');
    }
  });

  test('attack 17: bytes after the last list, and a list cut short', () => {
    const list = signatureList(GUIDS.sha256, [hash(1)]);
    expect(code(Buffer.concat([list, Buffer.alloc(5)]))).toBe('bytes.truncated');
    expect(code(list.subarray(0, -1))).toBe('uefi.signature-list-size');
  });

  test('attack 17: more lists than any variable holds', () => {
    const empty = Buffer.concat([GUIDS.x509, u32(28), u32(0), u32(16)]);
    expect(code(Buffer.alloc(empty.length * 4096, empty))).toBe('accepted');
    expect(code(Buffer.alloc(empty.length * 4097, empty))).toBe('uefi.signature-list-count');
  });

  test('any bytes are lists or an EvidenceError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat({ max: 119 }), (noise, at) => {
        const list = signatureList(GUIDS.x509, [cert, cert]);
        list.set(noise.subarray(0, Math.max(0, list.length - at)), Math.min(at, list.length));
        for (const bytes of [noise, list]) {
          const lists = orMalformed(() => parse(bytes)) ?? [];
          const size = lists.reduce((sum, { header, signatures }) => sum + 28 + header.length + signatures.length, 0);
          expect([0, bytes.length]).toContain(size);
        }
      }),
    );
  });
});
