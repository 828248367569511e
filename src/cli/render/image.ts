/** An image and the difference between two, for people. */

import { printable } from '../../bytes/text.ts';
import type { ImageDifference } from '../../images/diff.ts';
import { phaseValues } from '../../images/final-values.ts';
import type { VerityRoot } from '../../images/verity-command-line.ts';
import type { ImageManifest, ManifestFile } from '../../references/manifest.ts';
import type { Style } from '../style.ts';

const KINDS = { uki: 'unified kernel image', 'shim-grub': 'shim, GRUB, kernel and initrd' } as const;

/** @param verity of the data image, where one was checked */
export function renderImage(manifest: ImageManifest, verity: VerityRoot | undefined, style: Style): string {
  const { bold, dim } = style;
  const row = (name: string, value: string): string => `${bold(name.padEnd(13))} ${value}`.trimEnd();
  const { shim } = manifest;
  return lines([
    `${bold(manifest.name)} ${manifest.version}  ${dim(KINDS[manifest.kind])}`,
    ...manifest.sources.map(({ role, sha256, size }) => row(role, `${sha256}  ${dim(bytes(size))}`)),
    row('kernel', `${manifest.kernel.version}, KVM ${manifest.kernel.kvm === 'modules' ? 'as modules' : 'built in'}`),
    row('command line', printable(manifest.commandLine, 4096)),
    ...(verity === undefined
      ? []
      : [row('verity', `${verity.rootHash}  ${dim(`${verity.parameter}, recomputed over ${bytes(verity.size)}`)}`)]),
    row('files', countsOf(manifest.files)),
    ...(shim === undefined ? [] : shim.sbatLevels.map((level) => row('SBAT level', printable(level)))),
    '',
    ...Object.entries(manifest.pcrs).flatMap(([pcr, variants]) => eventLines(pcr, variants, style)),
    ...phaseLines(manifest, style),
    bold('Hypervisor'),
    ...manifest.files
      .filter(({ component }) => component !== undefined && SHOWN.has(component))
      .map(({ component, sha256, path }) => `  ${component!.padEnd(14)}  ${dim(sha256)}  ${printable(path)}`),
  ]);
}

/** What of a hypervisor the chain asks about. */
const SHOWN: ReadonlySet<string> = new Set(['kvm-module', 'qemu', 'swtpm', 'guest-firmware', 'ima-policy', 'init']);

function eventLines(pcr: string, variants: ImageManifest['pcrs']['4'], { bold, dim }: Style): string[] {
  return variants.flatMap(({ name, events }) => {
    const variant = name === 'only' ? '' : `, ${name}`;
    if (events.length === 0) return [`${bold(`PCR ${pcr}`)}${variant}  ${dim('nothing of the image')}`];
    return [
      `${bold(`PCR ${pcr}`)}${variant}`,
      ...events.map(({ digests, what }) => `  ${dim(digests.sha256)}  ${printable(what, 1024)}`),
    ];
  });
}

function phaseLines(manifest: ImageManifest, { bold, dim }: Style): string[] {
  const values = phaseValues(manifest, 'sha256');
  if (values.length === 0) return [];
  return [
    `${bold('PCR 11')} of the sha256 bank after each phase`,
    ...values.map(({ path, value }) => `  ${dim(value)}  ${path === '' ? 'the image' : path}`),
  ];
}

/** How many files, and of what: `118, of them 3 kvm-module, 1 qemu`. */
function countsOf(files: readonly ManifestFile[]): string {
  const counts = new Map<string, number>();
  for (const { component } of files) {
    if (component !== undefined) counts.set(component, (counts.get(component) ?? 0) + 1);
  }
  const named = [...counts].map(([component, count]) => `${count} ${component}`);
  return `${files.length}${named.length === 0 ? '' : `, of them ${named.join(', ')}`}`;
}

function bytes(size: number): string {
  return size < 1 << 20 ? `${size} bytes` : `${(size / (1 << 20)).toFixed(1)} MiB`;
}

/** Differences under their components. */
export function renderDifferences(differences: readonly ImageDifference[], { bold, red, green }: Style): string {
  return lines(
    [...group(differences)].flatMap(([component, list]) => [
      bold(component),
      ...list.flatMap(({ what, before, after }) => [
        `  ${printable(what, 1024)}`,
        ...(before === null ? [] : [`    ${red(`- ${printable(before, 4096)}`)}`]),
        ...(after === null ? [] : [`    ${green(`+ ${printable(after, 4096)}`)}`]),
      ]),
    ]),
  );
}

function group(differences: readonly ImageDifference[]): ReadonlyMap<string, readonly ImageDifference[]> {
  const groups = new Map<string, ImageDifference[]>();
  for (const difference of differences) {
    const known = groups.get(difference.component);
    if (known === undefined) groups.set(difference.component, [difference]);
    else known.push(difference);
  }
  return groups;
}

function lines(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join('');
}
