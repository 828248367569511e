/** What `grub-mkimage` builds into a GRUB image: its prefix, its first commands and its memory disk (GRUB include/grub/kernel.h). */

import { EvidenceError } from '../../bytes/errors.ts';
import { ByteReader } from '../../bytes/reader.ts';
import { peSection, sectionContent, type PeImage } from '../../uefi/pe.ts';
import { readFatRoot } from './fat.ts';

const MODULE_MAGIC = 0x676d696d;
const OBJ_TYPE_MEMDISK = 1;
const OBJ_TYPE_CONFIG = 2;
const OBJ_TYPE_PREFIX = 3;

/** Debian's image has 128 objects; one per module there is. */
const MAX_OBJECTS = 4096;

interface GrubEmbedded {
  /** Folder of GRUB's files on the partition it is loaded from: `/EFI/debian`. */
  readonly prefix: string;
  /** Script the embedded configuration starts `normal` with. */
  readonly script: Uint8Array;
}

/**
 * Reads the `mods` section of a GRUB EFI image whose embedded configuration is `normal (memdisk)/FILE`, as Debian and Ubuntu build
 * it. Neither that line nor the memory disk's file is measured: GRUB's minimal parser runs the one, and files of the memory disk are
 * exempt.
 * @throws EvidenceError `grub.embedded`, `grub.unsupported`, `fat.*`, `bytes.truncated`
 */
export function readGrubEmbedded(image: PeImage): GrubEmbedded {
  const section = peSection(image, 'mods');
  if (section === undefined) throw fail(image, 'grub.embedded', 'no mods section');
  const objects = readObjects(image, sectionContent(image, section));
  const text = (type: number): string =>
    Buffer.from(one(image, objects, type))
      .toString('latin1')
      .replace(/\0+$/, '');
  const prefix = text(OBJ_TYPE_PREFIX);
  const config = text(OBJ_TYPE_CONFIG);
  const file = /^normal \(memdisk\)\/([\w.-]+)\n?$/.exec(config)?.[1];
  if (file === undefined)
    throw fail(image, 'grub.unsupported', 'an embedded configuration other than `normal (memdisk)/FILE`');
  // A prefix with a device would name the disk at build time; the file to read would not be on the partition at hand.
  if (!/^\/[\w./-]+$/.test(prefix))
    throw fail(image, 'grub.unsupported', 'a prefix that is not a folder of the own partition');
  const script = readFatRoot(one(image, objects, OBJ_TYPE_MEMDISK), `${image.part} (memdisk)`).get(file.toLowerCase());
  if (script === undefined) throw fail(image, 'grub.embedded', `the memory disk has no file ${file}`);
  return { prefix, script };
}

function readObjects(image: PeImage, mods: Uint8Array): Map<number, Uint8Array[]> {
  const info = new ByteReader(mods, image.part);
  if (info.u32() !== MODULE_MAGIC) throw fail(image, 'grub.embedded', 'the mods section does not start with mimg');
  info.u32(); // padding of the 64-bit form
  const offset = Number(info.u64());
  const size = Number(info.u64());
  if (offset < 24 || size < offset || size > mods.length)
    throw fail(image, 'grub.embedded', 'objects outside the section');
  const reader = new ByteReader(mods.subarray(offset, size), image.part, offset);
  const objects = new Map<number, Uint8Array[]>();
  for (let count = 0; reader.remaining > 0; count++) {
    if (count === MAX_OBJECTS) throw fail(image, 'grub.embedded', `more than ${MAX_OBJECTS} objects`);
    const type = reader.u32();
    const length = reader.u32();
    if (length < 8) throw fail(image, 'grub.embedded', `an object of ${length} bytes`);
    const body = reader.take(length - 8);
    const known = objects.get(type);
    if (known === undefined) objects.set(type, [body]);
    else known.push(body);
  }
  return objects;
}

function one(image: PeImage, objects: ReadonlyMap<number, Uint8Array[]>, type: number): Uint8Array {
  const [first, ...more] = objects.get(type) ?? [];
  if (first === undefined || more.length > 0) {
    throw fail(image, 'grub.embedded', `${first === undefined ? 'no' : 'more than one'} object of type ${type}`);
  }
  return first;
}

function fail(image: PeImage, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `GRUB image: ${message} (${image.part})`, { part: image.part });
}
