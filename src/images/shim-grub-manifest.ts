/** The manifest of a host booted by shim and GRUB: computed from the files of its EFI system partition. */

import { EvidenceError } from '../bytes/errors.ts';
import { digestHex } from '../bytes/hash.ts';
import { parseImageManifest, type ImageManifest, type ManifestEvent } from '../references/manifest.ts';
import { readPe } from '../uefi/pe.ts';
import { readGrubEmbedded } from './grub/embedded.ts';
import { runGrub, type GrubMeasurement } from './grub/run.ts';
import { measuresKexec } from './ima-policy.ts';
import { manifestFiles, readInitrd } from './initrd.ts';
import { kernelVersion } from './kernel.ts';
import { measured } from './measure.ts';
import { imageEvent, kvmOf, manifestImage, oneOrder, sourceOf, type ImageMeta } from './parts.ts';
import { mokEvents, readShim } from './shim.ts';
import { readAll, type ByteSource } from './source.ts';

/** The boot chain as it lies on the disk. */
export interface ShimGrubFiles {
  /** Every file of the partition by absolute path (`/EFI/BOOT/BOOTX64.EFI`): GRUB's configuration may ask whether one exists. */
  readonly partition: ReadonlyMap<string, ByteSource>;
  /** Path of shim, as the firmware starts it. */
  readonly shim: string;
  /** The partition in GRUB's words, `hd0,gpt1`: part of what PCR 8 measures. */
  readonly device: string;
}

/** What shim starts, from its own folder. */
const SECOND_STAGE = 'grubx64.efi';
/** Files GRUB's `normal` reads, and so measures, from this folder below its prefix where they exist. */
const MODULE_FOLDER = 'x86_64-efi';

/**
 * Computes the manifest from the files alone, for a boot with Secure Boot on and no MOK enrolled.
 *
 * PCR 4: shim, GRUB, then the kernel twice (GRUB has shim measure it, and measures it itself). PCR 8: each command GRUB runs, from the
 * configuration in its image and from `grub.cfg`, and the kernel command line. PCR 9: each file it reads. PCR 14: shim's lists.
 * `commandLine` is what GRUB measures: the kernel's path, then the parameters.
 *
 * @throws EvidenceError `image.file` for a file that is not on the partition, `grub.unsupported` for a configuration whose
 * measurements cannot be predicted, and those of the readers
 */
export function buildShimGrubManifest(files: ShimGrubFiles, meta: ImageMeta): ImageManifest {
  const shimFolder = files.shim.slice(0, files.shim.lastIndexOf('/'));
  const partition = readPartition(files.partition);
  const shimBytes = fileOf(partition, files.shim);
  const grubBytes = fileOf(partition, `${shimFolder}/${SECOND_STAGE}`);
  const shimImage = readPe(shimBytes, 'shim');
  const grubImage = readPe(grubBytes, 'grub');
  const shim = readShim(shimImage);
  const embedded = readGrubEmbedded(grubImage);
  refuseModuleLists(partition, `${embedded.prefix}/${MODULE_FOLDER}/`);

  const run = runGrub(
    embedded.script,
    '(memdisk)',
    { device: files.device, files: partition },
    variables(files, embedded.prefix, shimFolder),
  );
  const contents = readInitrd(run.initrd);
  const initrdFiles = manifestFiles(contents);
  const images = [
    manifestImage('shim', shimImage, 'firmware'),
    manifestImage('grub', grubImage, 'shim', shim.vendorCertificates),
    manifestImage('kernel', readPe(run.kernel, 'kernel'), 'shim', shim.vendorCertificates),
  ] as const;
  const [shimEntry, grubEntry, kernelEntry] = images;

  return parseImageManifest({
    schema: 'assay.manifest/1',
    name: meta.name,
    version: meta.version,
    kind: 'shim-grub',
    sources: [
      sourceOf('shim', shimBytes),
      sourceOf('grub', grubBytes),
      sourceOf('kernel', run.kernel),
      sourceOf('initrd', run.initrd),
      ...run.measurements.flatMap((one) =>
        one.pcr === 9 && one.role === 'configuration' ? [sourceOf('grub-config', one.content)] : [],
      ),
    ],
    commandLine: run.kernelCommandLine,
    initrd: digestHex('sha256', run.initrd),
    kernel: { version: kernelVersion(run.kernel), kvm: kvmOf(initrdFiles, contents) },
    images: [...images],
    pcrs: {
      '4': oneOrder(
        [
          imageEvent(shimEntry, 'shim'),
          imageEvent(grubEntry, 'GRUB'),
          imageEvent(kernelEntry, 'kernel, by shim'),
          imageEvent(kernelEntry, 'kernel, by GRUB'),
        ],
        'secure-boot-on',
      ),
      '8': oneOrder(grubEvents(run.measurements, 8)),
      '9': oneOrder(grubEvents(run.measurements, 9)),
      '11': oneOrder([]),
      '12': oneOrder([]),
      '13': oneOrder([]),
      '14': oneOrder(mokEvents(shim), 'no-mok-enrolled'),
    },
    ...measuresKexec(contents),
    files: initrdFiles,
    shim: { vendorCertificates: [...shim.vendorCertificates], sbatLevels: [...shim.sbatLevels] },
  });
}

/** What GRUB sets before it runs its first command, as far as configurations look at it. */
function variables(files: ShimGrubFiles, prefix: string, shimFolder: string): ReadonlyMap<string, string> {
  return new Map([
    ['root', files.device],
    ['prefix', `(${files.device})${prefix}`],
    ['cmdpath', `(${files.device})${shimFolder}`],
    ['grub_cpu', 'x86_64'],
    ['grub_platform', 'efi'],
    // Set by GRUB itself while Secure Boot is on.
    ['lockdown', 'y'],
    ['shim_lock', 'y'],
  ]);
}

function grubEvents(measurements: readonly GrubMeasurement[], pcr: 8 | 9): ManifestEvent[] {
  return measurements.flatMap((one) => {
    if (one.pcr !== pcr) return [];
    if (one.pcr === 9) {
      return [measured(one.role === 'configuration' ? 'grub-config' : one.role, `file ${one.path}`, one.content)];
    }
    if (one.kind === 'kernel-command-line') {
      return [measured('command-line', `kernel_cmdline: ${one.text}`, Buffer.from(one.text))];
    }
    return [
      measured(one.file === '(memdisk)' ? 'grub' : 'grub-config', `grub_cmd: ${one.text}`, Buffer.from(one.text)),
    ];
  });
}

function readPartition(sources: ReadonlyMap<string, ByteSource>): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [path, source] of sources) {
    // FAT tells names apart without case, and so do the firmware, shim and GRUB.
    const key = path.toLowerCase();
    if (!path.startsWith('/') || files.has(key))
      throw fail('image.file', `the path ${path} is relative or there twice`);
    files.set(key, readAll(source, path));
  }
  return files;
}

function fileOf(partition: ReadonlyMap<string, Uint8Array>, path: string): Uint8Array {
  const bytes = partition.get(path.toLowerCase());
  if (bytes === undefined) throw fail('image.file', `${path} is not on the partition`);
  return bytes;
}

function refuseModuleLists(partition: ReadonlyMap<string, Uint8Array>, folder: string): void {
  const list = [...partition.keys()].find((path) => path.startsWith(folder.toLowerCase()) && path.endsWith('.lst'));
  if (list !== undefined) throw fail('grub.unsupported', `GRUB reads ${list} in an order that is not predicted`);
}

function fail(code: string, message: string): EvidenceError {
  return new EvidenceError(code, `image: ${message}`, { part: 'partition' });
}
