/** Everything a check compares facts with: what the policy resolved to and what the verifier's side expects. */

import type { HashName } from '../bytes/hash.ts';
import type { ImageManifest, ManifestFile } from '../references/manifest.ts';
import type { ReferenceSet, ReferenceSetOf } from '../references/reference-set.ts';
import { digestIn, isAtLeast, type Basis } from '../references/schema.ts';

/** A firmware component's entry, by the digest it has in one bank. */
interface FirmwareEntry {
  readonly component: string;
  readonly set: string;
  readonly basis: string;
}

/** Counters of the last accepted quote of the same AK, and the version of the TPM’s own firmware it stated. */
export interface PriorCounters {
  readonly resetCount: number;
  readonly restartCount: number;
  readonly clock: bigint;
  readonly firmwareVersion: bigint;
  /** the TPM has proved since then that it holds EK and AK: what it counts may have begun anew, by TPM2_Clear */
  readonly reactivated?: true | undefined;
  /** the runtime list that was accepted last, maybe in an earlier boot; absent: none was */
  readonly runtimeList?: AcceptedList | undefined;
}

/** A runtime list that was accepted, and the counters of the quote that covered it. */
export interface AcceptedList {
  /** `sha256:<hex>` of its bytes */
  readonly id: string;
  readonly bytes: number;
  readonly resetCount: number;
  readonly restartCount: number;
}

/** What the verifier’s side knows, as plain data. */
export interface References {
  readonly manifests: readonly ImageManifest[];
  /** Sets that are not past their `expiresAt`; of the others what they forbid: revoked firmware, required entries of dbx. */
  readonly sets: readonly ReferenceSet[];
  /** the sets that expired, whole */
  readonly expired: readonly ReferenceSet[];
  /** the sets of a weaker basis than the check asks: they forbid and require, and vouch for nothing */
  readonly weak: readonly ReferenceSet[];
  /** the challenge's selection in text form, or the policy's */
  readonly selection: string;
  readonly prior: PriorCounters | null;
}

/** The sets of one kind. */
export function setsOf<K extends ReferenceSet['kind']>(references: References, kind: K): readonly ReferenceSetOf<K>[] {
  return references.sets.filter((set): set is ReferenceSetOf<K> => set.kind === kind);
}

/** Whether a set of `sets` only forbids and requires: it expired, or its basis is too weak. */
export function isSilent({ expired, weak }: References, set: ReferenceSet): boolean {
  return expired.includes(set) || weak.includes(set);
}

/** What a set that vouches for nothing more still says: what it forbids stays forbidden. */
export function stillForbidden(set: ReferenceSet): readonly ReferenceSet[] {
  switch (set.kind) {
    case 'firmware':
      return [{ ...set, components: [] }];
    case 'dbx':
      return [set];
    case 'secure-boot-keys':
    case 'mok':
      return [];
  }
}

/** The references with only those values that have at least a basis. Each value of firmware has a basis of its own. */
export function ofBasis(references: References, minimum: Basis): References {
  const weak: ReferenceSet[] = [];
  const sets = references.sets.flatMap((set): readonly ReferenceSet[] => {
    if (set.kind === 'firmware') {
      return [{ ...set, components: set.components.filter(({ basis }) => isAtLeast(basis, minimum)) }];
    }
    if (isAtLeast(set.basis, minimum)) return [set];
    weak.push(set);
    return stillForbidden(set);
  });
  return { ...references, sets, weak };
}

/** What a check of a kind of sets says of those that expired: they might have answered, and want renewing. */
export function expiredNotes({ expired }: References, kind: ReferenceSet['kind']): readonly string[] {
  return expired
    .filter((set) => set.kind === kind)
    .map((set) => `the reference set ${set.name} (${kind}) expired at ${set.expiresAt} and vouches for nothing more`);
}

/** Firmware components by PCR and digest, `"<pcr>:<hex>"`, in one bank. */
export function firmwareIndex(references: References, bank: HashName): ReadonlyMap<string, FirmwareEntry> {
  const index = new Map<string, FirmwareEntry>();
  for (const set of setsOf(references, 'firmware')) {
    for (const { component, pcr, digests, basis } of set.components) {
      const digest = digestIn(digests, bank);
      if (digest !== undefined) index.set(`${pcr}:${digest}`, { component, set: set.name, basis });
    }
  }
  return index;
}

/** Digests of known-bad firmware in one bank, with the reason. */
export function revokedFirmware(references: References, bank: HashName): ReadonlyMap<string, string> {
  const index = new Map<string, string>();
  for (const set of setsOf(references, 'firmware')) {
    for (const { digests, reason } of set.revoked ?? []) {
      const digest = digestIn(digests, bank);
      if (digest !== undefined) index.set(digest, reason);
    }
  }
  return index;
}

const filesByManifest = new WeakMap<ImageManifest, ReadonlyMap<string, ManifestFile>>();

/** The files of an image by SHA-256. Made once per manifest, since a host's list asks for it per entry. */
export function filesByDigest(manifest: ImageManifest): ReadonlyMap<string, ManifestFile> {
  const known = filesByManifest.get(manifest);
  if (known !== undefined) return known;
  const files = new Map(manifest.files.map((file) => [file.sha256, file]));
  filesByManifest.set(manifest, files);
  return files;
}
