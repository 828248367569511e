/**
 * One pass over the proved runtime list against one image: which entries the image covers, and which accuse a component.
 * Checks of links 7 and 8 read the result, so a list of a million entries is walked once.
 */

import { hashByName } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { BOOT_AGGREGATE } from '../logs/ima/boot-aggregate.ts';
import { readFields } from '../logs/ima/fields.ts';
import { coveredEntries, isViolation, type ImaPrefix } from '../logs/ima/model.ts';
import type { FileComponent, ImageManifest } from '../references/manifest.ts';
import { filesByDigest } from './references.ts';

/** One entry that needs a word; paths are the host's and may accuse, never acquit. */
export interface ScannedEntry {
  readonly index: number;
  readonly path: string;
  /** `sha256:<hex>`, or why there is none */
  readonly digest: string;
}

/** What the pass found. Of each kind of problem at most `MAX_KEPT` entries are kept. */
export interface ImaScan {
  readonly entries: number;
  /** digests no file of the image has */
  readonly unapproved: readonly ScannedEntry[];
  /** digests of an algorithm the manifest lacks */
  readonly unproven: readonly ScannedEntry[];
  /** entries that cannot be read under the template they name, which no digest covers */
  readonly unreadable: readonly ScannedEntry[];
  /** Violations: nothing covers their data, so the path is the host's word. */
  readonly violations: readonly ScannedEntry[];
  /** those of them whose path is, by its last part, a file of the image, or cannot be read */
  readonly accusedViolations: readonly ScannedEntry[];
  /** `boot_aggregate` after the first, and kexec measurements */
  readonly kexec: readonly ScannedEntry[];
  /** entries of a component, by digest or by path: those with the image's digest, and the others */
  readonly components: ReadonlyMap<
    FileComponent,
    { readonly approved: number; readonly foreign: readonly ScannedEntry[] }
  >;
}

/** Problem entries beyond this many are counted by the outcome, not kept. */
const MAX_KEPT = 1000;

const scans = new WeakMap<ImaPrefix, WeakMap<ImageManifest, ImaScan>>();

/** The scan of a proved prefix; kept with the prefix, since five checks ask for it. */
export function scanIma(prefix: ImaPrefix, manifest: ImageManifest): ImaScan {
  let ofPrefix = scans.get(prefix);
  if (ofPrefix === undefined) scans.set(prefix, (ofPrefix = new WeakMap()));
  let scan = ofPrefix.get(manifest);
  if (scan === undefined) ofPrefix.set(manifest, (scan = makeScan(prefix, manifest)));
  return scan;
}

/** Buffers the kernel measures when another kernel is loaded (IMA func=KEXEC_CMDLINE). */
const KEXEC_CMDLINE = 'kexec-cmdline';

function makeScan(prefix: ImaPrefix, manifest: ImageManifest): ImaScan {
  const files = filesByDigest(manifest);
  const names = new Set(manifest.files.map((file) => baseName(file.path)));
  const accused = componentNames(manifest);
  const unapproved: ScannedEntry[] = [];
  const unproven: ScannedEntry[] = [];
  const unreadable: ScannedEntry[] = [];
  const violations: ScannedEntry[] = [];
  const accusedViolations: ScannedEntry[] = [];
  const kexec: ScannedEntry[] = [];
  const components = new Map<FileComponent, { approved: number; foreign: ScannedEntry[] }>();
  const ofComponent = (component: FileComponent) => {
    let counted = components.get(component);
    if (counted === undefined) components.set(component, (counted = { approved: 0, foreign: [] }));
    return counted;
  };
  const keep = (list: ScannedEntry[], entry: ScannedEntry) => {
    if (list.length < MAX_KEPT) list.push(entry);
  };
  let entries = 0;
  let aggregates = 0;

  for (const index of coveredEntries(prefix)) {
    entries++;
    const { fields, problem } = readFields(prefix.list, index);
    if (isViolation(prefix.list, index)) {
      const path = fields?.path ?? '';
      const violation = { index, path, digest: 'violation' };
      keep(violations, violation);
      if (fields === undefined || names.has(baseName(path))) keep(accusedViolations, violation);
      continue;
    }
    if (fields === undefined) {
      keep(unreadable, { index, path: '', digest: `unreadable (${problem})` });
      continue;
    }
    const { path, fileDigest, buffer } = fields;
    const digest = `${fileDigest.algorithm}:${toHex(fileDigest.bytes)}`;
    const entry = { index, path, digest };
    if (path === BOOT_AGGREGATE) {
      // The first is compared with the firmware's PCRs by its own check; each further one is another kernel's.
      if (aggregates++ > 0) keep(kexec, entry);
      continue;
    }
    if (buffer !== undefined && path === KEXEC_CMDLINE) {
      keep(kexec, entry);
      continue;
    }
    const comparable = fileDigest.kind === 'ima' && hashByName(fileDigest.algorithm)?.name === 'sha256';
    const file = comparable && buffer === undefined ? files.get(toHex(fileDigest.bytes)) : undefined;
    const byPath = accused.get(baseName(path));
    if (file?.component !== undefined) ofComponent(file.component).approved++;
    if (byPath !== undefined && file?.component !== byPath) keep(ofComponent(byPath).foreign, entry);
    if (file === undefined) keep(comparable || buffer !== undefined ? unapproved : unproven, entry);
  }
  return { entries, unapproved, unproven, unreadable, violations, accusedViolations, kexec, components };
}

/** Components link 8 asks about: their file names accuse an entry wherever it lies. */
const ACCUSING: readonly FileComponent[] = ['kvm-module', 'qemu', 'swtpm', 'guest-firmware'];

function componentNames(manifest: ImageManifest): ReadonlyMap<string, FileComponent> {
  const names = new Map<string, FileComponent>();
  for (const { path, component } of manifest.files) {
    if (component !== undefined && ACCUSING.includes(component)) names.set(baseName(path), component);
  }
  return names;
}

/** The last part of a path; modules without regard to compression or to `-` and `_`, which the kernel takes for one. */
export function baseName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const module = /^(.+)\.ko(\.xz|\.gz|\.zst)?$/.exec(name);
  return module === null ? name : `${module[1]!.replaceAll('-', '_')}.ko`;
}
