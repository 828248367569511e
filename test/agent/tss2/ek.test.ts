import { expect, it } from 'vitest';
import { splitChain } from '../../../src/agent/tss2/ek.ts';

const certificate = (size: number, fill: number): Buffer =>
  Buffer.concat([Buffer.of(0x30, 0x82, size >> 8, size & 0xff), Buffer.alloc(size, fill)]);
const [a, b, c] = [certificate(300, 1), certificate(700, 2), certificate(260, 3)];

it.each([
  ['nothing', [], []],
  ['one per index', [a, b], [a, b]],
  ['several in an index', [Buffer.concat([a, b]), c], [a, b, c]],
  [
    'padding after each',
    [Buffer.concat([a, Buffer.alloc(9)]), Buffer.concat([b, Buffer.alloc(9, 0xff)]), c],
    [a, b, c],
  ],
  ['one that goes on in the next index', [Buffer.concat([a, b.subarray(0, 90)]), b.subarray(90)], [a, b]],
  ['one that goes over three', [b.subarray(0, 2), b.subarray(2, 400), b.subarray(400)], [b]],
  ['one that never ends', [a, b.subarray(0, 400)], [a]],
  ['an index without any', [Buffer.alloc(50), a], [a]],
  ['a length that is not DER’s, and after it', [Buffer.concat([Buffer.of(0x30, 0x82, 0, 1), b]), a], [a]],
  ['an index that is empty', [new Uint8Array(0), a], [a]],
] as const)('a chain of %s', (_what, contents, expected) => {
  expect(splitChain(contents).map((bytes) => Buffer.from(bytes))).toEqual(expected);
});
