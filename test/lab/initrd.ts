/**
 * The hypervisor image's initial root file system: busybox, the TPM tools, the KVM modules, QEMU and swtpm with their libraries, the
 * guests' firmware, the measurement policy and `/init`. It stays the root (no switch_root), so everything that runs lies in it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROGRAMS, run } from '../tools/programs.ts';
import { isThere, sha256Hex, writeWhole } from './cache.ts';
import { writeCpio, type ArchiveEntry } from './cpio.ts';
import { kernelRelease, type DataPackages } from './packages.ts';

/** Modules in the order `/init` loads them, below `/usr/lib/modules/<release>/kernel`. */
const MODULES = [
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci',
  'drivers/block/virtio_blk',
  'fs/nls/nls_cp437',
  'fs/nls/nls_ascii',
  'fs/fat/fat',
  'fs/fat/vfat',
  'virt/lib/irqbypass',
  'arch/x86/kvm/kvm',
  'arch/x86/kvm/kvm-amd',
] as const;

/** Further modules of an image whose agent speaks to a verifier. */
const NETWORK_MODULES = ['net/core/failover', 'drivers/net/net_failover', 'drivers/net/virtio_net'] as const;

/** The module a tampered host replaces. */
export const KVM_MODULE = 'arch/x86/kvm/kvm-amd';

const APPLETS =
  'sh mount mkdir cat cp chmod cut dmesg echo insmod sleep tar base64 sha256sum stty uname poweroff gzip'.split(' ');

const NETWORK_APPLETS = ['ip', 'kill'] as const;

/** Programs of this machine that go into the image with the libraries they are linked to. */
const GUEST_PROGRAMS = ['qemu-system-x86_64', 'swtpm', 'tpm2'] as const;

const LIBRARY_FOLDER = '/usr/lib/x86_64-linux-gnu';

/** Opened by name at run time, so `ldd` does not show it: how the TPM tools reach /dev/tpmrm0. */
const TCTI_DEVICE = `${LIBRARY_FOLDER}/libtss2-tcti-device.so.0`;

/** What lets the image attest by itself. */
export interface GuestAgent {
  /** files by absolute path in the image */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** programs and libraries of this machine by their path in the image; what they are linked to goes in with them */
  readonly programs: ReadonlyMap<string, string>;
}

export interface InitrdOptions {
  /** With an agent the image has a network, and `/init` starts the agent in place of quoting once. */
  readonly agent?: GuestAgent;
  /** Further files by absolute path. */
  readonly extra?: Readonly<Record<string, Uint8Array>>;
  /** Replaces the content of {@link KVM_MODULE}. */
  readonly kvmModule?: Uint8Array;
}

/** The uncompressed archive. */
export async function initrdArchive(packages: DataPackages, options: InitrdOptions = {}): Promise<Buffer> {
  const entries = new Map<string, ArchiveEntry>();
  const put = (path: string, data: Uint8Array, executable: boolean): void => {
    entries.set(path.replace(/^\//, ''), { kind: 'file', data, executable });
  };
  for (const directory of ['dev', 'mnt', 'proc', 'run', 'sys', 'tmp', 'root'])
    entries.set(directory, { kind: 'directory' });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) entries.set(name, { kind: 'link', target: `usr/${name}` });
  entries.set('dev/console', { kind: 'console' });

  const { agent } = options;
  const modules = agent === undefined ? MODULES : [...MODULES, ...NETWORK_MODULES];
  put('/init', await guestFile(agent === undefined ? 'init.sh' : 'init-agent.sh'), true);
  put('/etc/ima/ima-policy', await guestFile('ima-policy'), false);
  put('/etc/modules-boot', Buffer.from(modules.map((name) => `${name}\n`).join('')), false);

  put('/usr/bin/busybox', await readFile(PROGRAMS.busybox.path), true);
  const applets = agent === undefined ? APPLETS : [...APPLETS, ...NETWORK_APPLETS];
  for (const applet of applets) entries.set(`usr/bin/${applet}`, { kind: 'link', target: 'busybox' });

  const kexec = join(packages.kexec[0].root, 'sbin/kexec');
  put('/usr/sbin/kexec', await readFile(kexec), true);
  for (const name of GUEST_PROGRAMS) put(PROGRAMS[name].path, await readFile(PROGRAMS[name].path), true);
  for (const [path, from] of agent?.programs ?? []) put(path, await readFile(from), true);
  for (const [path, data] of agent?.files ?? []) put(path, data, false);
  put(TCTI_DEVICE, await readFile(TCTI_DEVICE), false);
  const roots = packages.kexec.map((one) => one.root);
  const linked = [
    kexec,
    ...GUEST_PROGRAMS.map((name) => PROGRAMS[name].path),
    TCTI_DEVICE,
    ...(agent?.programs.values() ?? []),
  ];
  for (const library of await libraries(linked, roots)) {
    const root = roots.find((one) => library.startsWith(`${one}/`));
    const path = root === undefined ? library : library.slice(root.length);
    put(path.startsWith('/usr/') ? path : `/usr${path}`, await readFile(library), true);
  }

  const release = await kernelRelease(packages.kernel);
  for (const name of modules) {
    const path = `lib/modules/${release}/kernel/${name}.ko`;
    const replaced = name === KVM_MODULE ? options.kvmModule : undefined;
    put(`/usr/${path}`, replaced ?? (await readFile(join(packages.kernel.root, path))), false);
  }
  put(
    '/usr/share/OVMF/OVMF_CODE_4M.fd',
    await readFile(join(packages.ovmf.root, 'usr/share/OVMF/OVMF_CODE_4M.fd')),
    false,
  );
  for (const [path, data] of Object.entries(options.extra ?? {})) put(path, data, false);
  return writeCpio(entries);
}

/**
 * Writes the archive compressed by `gzip`, whose output depends on its version alone, into the folder under a name made of the content's
 * digest, and returns the path. What is there is not compressed again.
 */
export async function writeInitrd(archive: Buffer, folder: string): Promise<string> {
  const { stdout: version } = await run('gzip', ['--version']);
  const key = sha256Hex(`${sha256Hex(archive)} ${version.toString().split('\n')[0] ?? ''}`);
  const path = join(folder, `${key}.img`);
  if (!(await isThere(path))) {
    const { stdout } = await run('gzip', ['-n', '-6', '-c'], { input: archive });
    await writeWhole(path, stdout);
  }
  return path;
}

/** The bytes of one KVM module as Debian signed it. */
export async function signedKvmModule(packages: DataPackages): Promise<Buffer> {
  const release = await kernelRelease(packages.kernel);
  return await readFile(join(packages.kernel.root, `lib/modules/${release}/kernel/${KVM_MODULE}.ko`));
}

async function libraries(programs: readonly string[], roots: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const env = { LD_LIBRARY_PATH: roots.map((root) => join(root, LIBRARY_FOLDER)).join(':') };
  for (const program of programs) {
    const { stdout } = await run('ldd', [program], { env });
    for (const line of stdout.toString().split('\n')) {
      if (line.includes('not found')) throw new Error(`${program}: ${line.trim()}`);
      const path = /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1];
      if (path !== undefined) found.add(path);
    }
  }
  return [...found].sort();
}

async function guestFile(name: string): Promise<Buffer> {
  return await readFile(new URL(`./guest/${name}`, import.meta.url));
}
