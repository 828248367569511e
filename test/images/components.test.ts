import { expect, test } from 'vitest';
import { componentOf } from '../../src/images/components.ts';

/** An ELF relocatable object whose `.modinfo` strings are these. */
function module(...strings: readonly string[]): Buffer {
  const head = Buffer.alloc(64);
  head.write('\x7fELF', 0, 'latin1');
  head.writeUInt16LE(1, 16);
  return Buffer.concat([head, Buffer.from(`\0${strings.join('\0')}\0`)]);
}
const volume = Buffer.alloc(100);
volume.write('_FVH', 40, 'latin1');
const none = Buffer.from('content');

test.each([
  ['/init', none, 'init'],
  ['/etc/ima/ima-policy', none, 'ima-policy'],
  ['/usr/bin/qemu-system-x86_64', none, 'qemu'],
  ['/usr/libexec/qemu-kvm', none, 'qemu'],
  ['/usr/bin/swtpm', none, 'swtpm'],
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', none, 'guest-firmware'],
  ['/usr/share/edk2/x64/edk2-x86_64-code.fd', none, 'guest-firmware'],
  ['/anywhere/renamed', volume, 'guest-firmware'],
  ['/lib/modules/6.1/kernel/arch/x86/kvm/kvm.ko', module('name=kvm', 'vermagic=6.1'), 'kvm-module'],
  ['/lib/modules/6.1/kernel/arch/x86/kvm/kvm-amd.ko', module('name=kvm_amd', 'vermagic=6.1'), 'kvm-module'],
  ['/lib/modules/6.1/kernel/virt/lib/irqbypass.ko', module('name=irqbypass', 'vermagic=6.1'), 'kvm-module'],
  ['/lib/modules/6.1/kernel/fs/fat.ko', module('name=fat', 'vermagic=6.1'), 'kernel-module'],
  ['/lib/modules/6.1/kernel/arch/x86/kvm/kvm-intel.ko.zst', none, 'kvm-module'],
  ['/lib/modules/6.1/kernel/fs/fat.ko.xz', none, 'kernel-module'],
  ['/opt/renamed', module('name=kvm', 'vermagic=6.1'), 'kvm-module'],
  ['/opt/renamed', module('name=other', 'vermagic=6.1'), 'kernel-module'],
] as const)('%s is a component (%#)', (path, content, component) => {
  expect(componentOf(path, content)).toBe(component);
});

test.each([
  ['/usr/bin/busybox', none],
  ['/usr/init', none],
  ['/usr/bin/qemu-img', none],
  ['/usr/lib/libswtpm.so', none],
  ['/tmp/object.o', module('text')],
  ['/empty', Buffer.alloc(0)],
] as const)('%s is none', (path, content) => {
  expect(componentOf(path, content)).toBeUndefined();
});
