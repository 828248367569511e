/** Reader of the root folder of a FAT12 or FAT16 volume: GRUB's memory disk (Microsoft FAT specification 1.03). */

import { EvidenceError } from '../../bytes/errors.ts';
import { ByteReader } from '../../bytes/reader.ts';

const ENTRY = 32;
const ATTRIBUTE_VOLUME = 0x08;
const ATTRIBUTE_FOLDER = 0x10;
/** Below this many clusters a volume is FAT12, below the next FAT16 (specification, "FAT type determination"). */
const FAT12_CLUSTERS = 4085;
const FAT16_CLUSTERS = 65525;

interface Volume {
  readonly bytes: Uint8Array;
  readonly part: string;
  readonly fat: number;
  readonly wide: boolean;
  readonly clusterSize: number;
  readonly clusters: number;
  readonly data: number;
}

/**
 * Regular files of the root folder by short name in lower case (`grub.cfg`). Folders and long names are passed over.
 * @throws EvidenceError `fat.header`, `fat.chain`, `bytes.truncated`
 */
export function readFatRoot(bytes: Uint8Array, part: string): Map<string, Uint8Array> {
  const boot = new ByteReader(bytes, part);
  boot.take(11);
  const sectorSize = boot.u16();
  const sectorsPerCluster = boot.u8();
  const reserved = boot.u16();
  const fats = boot.u8();
  const rootEntries = boot.u16();
  const small = boot.u16();
  boot.u8(); // media
  const fatSectors = boot.u16();
  boot.take(8); // geometry, hidden sectors
  const sectors = small === 0 ? boot.u32() : small;
  const root = (reserved + fats * fatSectors) * sectorSize;
  const data = root + Math.ceil((rootEntries * ENTRY) / Math.max(sectorSize, 1)) * sectorSize;
  const clusterSize = sectorSize * sectorsPerCluster;
  if (clusterSize === 0 || rootEntries === 0 || data > bytes.length || sectors * sectorSize > bytes.length) {
    throw fail(part, 'fat.header', 'not a FAT12 or FAT16 volume that fits the file');
  }
  const clusters = Math.floor((sectors * sectorSize - data) / clusterSize);
  if (clusters >= FAT16_CLUSTERS) throw fail(part, 'fat.header', 'a FAT32 volume');
  const fat = reserved * sectorSize;
  const volume: Volume = { bytes, part, fat, wide: clusters >= FAT12_CLUSTERS, clusterSize, clusters, data };

  const files = new Map<string, Uint8Array>();
  const folder = new ByteReader(bytes.subarray(root, root + rootEntries * ENTRY), part, root);
  while (folder.remaining >= ENTRY) {
    const entry = folder.slice(ENTRY);
    const name = Buffer.from(entry.take(11)).toString('latin1');
    const attributes = entry.u8();
    entry.take(14);
    const first = entry.u16();
    const size = entry.u32();
    if (name.startsWith('\0')) break;
    if (name.startsWith('\xe5') || (attributes & (ATTRIBUTE_VOLUME | ATTRIBUTE_FOLDER)) !== 0) continue;
    const extension = name.slice(8).trimEnd();
    const short = name.slice(0, 8).trimEnd() + (extension === '' ? '' : `.${extension}`);
    files.set(short.toLowerCase(), readChain(volume, first, size));
  }
  return files;
}

/** A file's bytes along its cluster chain. The size bounds the walk, so a chain that loops ends too. */
function readChain(volume: Volume, first: number, size: number): Uint8Array {
  if (size > volume.bytes.length) throw fail(volume.part, 'fat.chain', 'a file larger than the volume');
  const out = new Uint8Array(size);
  let cluster = first;
  for (let done = 0; done < size; done += volume.clusterSize) {
    if (cluster < 2 || cluster >= volume.clusters + 2)
      throw fail(volume.part, 'fat.chain', `cluster ${cluster} is not there`);
    const start = volume.data + (cluster - 2) * volume.clusterSize;
    out.set(volume.bytes.subarray(start, start + Math.min(volume.clusterSize, size - done)), done);
    cluster = nextCluster(volume, cluster);
  }
  return out;
}

function nextCluster(volume: Volume, cluster: number): number {
  const at = volume.fat + (volume.wide ? cluster * 2 : Math.floor(cluster * 1.5));
  const pair = (volume.bytes[at] ?? 0) | ((volume.bytes[at + 1] ?? 0) << 8);
  if (volume.wide) return pair;
  return cluster % 2 === 0 ? pair & 0xfff : pair >> 4;
}

function fail(part: string, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `FAT volume: ${message} (${part})`, { part });
}
