import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  derChildren,
  derExpect,
  derIntegerHex,
  derOid,
  readDer,
  readDerPrefix,
  TAG,
  type DerNode,
} from '../../src/bytes/der.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { evidenceCode } from '../support/evidence-error.ts';

const bytes = (...octets: number[]): Uint8Array => Uint8Array.from(octets);
const read = (...octets: number[]): DerNode => readDer(bytes(...octets), 'test');

describe('well-formed', () => {
  test('a sequence gives its parts with offsets in the whole', () => {
    const node = read(0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0xff);
    expect(derChildren(node).map(({ tag, offset, content }) => [tag, offset, [...content]])).toEqual([
      [TAG.integer, 2, [5]],
      [TAG.octetString, 5, [0xff]],
    ]);
  });

  test('a prefix leaves what follows to the caller', () => {
    const node = readDerPrefix(bytes(0x05, 0x00, 0xde, 0xad), 'test');
    expect(node.raw).toHaveLength(2);
  });

  test.each([
    ['1.2.840.113549.1.7.2', '2a864886f70d010702'],
    ['2.999.3', '883703'],
    ['0.0', '00'],
  ])('the identifier %s', (dotted, hex) => {
    expect(derOid(read(0x06, hex.length / 2, ...Buffer.from(hex, 'hex')))).toBe(dotted);
  });

  test('an integer keeps its sign octet', () => {
    expect(derIntegerHex(read(0x02, 0x02, 0x00, 0x80))).toBe('0080');
  });
});

describe('malformed', () => {
  test.each([
    ['nothing', [], 'der.truncated'],
    ['a tag without length', [0x30], 'der.truncated'],
    ['content cut short', [0x04, 0x03, 1, 2], 'der.truncated'],
    ['a length cut short', [0x04, 0x82, 0x01], 'der.truncated'],
    ['a byte after the value', [0x05, 0x00, 0x00], 'der.trailing'],
    ['the indefinite length of BER', [0x30, 0x80, 0x00, 0x00], 'der.length'],
    ['a length of five octets', [0x04, 0x85, 0, 0, 0, 0, 1, 0], 'der.length'],
    ['a long form for a short length', [0x04, 0x81, 0x01, 0], 'der.length'],
    ['a length with a leading zero', [0x04, 0x82, 0x00, 0x80, ...Array<number>(128).fill(0)], 'der.length'],
    ['a tag of two octets', [0x1f, 0x81, 0x00], 'der.tag'],
  ])('%s', (_, octets, code) => {
    expect(evidenceCode(() => read(...octets))).toBe(code);
  });

  test('the error names the part and the offset', () => {
    expect(() => derChildren(read(0x30, 0x02, 0x04, 0x05))).toThrow(
      expect.objectContaining({ code: 'der.truncated', part: 'test', offset: 2 }),
    );
  });

  test.each([
    ['empty', [0x06, 0x00]],
    ['that ends inside an arc', [0x06, 0x02, 0x2a, 0x86]],
    ['with a padded arc', [0x06, 0x03, 0x2a, 0x80, 0x01]],
    ['with an arc beyond exact numbers', [0x06, 0x0a, 0x2a, ...Array<number>(8).fill(0xff), 0x7f]],
  ])('an identifier %s', (_, octets) => {
    expect(evidenceCode(() => derOid(read(...octets)))).toBe('der.oid');
  });

  test.each([
    ['empty', [0x02, 0x00]],
    ['padded with zero', [0x02, 0x02, 0x00, 0x7f]],
    ['padded with ones', [0x02, 0x02, 0xff, 0x80]],
  ])('an integer %s', (_, octets) => {
    expect(evidenceCode(() => derIntegerHex(read(...octets)))).toBe('der.integer');
  });

  test('a primitive value has no parts', () => {
    expect(evidenceCode(() => derChildren(read(0x04, 0x02, 0x05, 0x00)))).toBe('der.primitive');
  });

  test('another tag than expected, or none', () => {
    const node = read(0x30, 0x00);
    expect(evidenceCode(() => derExpect(node, TAG.set, node))).toBe('der.unexpected');
    expect(evidenceCode(() => derExpect(undefined, TAG.set, node))).toBe('der.unexpected');
    expect(evidenceCode(() => derOid(node))).toBe('der.unexpected');
  });

  test('nesting stops at the limit', () => {
    let nested = der(0x05);
    for (let i = 0; i < 40; i++) nested = der(0x30, nested);
    const descend = (): void => {
      let node: DerNode | undefined = readDer(nested, 'test');
      while (node?.tag === TAG.sequence) node = derChildren(node)[0];
    };
    expect(evidenceCode(descend)).toBe('der.depth');
  });
});

describe('properties', () => {
  test('what the writer writes is read back', () => {
    const value = fc.tuple(fc.constantFrom(0x02, 0x04, 0x0c, 0x80), fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), (values) => {
        const node = readDer(der(0x30, ...values.map(([tag, content]) => der(tag, content))), 'test');
        expect(derChildren(node).map(({ tag, content }) => [tag, Buffer.from(content)])).toEqual(
          values.map(([tag, content]) => [tag, Buffer.from(content)]),
        );
      }),
    );
  });

  test('identifiers are read back', () => {
    const arc = fc.integer({ min: 0, max: 2 ** 31 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 39 }), fc.array(arc), (a, b, rest) => {
        const dotted = [a, b, ...rest].join('.');
        expect(derOid(readDer(derOidValue(dotted), 'test'))).toBe(dotted);
      }),
    );
  });

  test('any bytes are read whole or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (input) => {
        expect(evidenceCode(() => derChildren(readDer(input, 'test')))).toMatch(/^(der\.|no error)/);
      }),
    );
  });
});
