/** Image manifests of the lab: computed from the files of a prepared image, by the code under test, never from evidence. */
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { buildShimGrubManifest } from '../../src/images/shim-grub-manifest.ts';
import { bytesSource, type ByteSource } from '../../src/images/source.ts';
import { buildUkiManifest } from '../../src/images/uki-manifest.ts';
import type { ImageManifest } from '../../src/references/manifest.ts';
import { prepareImageKind, type ImageFiles } from './images.ts';
import type { ImageKind, Scenario } from './scenarios.ts';

/** QEMU's FAT drive has an MBR with one partition, and is the first disk. */
const GRUB_DEVICE = 'hd0,msdos1';

/** The images an operator of the lab approved, by the name of their manifest. */
export const LAB_MANIFESTS: Readonly<Record<string, readonly [Scenario, ImageKind]>> = {
  'lab-uki': ['uki', 'baseline'],
  'lab-uki-no-lockdown': ['uki', 'no-lockdown'],
  'lab-uki-secureboot': ['uki-secureboot', 'baseline'],
  'lab-shim-grub': ['shim-grub', 'baseline'],
  'lab-shim-grub-kexec': ['shim-grub', 'kexec-allowed'],
};

/** The manifest named `name`, of the image as it is built now. */
export async function labManifest(name: string): Promise<ImageManifest> {
  const entry = LAB_MANIFESTS[name];
  if (entry === undefined) throw new Error(`no manifest ${name}; there are ${Object.keys(LAB_MANIFESTS).join(', ')}`);
  return await manifestOf(await prepareImageKind(...entry), name);
}

/** The manifest of a prepared image; its version is that of the kernel's package. */
export async function manifestOf(files: ImageFiles, name: string): Promise<ImageManifest> {
  const kernel = Object.entries(files.packages).find(([one]) => one.startsWith('linux-image-'));
  const meta = { name, version: kernel?.[1] ?? 'unknown' };
  if (files.grub === null) return buildUkiManifest({ uki: await source(files.loader) }, meta);
  const partition = await partitionOf(files.esp);
  return buildShimGrubManifest({ partition, shim: pathOn(files.esp, files.loader), device: GRUB_DEVICE }, meta);
}

async function partitionOf(root: string): Promise<Map<string, ByteSource>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sources = await Promise.all(paths.map(async (path) => [pathOn(root, path), await source(path)] as const));
  return new Map(sources);
}

function pathOn(root: string, path: string): string {
  return `/${relative(root, path).split(sep).join('/')}`;
}

async function source(path: string): Promise<ByteSource> {
  return bytesSource(await readFile(path));
}
