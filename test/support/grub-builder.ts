/** Builds the parts of a GRUB EFI image that matter to measurements, for tests. */
import { buildPe } from './pe-builder.ts';

/** A FAT12 volume with one file in its root folder, in a chain of clusters written backwards. */
export function fatVolume(name: string, content: Uint8Array): Buffer {
  const sector = 512;
  const clusters = Math.max(1, Math.ceil(content.length / sector));
  const volume = Buffer.alloc((1 + 1 + 1 + clusters) * sector);
  volume.writeUInt16LE(sector, 11);
  volume.writeUInt8(1, 13); // sectors per cluster
  volume.writeUInt16LE(1, 14); // reserved
  volume.writeUInt8(1, 16); // FATs
  volume.writeUInt16LE(16, 17); // root entries
  volume.writeUInt16LE(volume.length / sector, 19);
  volume.writeUInt16LE(1, 22); // sectors per FAT
  const [base = '', extension = ''] = name.toUpperCase().split('.');
  volume.write(`${base.padEnd(8)}${extension.padEnd(3)}`, 2 * sector, 'latin1');
  volume.writeUInt16LE(clusters + 1, 2 * sector + 26);
  volume.writeUInt32LE(content.length, 2 * sector + 28);
  for (let index = 0; index < clusters; index++) {
    const cluster = clusters + 1 - index;
    volume.set(content.subarray(index * sector, (index + 1) * sector), (3 + cluster - 2) * sector);
    writeFat12(volume.subarray(sector), cluster, index === clusters - 1 ? 0xfff : cluster - 1);
  }
  return volume;
}

function writeFat12(fat: Buffer, cluster: number, value: number): void {
  const at = Math.floor(cluster * 1.5);
  const old = fat.readUInt16LE(at);
  fat.writeUInt16LE(cluster % 2 === 0 ? (old & 0xf000) | value : (old & 0x000f) | (value << 4), at);
}

export interface GrubParts {
  readonly script: string;
  readonly prefix?: string;
  readonly config?: string;
}

export function grubObjects(objects: readonly (readonly [type: number, body: Uint8Array])[]): Buffer {
  const chunks = objects.map(([type, body]) => {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(type, 0);
    head.writeUInt32LE(8 + body.length, 4);
    return Buffer.concat([head, body]);
  });
  const all = Buffer.concat(chunks);
  const info = Buffer.alloc(24);
  info.writeUInt32LE(0x676d696d, 0);
  info.writeBigUInt64LE(24n, 8);
  info.writeBigUInt64LE(BigInt(24 + all.length), 16);
  return Buffer.concat([info, all]);
}

export function grubImage(parts: GrubParts, certificates?: Uint8Array): Buffer {
  const mods = grubObjects([
    [0, Buffer.from('module')],
    [1, fatVolume('grub.cfg', Buffer.from(parts.script))],
    [2, Buffer.from(`${parts.config ?? 'normal (memdisk)/grub.cfg\n'}\0\0`)],
    [3, Buffer.from(`${parts.prefix ?? '/EFI/debian'}\0`)],
  ]);
  return buildPe({ sections: [{ name: 'mods', data: mods }], ...(certificates === undefined ? {} : { certificates }) })
    .bytes;
}
