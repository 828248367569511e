/** What is different between two images, by component: the words of an update, before any host boots it. */

import type { ImageManifest, ManifestEvent, ManifestFile } from '../references/manifest.ts';

/** One difference. A side is null where there is nothing. */
export interface ImageDifference {
  /** the part of the image: `kernel`, `command-line`, `kvm-module`, `file` */
  readonly component: string;
  /** which of it: a parameter, a path, an event of a PCR */
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** The differences between two images; none where a host cannot tell them apart. Name and version are not compared. */
export function diffImages(before: ImageManifest, after: ImageManifest): readonly ImageDifference[] {
  return [
    ...one('kind', 'form', before.kind, after.kind),
    ...one('kernel', 'version', before.kernel.version, after.kernel.version),
    ...one('kernel', 'KVM', before.kernel.kvm, after.kernel.kvm),
    ...parameters(before.commandLine, after.commandLine),
    ...one('initrd', 'initrd', before.initrd, after.initrd),
    ...one('ima-policy', 'measures kexec', measuresKexec(before), measuresKexec(after)),
    ...sets('signature', 'certificate that admits', authorities(before), authorities(after)),
    ...sets('shim', 'vendor certificate', before.shim?.vendorCertificates, after.shim?.vendorCertificates),
    ...sets('shim', 'SBAT level', before.shim?.sbatLevels, after.shim?.sbatLevels),
    ...events(before, after),
    ...files(before.files, after.files),
  ];
}

function one(component: string, what: string, before: string, after: string): readonly ImageDifference[] {
  return before === after ? [] : [{ component, what, before, after }];
}

function measuresKexec({ measuresKexec }: ImageManifest): string {
  return measuresKexec === true ? 'yes' : 'no';
}

function authorities({ images }: ImageManifest): readonly string[] {
  return images.flatMap((image) => image.authorities.map((sha256) => `${image.component} ${sha256}`));
}

/** Values that only one side has. */
function sets(
  component: string,
  what: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
): readonly ImageDifference[] {
  return [
    ...missing(before, after).map((value) => ({ component, what, before: value, after: null })),
    ...missing(after, before).map((value) => ({ component, what, before: null, after: value })),
  ];
}

/** Those of `list` that `other` lacks, counted: a value that stands twice and once differs once. */
function missing(list: readonly string[], other: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const value of other) left.set(value, (left.get(value) ?? 0) + 1);
  return list.filter((value) => {
    const count = left.get(value) ?? 0;
    left.set(value, count - 1);
    return count <= 0;
  });
}

const COMMAND_LINE = 'command-line';

/** Parameters by their whole text; where both sides have the same ones, their order is what differs. */
function parameters(before: string, after: string): readonly ImageDifference[] {
  if (before === after) return [];
  const words = (line: string) => line.split(' ').filter((word) => word !== '');
  const found = sets(COMMAND_LINE, 'parameter', words(before), words(after));
  return found.length > 0 ? found : [{ component: COMMAND_LINE, what: 'order', before, after }];
}

/**
 * The measured events by PCR and variant, each by what it is of. An event of the command line or the initrd says no more than was
 * said of these.
 */
function events(before: ImageManifest, after: ImageManifest): readonly ImageDifference[] {
  const a = eventsByLabel(before);
  const b = eventsByLabel(after);
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((label) => {
    const left = a.get(label);
    const right = b.get(label);
    const { component } = (left ?? right)!;
    if (component === COMMAND_LINE || component === 'initrd') return [];
    const [was = null, is = null] = [left?.digests.sha256, right?.digests.sha256];
    return was === is ? [] : [{ component, what: label, before: was, after: is }];
  });
}

function eventsByLabel({ pcrs }: ImageManifest): ReadonlyMap<string, ManifestEvent> {
  const found = new Map<string, ManifestEvent>();
  for (const [pcr, variants] of Object.entries(pcrs)) {
    for (const { name, events: list } of variants) {
      for (const event of list) {
        const label = `PCR ${pcr}, ${name}: ${event.what}`;
        let unique = label;
        for (let n = 2; found.has(unique); n++) unique = `${label} (${n})`;
        found.set(unique, event);
      }
    }
  }
  return found;
}

function files(before: readonly ManifestFile[], after: readonly ManifestFile[]): readonly ImageDifference[] {
  const a = new Map(before.map((file) => [file.path, file]));
  const b = new Map(after.map((file) => [file.path, file]));
  return [...new Set([...a.keys(), ...b.keys()])].toSorted().flatMap((path) => {
    const left = a.get(path);
    const right = b.get(path);
    if (left?.sha256 === right?.sha256 && left?.component === right?.component) return [];
    const component = right?.component ?? left?.component ?? 'file';
    return [{ component, what: path, before: left?.sha256 ?? null, after: right?.sha256 ?? null }];
  });
}
