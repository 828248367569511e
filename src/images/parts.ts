/** What both kinds of image manifest are made of. */

import { EvidenceError } from '../bytes/errors.ts';
import { digestHex } from '../bytes/hash.ts';
import type { ImageManifest, ManifestEvent, ManifestFile, ManifestImage } from '../references/manifest.ts';
import { authenticodeSignatures, isOverImage } from '../uefi/authenticode.ts';
import type { PeImage } from '../uefi/pe.ts';
import { imageDigests } from './measure.ts';

/** What the operator says about an image: its name, and the version shown beside it. */
export interface ImageMeta {
  readonly name: string;
  readonly version: string;
}

/** One file the manifest is computed from. */
export function sourceOf(role: string, bytes: Uint8Array): ImageManifest['sources'][number] {
  return { role, sha256: digestHex('sha256', bytes), size: bytes.length };
}

/**
 * A PE image of PCR 4. Its authorities are the certificates of each signature that is over these bytes, and those given; a
 * signature over other bytes cannot admit the image and adds none.
 */
export function manifestImage(
  component: string,
  image: PeImage,
  admittedBy: ManifestImage['admittedBy'],
  vendorCertificates: readonly string[] = [],
): ManifestImage {
  const authorities = new Set<string>();
  if (admittedBy !== 'none') {
    for (const signature of authenticodeSignatures(image)) {
      if (isOverImage(signature, image)) for (const { sha256 } of signature.chain) authorities.add(sha256);
    }
    for (const sha256 of vendorCertificates) authorities.add(sha256);
  }
  return { component, digests: imageDigests(image), admittedBy, authorities: [...authorities] };
}

/** The event an image's load extends into PCR 4. */
export function imageEvent(image: ManifestImage, what: string): ManifestEvent {
  return { component: image.component, what, digests: image.digests };
}

/** A PCR in which the image's events have one order. */
export function oneOrder(events: ManifestEvent[], name = 'only'): ImageManifest['pcrs']['4'] {
  return [{ name, events }];
}

/**
 * Whether KVM comes as modules or with the kernel: modules, if the initrd has one; built in, if its `modules.builtin` says so.
 * @throws EvidenceError `image.no-kvm` if it shows neither: then nothing says that the image is a hypervisor
 */
export function kvmOf(
  files: readonly ManifestFile[],
  contents: ReadonlyMap<string, Uint8Array>,
): 'modules' | 'built-in' {
  if (files.some((file) => file.component === 'kvm-module' && !isIrqBypass(file.path))) return 'modules';
  for (const [path, content] of contents) {
    if (!/\/modules\/[^/]+\/modules\.builtin$/.test(path)) continue;
    const lines = Buffer.from(content).toString('latin1').split('\n');
    if (lines.some((line) => /^kernel\/arch\/\w+\/kvm\/kvm\.ko$/.test(line))) return 'built-in';
  }
  throw new EvidenceError('image.no-kvm', 'the initrd has no kvm module and no modules.builtin that lists kvm.ko', {
    part: 'initrd',
  });
}

/** Belongs to KVM, and is a module of its own that KVM is not needed for. */
function isIrqBypass(path: string): boolean {
  return /\/irqbypass\.ko[^/]*$/.test(path);
}
