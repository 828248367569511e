/** Writes superblocks of dm-verity, as cryptsetup's documentation of its on-disk format has them. */

export interface SuperblockFields {
  readonly magic: string;
  readonly version: number;
  readonly format: number;
  readonly algorithm: string;
  readonly dataBlockSize: number;
  readonly hashBlockSize: number;
  readonly dataBlocks: bigint;
  readonly saltSize: number;
}

/** Of five data blocks with the salt 00112233, unless told otherwise. */
export function veritySuperblock(fields: Partial<SuperblockFields>): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write(fields.magic ?? 'verity\0\0', 0, 'latin1');
  bytes.writeUInt32LE(fields.version ?? 1, 8);
  bytes.writeUInt32LE(fields.format ?? 1, 12);
  bytes.write(fields.algorithm ?? 'sha256', 32, 'latin1');
  bytes.writeUInt32LE(fields.dataBlockSize ?? 4096, 64);
  bytes.writeUInt32LE(fields.hashBlockSize ?? 4096, 68);
  bytes.writeBigUInt64LE(fields.dataBlocks ?? 5n, 72);
  bytes.writeUInt16LE(fields.saltSize ?? 4, 80);
  bytes.write('00112233', 88, 'hex');
  return bytes;
}
