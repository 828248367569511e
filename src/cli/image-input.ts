/** An image as the command line names it: a unified kernel image, a folder with the files of an EFI system partition, or a manifest. */

import { readdirSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { EvidenceError, PolicyError, readOr, UsageError } from '../bytes/errors.ts';
import { parseJson } from '../bytes/json.ts';
import { buildShimGrubManifest } from '../images/shim-grub-manifest.ts';
import { bytesSource, MAX_FILE, type ByteSource } from '../images/source.ts';
import { buildUkiManifest } from '../images/uki-manifest.ts';
import { requireVerity, type VerityRoot } from '../images/verity-command-line.ts';
import { parseImageManifest, type ImageManifest } from '../references/manifest.ts';
import { Name } from '../references/schema.ts';
import { withFileSource } from './file-source.ts';
import { readInput } from './input.ts';

/** What is said about an image beside the file. */
export interface ImageOptions {
  /** of the manifest; without it one made of the file's name */
  readonly name?: string;
  /** of the image; without it the kernel's */
  readonly imageVersion?: string;
  /** path of shim on the partition */
  readonly shim: string;
  /** the partition in GRUB's words */
  readonly device: string;
  /** the data image that the command line's root hash is of */
  readonly verityData?: string;
  /** its hash tree */
  readonly verityHash?: string;
}

/** A folder with more files is no EFI system partition. */
const MAX_FILES = 10_000;
const OPENING_BRACE = 0x7b;

/**
 * The manifest of an image, computed where it is not given.
 * @throws UsageError `input.unreadable`, `input.too-large`, `image.name`, `image.folder`; EvidenceError as the readers of images;
 *   PolicyError `manifest.invalid`
 */
export function readImage(path: string, options: ImageOptions): ImageManifest {
  const { shim, device } = options;
  if (isFolder(path)) {
    const partition = readFolder(path);
    return versioned(options, path, (meta) => buildShimGrubManifest({ partition, shim, device }, meta));
  }
  const bytes = readInput(path, 'image', MAX_FILE);
  if (bytes[0] === OPENING_BRACE) return renamed(readManifest(path, bytes), options);
  return versioned(options, path, (meta) => buildUkiManifest({ uki: bytesSource(bytes) }, meta));
}

/**
 * What was proved of the data image that was named beside an image; undefined where none was.
 * @throws UsageError `image.verity` for one of the two files without the other, `input.unreadable`; EvidenceError `verity.*`
 */
export function readVerity(options: ImageOptions, { commandLine }: ImageManifest): VerityRoot | undefined {
  const { verityData, verityHash } = options;
  if (verityData === undefined && verityHash === undefined) return undefined;
  if (verityData === undefined || verityHash === undefined) {
    const remedy = 'name both: the data image with --verity-data, its hash tree with --verity-hash';
    throw new UsageError('image.verity', 'a data image and its hash tree belong together', remedy);
  }
  return withFileSource(verityData, '--verity-data', (data) =>
    withFileSource(verityHash, '--verity-hash', (hash) => requireVerity({ data, hash }, commandLine)),
  );
}

/** Named as asked, or by what is known of it: the file's name, the kernel's version. */
function versioned(
  { name, imageVersion }: ImageOptions,
  path: string,
  build: (meta: { readonly name: string; readonly version: string }) => ImageManifest,
): ImageManifest {
  const manifest = build({ name: name === undefined ? nameOf(path) : checkedName(name), version: imageVersion ?? '' });
  return imageVersion === undefined ? { ...manifest, version: manifest.kernel.version } : manifest;
}

function checkedName(name: string): string {
  if (Name.safeParse(name).success) return name;
  const remedy = 'use lower-case letters, digits, dots and dashes, a letter or digit first';
  throw new UsageError('image.name', `--name ${name} is no name of a document`, remedy);
}

/** The file's name without its ending, in the letters that names have. */
function nameOf(path: string): string {
  const stem = basename(path).replace(/\.[A-Za-z]+$/, '');
  const name = stem
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .slice(0, 100);
  return Name.safeParse(name).success ? name : 'image';
}

/** A manifest under the name and version that are asked for. */
function renamed(manifest: ImageManifest, { name, imageVersion }: ImageOptions): ImageManifest {
  return {
    ...manifest,
    ...(name !== undefined && { name: checkedName(name) }),
    ...(imageVersion !== undefined && { version: imageVersion }),
  };
}

function readManifest(path: string, bytes: Uint8Array): ImageManifest {
  const value = readOr(
    () => parseJson(new TextDecoder().decode(bytes)),
    (error) => error,
  );
  if (value instanceof EvidenceError) throw new PolicyError('manifest.invalid', `${path}: ${value.message}`);
  return parseImageManifest(value);
}

function isFolder(path: string): boolean {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Every file below a folder, by its path on the partition. */
function readFolder(folder: string): ReadonlyMap<string, ByteSource> {
  let entries;
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new UsageError('input.unreadable', `image ${folder}: ${reason}`, 'check the folder and its permissions');
  }
  if (entries.length > MAX_FILES) {
    const remedy = 'name a folder that holds the files of the EFI system partition and no others';
    throw new UsageError('image.folder', `image ${folder}: more than ${MAX_FILES} files`, remedy);
  }
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const onPartition = `/${relative(folder, path).split(sep).join('/')}`;
        return [onPartition, bytesSource(readInput(path, 'file of the image', MAX_FILE))];
      }),
  );
}
