/** Which component of a hypervisor a file is: by its content where content tells, and by its path where only that does. */

import type { FileComponent } from '../references/manifest.ts';
import { POLICY_PATH } from './ima-policy.ts';

const KVM_MODULES = new Set(['kvm', 'kvm_amd', 'kvm_intel', 'irqbypass']);
const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');
/** ELF e_type ET_REL: a kernel module is a relocatable object. */
const ET_REL = 1;
const MODULE_FILE = /^(.+)\.ko(?:\.(?:gz|xz|zst))?$/;

/** The component, or undefined for a file that is none of those the chain asks about. */
export function componentOf(path: string, content: Uint8Array): FileComponent | undefined {
  if (path === '/init') return 'init';
  if (path === POLICY_PATH) return 'ima-policy';
  const name = path.slice(path.lastIndexOf('/') + 1);
  const module = moduleName(name, content);
  if (module !== undefined) return KVM_MODULES.has(module) ? 'kvm-module' : 'kernel-module';
  if (isFirmwareVolume(content)) return 'guest-firmware';
  if (/^(?:OVMF|edk2|QEMU_(?:EFI|VARS))/.test(name) && name.endsWith('.fd')) return 'guest-firmware';
  if (/^qemu-(?:system-.+|kvm)$/.test(name)) return 'qemu';
  if (name === 'swtpm') return 'swtpm';
  return undefined;
}

/**
 * Name of the kernel module a file is. An uncompressed module states it in `.modinfo`; the file's name counts only for a
 * compressed one.
 */
function moduleName(name: string, content: Uint8Array): string | undefined {
  const byFile = MODULE_FILE.exec(name)?.[1]?.replaceAll('-', '_');
  if (!isElfObject(content)) return byFile;
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const marker = Buffer.from('\0name=', 'latin1');
  // Several strings may look like it; the module's own stands with `vermagic=` in .modinfo, and is the only one of a known name.
  if (!bytes.includes('vermagic=')) return byFile;
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) {
    const end = bytes.indexOf(0, at + marker.length);
    const stated = bytes.toString('latin1', at + marker.length, end < 0 ? bytes.length : end);
    if (KVM_MODULES.has(stated)) return stated;
  }
  return byFile ?? 'unnamed';
}

function isElfObject(content: Uint8Array): boolean {
  return content.length > 18 && ELF_MAGIC.equals(content.subarray(0, 4)) && content[16] === ET_REL && content[17] === 0;
}

/** A UEFI firmware volume header: `_FVH` at offset 40 (UEFI PI 1.7, volume 3, 3.2.1). */
function isFirmwareVolume(content: Uint8Array): boolean {
  return content.length > 64 && Buffer.from(content.subarray(40, 44)).toString('latin1') === '_FVH';
}
