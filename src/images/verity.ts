/**
 * dm-verity: the root hash of a data image, recomputed (Linux Documentation/admin-guide/device-mapper/verity.rst, hash format 1;
 * superblock as cryptsetup writes it). The hashes stored beside the data are not read: the root follows from data and salt alone.
 */

import { EvidenceError } from '../bytes/errors.ts';
import { digest, hashSize } from '../bytes/hash.ts';
import { ByteReader } from '../bytes/reader.ts';
import { toHex } from '../bytes/text.ts';
import type { ByteSource } from './source.ts';

/** What the superblock says about the tree. */
export interface VerityParameters {
  /** in bytes */
  readonly dataBlockSize: number;
  /** in bytes */
  readonly hashBlockSize: number;
  readonly dataBlocks: number;
  /** goes in front of each block that is hashed */
  readonly salt: Uint8Array;
}

/** Bytes of the superblock at the start of the hash image. */
export const SUPERBLOCK_SIZE = 512;
const MAGIC = 'verity\0\0';
const MAX_SALT = 256;
/** The device mapper takes powers of two between a sector and a page; pages reach 64 KiB. */
const BLOCK_SIZES = { least: 512, most: 65_536 } as const;
/** 2^40 blocks are more than any disk has, and numbers stay exact. */
const MAX_BLOCKS = 2n ** 40n;
/** Read at once: many blocks, and little memory. */
const READ_SIZE = 1 << 20;

/** @throws EvidenceError `verity.superblock`, `verity.unsupported` for another format or hash than 1 and SHA-256, `bytes.truncated` */
export function readSuperblock(bytes: Uint8Array): VerityParameters {
  const reader = new ByteReader(bytes, 'verity superblock');
  if (textOf(reader.take(MAGIC.length)) !== MAGIC)
    throw reader.error('verity.superblock', 'no superblock of dm-verity');
  const version = reader.u32();
  const format = reader.u32();
  reader.take(16); // UUID
  const algorithm = textOf(reader.take(32)).replace(/\0+$/, '');
  if (version !== 1 || format !== 1 || algorithm !== 'sha256') {
    const found = `version ${version}, hash format ${format}, ${JSON.stringify(algorithm)}`;
    throw reader.error('verity.unsupported', `${found}; version 1 with hash format 1 and sha256 is computed`);
  }
  const dataBlockSize = blockSize(reader);
  const hashBlockSize = blockSize(reader);
  const dataBlocks = reader.u64();
  const saltSize = reader.u16();
  reader.take(6);
  const salt = reader.take(MAX_SALT);
  if (dataBlocks === 0n || dataBlocks > MAX_BLOCKS)
    throw reader.error('verity.superblock', `${dataBlocks} data blocks`);
  if (saltSize > MAX_SALT) throw reader.error('verity.superblock', `a salt of ${saltSize} bytes`);
  return { dataBlockSize, hashBlockSize, dataBlocks: Number(dataBlocks), salt: salt.subarray(0, saltSize) };
}

function blockSize(reader: ByteReader): number {
  const size = reader.u32();
  const power = size >= BLOCK_SIZES.least && size <= BLOCK_SIZES.most && (size & (size - 1)) === 0;
  if (!power) throw reader.error('verity.superblock', `a block size of ${size}`);
  return size;
}

/**
 * The root hash as hexadecimal.
 * @throws EvidenceError `verity.size` for an image that is shorter than its blocks, or is read short
 */
export function verityRoot(data: ByteSource, parameters: VerityParameters): string {
  const { dataBlockSize, dataBlocks } = parameters;
  const need = dataBlocks * dataBlockSize;
  if (data.size < need) throw short(`has ${data.size} bytes, its superblock counts ${need}`);
  const tree = new HashTree(parameters);
  for (let at = 0; at < need; at += READ_SIZE) {
    const length = Math.min(READ_SIZE, need - at);
    const bytes = data.read(at, length);
    if (bytes.length !== length) throw short(`could not be read whole at offset ${at}`);
    for (let block = 0; block < length; block += dataBlockSize) {
      tree.add(bytes.subarray(block, block + dataBlockSize));
    }
  }
  return toHex(tree.root());
}

function short(reason: string): EvidenceError {
  return new EvidenceError('verity.size', `the verity data image ${reason}`, { part: 'verity-data' });
}

interface Level {
  /** the hash block being filled; what is behind `used` is zero */
  readonly block: Uint8Array;
  used: number;
  digests: number;
}

/** The tree from its leaves, one unfinished block per level: memory does not grow with the image. */
class HashTree {
  readonly #levels: Level[] = [];
  readonly #salt: Uint8Array;
  readonly #blockSize: number;

  constructor({ salt, hashBlockSize }: VerityParameters) {
    this.#salt = salt;
    this.#blockSize = hashBlockSize;
  }

  add(block: Uint8Array): void {
    this.#insert(0, this.#hash(block));
  }

  /** The digest that is alone on its level. */
  root(): Uint8Array {
    for (let level = 0; ; level++) {
      const { block, used, digests } = this.#levels[level]!;
      if (digests === 1) return block.slice(0, used);
      if (used > 0) this.#finish(level);
    }
  }

  #insert(level: number, value: Uint8Array): void {
    const own = (this.#levels[level] ??= { block: new Uint8Array(this.#blockSize), used: 0, digests: 0 });
    own.block.set(value, own.used);
    own.used += hashSize('sha256');
    own.digests++;
    if (own.used === this.#blockSize) this.#finish(level);
  }

  /** A whole level's block becomes one digest of the level above. */
  #finish(level: number): void {
    const own = this.#levels[level]!;
    const value = this.#hash(own.block);
    own.block.fill(0);
    own.used = 0;
    this.#insert(level + 1, value);
  }

  #hash(block: Uint8Array): Uint8Array {
    return digest('sha256', this.#salt.length === 0 ? block : Buffer.concat([this.#salt, block]));
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
