/**
 * The image manifest v1: everything a hypervisor image makes a TPM measure, computed from the image's files alone. A manifest
 * never reads evidence.
 */

import * as z from 'zod/mini';
import { Digests, Name, parseDocument, Sha256 } from './schema.ts';

/**
 * A program the boot chain measures as a PE image (PCR 4). `authorities` are the certificates (SHA-256 of the DER) that can
 * admit it under Secure Boot: its signature's own chain, and the vendor certificate of the shim that verifies it.
 */
const ManifestImage = z.strictObject({
  component: Name,
  /** Authenticode digest (Windows Authenticode PE signature format) per bank. */
  digests: Digests,
  admittedBy: z.enum(['firmware', 'shim', 'none']),
  authorities: z.array(Sha256),
});
export type ManifestImage = z.infer<typeof ManifestImage>;

/** One measured event: the digest extended, what it is of, and the component a finding names. */
export const ManifestEvent = z.strictObject({
  component: Name,
  /** Printable: `.linux section`, `grub_cmd: …`. Never compared. */
  what: z.string(),
  digests: Digests,
});
export type ManifestEvent = z.infer<typeof ManifestEvent>;

/** One order in which the image's events may stand in a PCR. */
export const ManifestVariant = z.strictObject({ name: Name, events: z.array(ManifestEvent) });
export type ManifestVariant = z.infer<typeof ManifestVariant>;

/** A regular file of the initrd, by the digest of its content as IMA records it. */
export const ManifestFile = z.strictObject({
  path: z.string(),
  sha256: Sha256,
  size: z.number(),
  component: z.optional(
    z.enum(['kvm-module', 'kernel-module', 'qemu', 'swtpm', 'guest-firmware', 'ima-policy', 'init']),
  ),
});
export type ManifestFile = z.infer<typeof ManifestFile>;
/** What a file is of the hypervisor, where it is something the checks ask about. */
export type FileComponent = NonNullable<ManifestFile['component']>;

/** Schema of `assay.manifest/1`. */
export const ImageManifest = z.strictObject({
  schema: z.literal('assay.manifest/1'),
  name: Name,
  version: z.string(),
  kind: z.enum(['uki', 'shim-grub']),
  /** `superseded` images are still trusted, and marked outdated. */
  superseded: z.optional(z.boolean()),
  /** The files the manifest was computed from, by role. */
  sources: z.array(z.strictObject({ role: Name, sha256: Sha256, size: z.number() })),
  /** The kernel command line as the image gives it, without trailing NUL or line feed. */
  commandLine: z.string(),
  /** SHA-256 of the initrd as stored. */
  initrd: Sha256,
  kernel: z.strictObject({ version: z.string(), kvm: z.enum(['modules', 'built-in']) }),
  images: z.array(ManifestImage),
  /**
   * PCR → the orders in which this image's events may stand there. Covers PCR 4, 8, 9, 11, 12, 13 and 14, each present: a PCR
   * the image leaves alone has one variant without events. Separators and the firmware's own actions are not listed.
   */
  pcrs: z.record(z.enum(['4', '8', '9', '11', '12', '13', '14']), z.array(ManifestVariant)),
  /** Whether the image's own IMA policy file measures KEXEC_KERNEL_CHECK, KEXEC_INITRAMFS_CHECK and KEXEC_CMDLINE. */
  measuresKexec: z.optional(z.boolean()),
  /** Every regular file of the initrd. */
  files: z.array(ManifestFile),
  /** For shim: what it needs of the MOK state and SBAT. Absent where the image has no shim. */
  shim: z.optional(
    z.strictObject({
      /** SHA-256 of each vendor certificate (DER) built into shim. */
      vendorCertificates: z.array(Sha256),
      /** The `sbat,…` revocation levels shim applies: text of its built-in previous and latest level. */
      sbatLevels: z.array(z.string()),
    }),
  ),
});
export type ImageManifest = z.infer<typeof ImageManifest>;

/** @throws PolicyError `manifest.invalid` */
export function parseImageManifest(value: unknown): ImageManifest {
  return parseDocument(ImageManifest, value, 'manifest.invalid', 'image manifest');
}
