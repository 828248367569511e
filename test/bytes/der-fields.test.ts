import { expect, test } from 'vitest';
import {
  derBitOctets,
  derBits,
  derBoolean,
  derOnly,
  derSmallNumber,
  readDer,
  TAG,
  type DerNode,
} from '../../src/bytes/der.ts';
import { DerFields } from '../../src/bytes/der-fields.ts';
import { evidenceCode } from '../support/evidence-error.ts';

const read = (...octets: number[]): DerNode => readDer(Uint8Array.from(octets), 'test');

test('fields are taken in order, and optional ones by their tags', () => {
  const fields = new DerFields(read(0x30, 0x07, 0x02, 0x01, 0x05, 0x05, 0x00, 0x04, 0x00));
  expect(fields.optional(TAG.octetString)).toBeUndefined();
  expect([...fields.take(TAG.integer).content]).toEqual([5]);
  expect(fields.optional(TAG.octetString, TAG.null)?.tag).toBe(TAG.null);
  expect(evidenceCode(() => fields.end())).toBe('der.unexpected');
  expect(evidenceCode(() => fields.take(TAG.integer))).toBe('der.unexpected');
  expect(fields.rest()).toHaveLength(1);
  expect(evidenceCode(() => fields.end())).toBe('no error');
  expect(evidenceCode(() => fields.take(TAG.octetString))).toBe('der.unexpected');
});

test('one value and no more', () => {
  expect(derOnly(read(0xa0, 0x02, 0x05, 0x00)).tag).toBe(TAG.null);
  expect(evidenceCode(() => derOnly(read(0xa0, 0x00)))).toBe('der.unexpected');
  expect(evidenceCode(() => derOnly(read(0xa0, 0x04, 0x05, 0x00, 0x05, 0x00)))).toBe('der.unexpected');
});

test.each([
  [[0x01, 0x01, 0xff], true],
  [[0x01, 0x01, 0x00], false],
  [[0x01, 0x01, 0x01], 'der.boolean'],
  [[0x01, 0x00], 'der.boolean'],
  [[0x01, 0x02, 0xff, 0xff], 'der.boolean'],
  [[0x05, 0x00], 'der.unexpected'],
])('the boolean %j', (octets, expected) => {
  let value: boolean | string = '';
  const code = evidenceCode(() => (value = derBoolean(read(...octets))));
  expect(code === 'no error' ? value : code).toBe(expected);
});

test.each([
  [[0x03, 0x02, 0x00, 0x80], 0],
  [[0x03, 0x02, 0x07, 0x80], 7],
  [[0x03, 0x01, 0x00], 0],
  [[0x03, 0x00], 'der.bits'],
  [[0x03, 0x01, 0x01], 'der.bits'],
  [[0x03, 0x02, 0x08, 0x00], 'der.bits'],
  [[0x03, 0x02, 0x07, 0xc0], 'der.bits'],
])('the bit string %j', (octets, expected) => {
  let value: number | string = '';
  const code = evidenceCode(() => (value = derBits(read(...octets)).unused));
  expect(code === 'no error' ? value : code).toBe(expected);
});

test('octets are whole', () => {
  expect([...derBitOctets(read(0x03, 0x02, 0x00, 0x80))]).toEqual([0x80]);
  expect(evidenceCode(() => derBitOctets(read(0x03, 0x02, 0x01, 0x80)))).toBe('der.bits');
  expect(evidenceCode(() => derBitOctets(read(0x04, 0x02, 0x00, 0x80)))).toBe('der.unexpected');
});

test.each([
  [[0x02, 0x01, 0x00], 0],
  [[0x0a, 0x01, 0x7f], 127],
  [[0x02, 0x02, 0x00, 0x80], 128],
  [[0x02, 0x04, 0x7f, 0xff, 0xff, 0xff], 0x7fffffff],
  [[0x02, 0x05, 0x00, 0x80, 0x00, 0x00, 0x00], 'der.integer'],
  [[0x02, 0x02, 0x00, 0x7f], 'der.integer'],
  [[0x02, 0x01, 0x80], 'der.integer'],
  [[0x02, 0x00], 'der.integer'],
])('the small number %j', (octets, expected) => {
  let value: number | string = '';
  const code = evidenceCode(() => (value = derSmallNumber(read(...octets))));
  expect(code === 'no error' ? value : code).toBe(expected);
});
