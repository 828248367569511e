/** What systemd's EFI stub measures, by version (systemd-stub(7); checked against the stub's behaviour from 252 to 256). */

import { EvidenceError } from '../bytes/errors.ts';
import { peSection, sectionContent, type PeImage } from '../uefi/pe.ts';

/** Versions whose measurements are known here. */
const FIRST_VERSION = 252;
const LAST_VERSION = 256;

/** Sections measured into PCR 11 in this order, with the version that began to; `.pcrsig` never is: it signs the result. */
const MEASURED_SECTIONS: readonly { readonly name: string; readonly component: string; readonly since: number }[] = [
  { name: '.linux', component: 'kernel', since: 252 },
  { name: '.osrel', component: 'os-release', since: 252 },
  { name: '.cmdline', component: 'command-line', since: 252 },
  { name: '.initrd', component: 'initrd', since: 252 },
  { name: '.ucode', component: 'microcode', since: 256 },
  { name: '.splash', component: 'splash', since: 252 },
  { name: '.dtb', component: 'device-tree', since: 252 },
  { name: '.uname', component: 'uname', since: 254 },
  { name: '.sbat', component: 'sbat', since: 254 },
  { name: '.pcrpkey', component: 'pcr-public-key', since: 252 },
];

/** With one of these the stub hands the kernel an initrd put together at boot, whose digest is not that of `.initrd`. */
const EXTENDS_INITRD = ['.ucode', '.pcrsig', '.pcrpkey'] as const;

/** A section as the stub measures it. */
export interface MeasuredSection {
  readonly name: string;
  readonly component: string;
  readonly content: Uint8Array;
}

/**
 * Major version of the stub, from the text in `.sdmagic`.
 * @throws EvidenceError `uki.stub` if the image has no such text, `uki.unsupported` for a version not known here
 */
export function stubVersion(image: PeImage): number {
  const section = peSection(image, '.sdmagic');
  const text = section === undefined ? '' : Buffer.from(sectionContent(image, section)).toString('latin1');
  const stated = /#### LoaderInfo: systemd-stub (\d{3})\D/.exec(text)?.[1];
  if (stated === undefined) throw fail(image, 'uki.stub', 'no systemd-stub version (.sdmagic)');
  const version = Number(stated);
  if (version < FIRST_VERSION || version > LAST_VERSION) {
    const known = `${FIRST_VERSION} to ${LAST_VERSION}`;
    throw fail(image, 'uki.unsupported', `what systemd-stub ${version} measures is not known here, ${known} are`);
  }
  return version;
}

/**
 * The sections this stub measures into PCR 11, in its order; empty ones are passed over, as the stub does.
 * @throws EvidenceError `uki.unsupported` for a section that changes the initrd at boot
 */
export function measuredSections(image: PeImage, version: number): MeasuredSection[] {
  for (const name of EXTENDS_INITRD) {
    if (peSection(image, name) !== undefined) {
      throw fail(
        image,
        'uki.unsupported',
        `with ${name} the stub builds the initrd at boot; its digest is not predicted`,
      );
    }
  }
  return MEASURED_SECTIONS.flatMap(({ name, component, since }) => {
    const section = since > version ? undefined : peSection(image, name);
    if (section === undefined || section.virtualSize === 0) return [];
    return [{ name, component, content: sectionContent(image, section) }];
  });
}

/**
 * The command line as the stub hands it to the kernel: text up to the first NUL, control characters turned to spaces, trimmed at
 * the end and, from 255, at the start.
 * @throws EvidenceError `uki.command-line` for text that is not UTF-8
 */
export function stubCommandLine(content: Uint8Array, version: number): string {
  const nul = content.indexOf(0);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      nul < 0 ? content : content.subarray(0, nul),
    );
  } catch {
    throw new EvidenceError('uki.command-line', 'UKI: .cmdline is not UTF-8 text', { part: 'uki' });
  }
  const characters = Array.from(text).map((c) => (c < ' ' || (version >= 255 && c === '\x7f') ? ' ' : c));
  const first =
    version >= 255
      ? Math.max(
          characters.findIndex((c) => c !== ' '),
          0,
        )
      : 0;
  const last = characters.findLastIndex((c) => c !== ' ');
  return characters.slice(first, last + 1).join('');
}

function fail(image: PeImage, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `UKI: ${message}`, { part: image.part });
}
