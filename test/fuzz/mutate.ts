/**
 * Structure-aware mutation of evidence: most of what these formats get wrong is a length, a count, a type, or where one
 * structure ends and the next begins.
 */
import type { Random } from './random.ts';

/** Longer inputs are cut: the parsers' own size limits have tests, and short inputs reach more code a second. */
const MAX_LENGTH = 1 << 20;

type Mutation = (input: Buffer, random: Random, seeds: readonly Uint8Array[]) => Uint8Array;

const EXTREMES: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x10000n,
  0x7fffffffn,
].concat([0x80000000n, 0xffffffffn, 0x100000000n, 0x1fffffffffffffn, 0x7fffffffffffffffn, 0xffffffffffffffffn]);

const WORDS = [
  '0',
  '-1',
  '1e999',
  '99999999999999999999',
  'null',
  '[]',
  '{}',
  '"',
  '\\',
  '\0',
  '__proto__',
  '../',
  '\u202e',
];

const MUTATIONS: readonly Mutation[] = [
  function flipBit(input, random) {
    const at = random.below(input.length);
    if (input.length > 0) input[at] = input[at]! ^ (1 << random.below(8));
    return input;
  },
  function setByte(input, random) {
    if (input.length > 0) input[random.below(input.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    return input;
  },
  function extremeInteger(input, random) {
    return writeInteger(input, random, random.pick(EXTREMES));
  },
  function nudgeInteger(input, random) {
    const size = random.pick([1, 2, 4, 8]);
    if (input.length < size) return input;
    const at = random.below(input.length - size + 1);
    const little = random.below(2) === 0;
    const old = readInteger(input, at, size, little);
    return putInteger(input, at, size, little, old + BigInt(random.pick([-1, 1, -2, 2, -8, 8, 256, -256])));
  },
  // A length that reaches exactly to the end, or just past it, is where bounds checks are off by one.
  function lengthToTheEnd(input, random) {
    const size = random.pick([1, 2, 4, 8]);
    if (input.length < size) return input;
    const at = random.below(input.length - size + 1);
    const rest = input.length - at - size + random.pick([-1, 0, 0, 1, 4]);
    return putInteger(input, at, size, random.below(2) === 0, BigInt(rest));
  },
  function truncate(input, random) {
    return input.subarray(0, random.below(input.length + 1));
  },
  function remove(input, random) {
    const [from, to] = range(input, random);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  function repeat(input, random) {
    const [from, to] = range(input, random);
    const copies = Array.from({ length: 1 + random.below(random.below(8) === 0 ? 64 : 3) }, () =>
      input.subarray(from, to),
    );
    return Buffer.concat([input.subarray(0, to), ...copies, input.subarray(to)]);
  },
  function move(input, random) {
    const [from, to] = range(input, random);
    const rest = Buffer.concat([input.subarray(0, from), input.subarray(to)]);
    const at = random.below(rest.length + 1);
    return Buffer.concat([rest.subarray(0, at), input.subarray(from, to), rest.subarray(at)]);
  },
  function insertBytes(input, random) {
    const at = random.below(input.length + 1);
    const bytes = random.below(2) === 0 ? random.bytes(1 + random.below(16)) : new Uint8Array(1 + random.below(64));
    return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at)]);
  },
  function splice(input, random, seeds) {
    const other = Buffer.from(random.pick(seeds));
    const [from, to] = range(other, random);
    const at = random.below(input.length + 1);
    const skip = random.below(2) === 0 ? to - from : 0;
    return Buffer.concat([
      input.subarray(0, at),
      other.subarray(from, to),
      input.subarray(Math.min(at + skip, input.length)),
    ]);
  },
  function insertWord(input, random) {
    const at = random.below(input.length + 1);
    return Buffer.concat([input.subarray(0, at), Buffer.from(random.pick(WORDS)), input.subarray(at)]);
  },
  function replaceDigits(input, random) {
    const after = random.below(input.length);
    const start = input.findIndex((byte, index) => index >= after && byte >= 0x30 && byte <= 0x39);
    if (start < 0) return input;
    let end = start;
    while (end < input.length && input[end]! >= 0x30 && input[end]! <= 0x39) end++;
    const digits = Buffer.from(String(random.pick(EXTREMES)));
    return Buffer.concat([input.subarray(0, start), digits, input.subarray(end)]);
  },
];

/** The input of one index: a seed, changed one to eight times. Index by index the same for the same seed of the run. */
export function mutant(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let input: Uint8Array = Buffer.from(random.pick(seeds));
  for (let times = 1 + random.below(random.below(4) === 0 ? 8 : 2); times > 0; times--) {
    input = random.pick(MUTATIONS)(Buffer.from(input), random, seeds);
    if (input.length > MAX_LENGTH) input = input.subarray(0, MAX_LENGTH);
  }
  return new Uint8Array(input);
}

/** A part of the input, short ones more often. */
function range(input: Buffer, random: Random): [from: number, to: number] {
  const from = random.below(input.length + 1);
  const most = random.below(3) === 0 ? input.length - from : Math.min(64, input.length - from);
  return [from, from + random.below(most + 1)];
}

function writeInteger(input: Buffer, random: Random, value: bigint): Buffer {
  const size = random.pick([1, 2, 4, 8]);
  if (input.length < size) return input;
  return putInteger(input, random.below(input.length - size + 1), size, random.below(2) === 0, value);
}

function readInteger(input: Buffer, at: number, size: number, little: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(input[at + (little ? size - 1 - i : i)]!);
  return value;
}

function putInteger(input: Buffer, at: number, size: number, little: boolean, value: bigint): Buffer {
  for (let i = 0; i < size; i++) input[at + (little ? i : size - 1 - i)] = Number((value >> BigInt(8 * i)) & 0xffn);
  return input;
}
