/** What a Linux kernel image says of itself, and what its EFI stub measures. */

import { EvidenceError } from '../bytes/errors.ts';
import { ByteReader } from '../bytes/reader.ts';
import type { ManifestEvent } from '../references/manifest.ts';
import type { Digests } from '../references/schema.ts';
import { measured, measuredAs } from './measure.ts';

/** The banner's length is not stated; the kernel's own is under 200 bytes. */
const MAX_BANNER = 1024;

/** First release whose EFI stub measures its load options as well as the initrd. */
const MEASURES_LOAD_OPTIONS = [6, 1] as const;

/**
 * Release of an x86 kernel from the banner its setup header points to (Linux Documentation/arch/x86/boot.rst), as `uname -r` prints it.
 * @throws EvidenceError `kernel.header`, `kernel.version`, `bytes.truncated`
 */
export function kernelVersion(kernel: Uint8Array, part = 'kernel'): string {
  const header = new ByteReader(kernel, part);
  header.take(0x202);
  if (header.u32() !== 0x53726448) throw fail(part, 0x202, 'kernel.header', 'no boot protocol header (HdrS)');
  header.take(8); // protocol version, real-mode switch, start segment
  const offset = header.u16() + 0x200;
  const banner = Buffer.from(kernel.subarray(offset, offset + MAX_BANNER)).toString('latin1');
  const version = /^\d+\.\d+[\w.+~-]*/.exec(banner)?.[0];
  if (version === undefined) throw fail(part, offset, 'kernel.version', 'the setup header points to no version');
  return version;
}

/**
 * PCR 9 as the kernel's EFI stub extends it when a boot program hands it an initrd through LOAD_FILE2: the load options in
 * UTF-16LE with their NUL, then the initrd.
 * @param initrd its digests
 * @throws EvidenceError `kernel.unsupported` for a release older than 6.1, which measures less
 */
export function efiStubEvents(version: string, loadOptions: string, initrd: Digests): ManifestEvent[] {
  const [major = 0, minor = 0] = version.split('.').map((number) => Number.parseInt(number, 10));
  const [fromMajor, fromMinor] = MEASURES_LOAD_OPTIONS;
  if (major < fromMajor || (major === fromMajor && minor < fromMinor)) {
    const message = `what the EFI stub of Linux ${version} measures is not known; 6.1 and newer are`;
    throw new EvidenceError('kernel.unsupported', message, { part: 'kernel' });
  }
  return [
    measured('command-line', `LOADED_IMAGE::LoadOptions: ${loadOptions}`, Buffer.from(`${loadOptions}\0`, 'utf16le')),
    measuredAs('initrd', 'Linux initrd', initrd),
  ];
}

function fail(part: string, offset: number, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `kernel image: ${message} (${part}, offset ${offset})`, { part, offset });
}
