/** Image: the manifest of a unified kernel image of 100 MB, from its bytes. */
import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bytesSource } from '../../src/images/source.ts';
import { buildUkiManifest } from '../../src/images/uki-manifest.ts';
import { writeCpio } from '../lab/cpio.ts';
import { kernelImage, ukiImage } from '../support/image-builder.ts';
import { round, type Figure } from './figure.ts';
import type { Effort } from './measure.ts';

const FILES = 900;
const FILE_BYTES = 110_000;
/** Milliseconds an operator waits for an image of that size. */
const AIM = 2000;
const BANKS = ['sha1', 'sha256', 'sha384', 'sha512'] as const;

/** An initrd whose files do not compress, as those of a system hardly do, and the image around it. */
function bigImage(): { readonly uki: Uint8Array; readonly initrd: Uint8Array } {
  const file = (data: Buffer) => ({ kind: 'file', data, executable: false }) as const;
  const files = new Map([['lib/modules/kvm.ko', file(Buffer.from('module'))]]);
  for (let i = 0; i < FILES; i++) files.set(`usr/lib/${i}.so`, file(randomBytes(FILE_BYTES)));
  const initrd = gzipSync(writeCpio(files), { level: 1 });
  return { uki: ukiImage({ sections: { '.cmdline': 'quiet', '.linux': kernelImage(), '.initrd': initrd } }), initrd };
}

/** The hashes nobody can do without: the image and its initrd in each bank, the file itself, and what the initrd unpacks to. */
function floorImage(uki: Uint8Array, initrd: Uint8Array): void {
  for (const bank of BANKS) for (const bytes of [uki, initrd]) createHash(bank).update(bytes).digest();
  createHash('sha256').update(uki).digest();
  createHash('sha256').update(gunzipSync(initrd)).digest();
}

/** Best time of some runs, in milliseconds. */
function best(work: () => unknown, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return Math.min(...times);
}

export async function image({ runs }: Effort): Promise<Figure> {
  const { uki, initrd } = bigImage();
  const floor = best(() => floorImage(uki, initrd), runs);
  const ours = best(() => buildUkiManifest({ uki: bytesSource(uki) }, { name: 'big', version: '1' }), runs);
  return {
    id: 'image',
    what: `manifest of a unified kernel image of ${round(uki.length / 1e6, 0)} MB`,
    unit: 'ms',
    value: round(ours, 0),
    floor: { what: 'hashes of the same bytes in 4 banks, and of what the initrd unpacks to', value: round(floor, 0) },
    ratio: round(ours / floor),
    aim: { text: `≤ ${AIM} ms`, met: ours <= AIM },
    peers: [],
  };
}
