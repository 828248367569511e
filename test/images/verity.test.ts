/** The root hash of a data image, and the command line that must name it. The expected value is veritysetup's for these bytes. */
import { describe, expect, test } from 'vitest';
import { bytesSource } from '../../src/images/source.ts';
import { readSuperblock, verityRoot } from '../../src/images/verity.ts';
import { requireVerity } from '../../src/images/verity-command-line.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { veritySuperblock, type SuperblockFields } from '../support/verity-superblock.ts';

const data = Buffer.alloc(5 * 4096, 'a');
const ROOT = '5706c09e93208447f6d087a8622e4ee5a17538c4420aaa55c2fe8d724b0e35da';

const read = (fields: Partial<SuperblockFields>) => readSuperblock(veritySuperblock(fields));
const required = (commandLine: string, bytes: Uint8Array = data) =>
  requireVerity({ data: bytesSource(bytes), hash: bytesSource(veritySuperblock({})) }, commandLine);

test('the root hash of five blocks', () => {
  expect(verityRoot(bytesSource(data), read({}))).toBe(ROOT);
  const changed = Buffer.from(data);
  changed[7] = 0;
  expect(verityRoot(bytesSource(changed), read({}))).not.toBe(ROOT);
});

test('bytes behind the last block are not below the root', () => {
  expect(verityRoot(bytesSource(Buffer.concat([data, Buffer.alloc(100)])), read({}))).toBe(ROOT);
});

test.each<[string, Partial<SuperblockFields>, string]>([
  ['no superblock', { magic: 'crypto\0\0' }, 'verity.superblock'],
  ['another version', { version: 2 }, 'verity.unsupported'],
  ['the format of Chrome OS', { format: 0 }, 'verity.unsupported'],
  ['another hash', { algorithm: 'sha512' }, 'verity.unsupported'],
  ['a data block of no power of two', { dataBlockSize: 4097 }, 'verity.superblock'],
  ['a data block below a sector', { dataBlockSize: 256 }, 'verity.superblock'],
  ['a hash block above a page', { hashBlockSize: 131_072 }, 'verity.superblock'],
  ['no block', { dataBlocks: 0n }, 'verity.superblock'],
  ['more blocks than a disk has', { dataBlocks: 2n ** 41n }, 'verity.superblock'],
  ['a salt longer than its field', { saltSize: 257 }, 'verity.superblock'],
])('%s is refused', (_, fields, code) => {
  expect(evidenceCode(() => read(fields))).toBe(code);
});

test('a superblock cut short is refused', () => {
  expect(evidenceCode(() => readSuperblock(veritySuperblock({}).subarray(0, 200)))).toBe('bytes.truncated');
});

test('data that is shorter than its blocks, or is read short, is refused', () => {
  expect(evidenceCode(() => verityRoot(bytesSource(data.subarray(1)), read({})))).toBe('verity.size');
  const stingy = { size: data.length, read: () => new Uint8Array() };
  expect(evidenceCode(() => verityRoot(stingy, read({})))).toBe('verity.size');
});

describe('the command line', () => {
  test.each(['roothash', 'usrhash'] as const)('names the data by %s', (parameter) => {
    const line = `quiet ${parameter}=${ROOT.toUpperCase()} ro`;
    expect(required(line)).toEqual({ parameter, rootHash: ROOT, size: data.length });
  });

  test('may name two data images, of which this is one', () => {
    expect(required(`roothash=${'0'.repeat(64)} usrhash=${ROOT}`).parameter).toBe('usrhash');
  });

  test.each([
    ['no root hash', 'quiet', 'verity.command-line'],
    ['one parameter twice', `roothash=${ROOT} roothash=${ROOT}`, 'verity.command-line'],
    ['one parameter again behind the kernel’s own', `roothash=${ROOT} -- roothash=${ROOT}`, 'verity.command-line'],
    ['a root hash that is for init', `quiet -- roothash=${ROOT}`, 'verity.command-line'],
    ['a quoted root hash', `roothash="${ROOT}"`, 'verity.mismatch'],
    ['the root hash of other data', `roothash=${'0'.repeat(64)}`, 'verity.mismatch'],
    ['a prefix only', `roothash=${ROOT.slice(0, 62)}`, 'verity.mismatch'],
  ])('with %s is refused', (_, line, code) => {
    expect(evidenceCode(() => required(line))).toBe(code);
  });
});
