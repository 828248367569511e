/** The manifest of a unified kernel image: one PE file of systemd's stub, kernel, command line and initrd. */

import { EvidenceError } from '../bytes/errors.ts';
import { parseImageManifest, type ImageManifest } from '../references/manifest.ts';
import { readPe } from '../uefi/pe.ts';
import { measuresKexec } from './ima-policy.ts';
import { manifestFiles, readInitrd } from './initrd.ts';
import { efiStubEvents, kernelVersion } from './kernel.ts';
import { measured } from './measure.ts';
import { imageEvent, kvmOf, manifestImage, oneOrder, sourceOf, type ImageMeta } from './parts.ts';
import { readAll, type ByteSource } from './source.ts';
import { measuredSections, stubCommandLine, stubVersion, type MeasuredSection } from './stub.ts';

interface UkiFiles {
  readonly uki: ByteSource;
}

/**
 * Computes the manifest from the file alone.
 *
 * PCR 4: the image, then the kernel inside it; the stub keeps the firmware from measuring the latter while Secure Boot is on.
 * PCR 11: of every section its name with NUL, then its content. PCR 9: what the kernel's EFI stub measures. PCR 8 and 14 belong to
 * GRUB and shim, PCR 12 and 13 to overrides and extensions: all empty.
 *
 * @throws EvidenceError `uki.section` without kernel, command line or initrd, and those of the readers
 */
export function buildUkiManifest(files: UkiFiles, meta: ImageMeta): ImageManifest {
  const bytes = readAll(files.uki, 'uki');
  const uki = readPe(bytes, 'uki');
  const version = stubVersion(uki);
  const sections = measuredSections(uki, version);
  const linux = required(sections, '.linux');
  const initrd = required(sections, '.initrd');
  const commandLine = stubCommandLine(required(sections, '.cmdline'), version);

  const kernelRelease = kernelVersion(linux);
  const contents = readInitrd(initrd);
  const initrdFiles = manifestFiles(contents);
  const outer = manifestImage('uki', uki, 'firmware');
  const inner = manifestImage('kernel', readPe(linux, 'kernel'), 'none');
  const outerEvent = imageEvent(outer, 'unified kernel image');
  const sectionEvents = sections.map(({ name, component, content }) => measured(component, `${name} section`, content));
  const initrdDigests = sectionEvents[sections.findIndex(({ name }) => name === '.initrd')]!.digests;

  return parseImageManifest({
    schema: 'assay.manifest/1',
    name: meta.name,
    version: meta.version,
    kind: 'uki',
    sources: [sourceOf('uki', bytes)],
    commandLine,
    initrd: initrdDigests.sha256,
    kernel: { version: kernelRelease, kvm: kvmOf(initrdFiles, contents) },
    images: [outer, inner],
    pcrs: {
      '4': [
        { name: 'secure-boot-off', events: [outerEvent, imageEvent(inner, 'kernel in the image')] },
        { name: 'secure-boot-on', events: [outerEvent] },
      ],
      '8': oneOrder([]),
      '9': oneOrder(efiStubEvents(kernelRelease, commandLine, initrdDigests)),
      '11': oneOrder(
        sections.flatMap(({ name, component }, i) => [
          measured(component, `${name} section name`, Buffer.from(`${name}\0`)),
          sectionEvents[i]!,
        ]),
      ),
      '12': oneOrder([]),
      '13': oneOrder([]),
      '14': oneOrder([]),
    },
    ...measuresKexec(contents),
    files: initrdFiles,
  });
}

function required(sections: readonly MeasuredSection[], name: string): Uint8Array {
  const found = sections.find((section) => section.name === name);
  if (found === undefined) throw new EvidenceError('uki.section', `UKI: no ${name} section`, { part: 'uki' });
  return found.content;
}
