/**
 * Input data of the lab: firmware, boot loaders and the kernel from Debian packages that are downloaded and unpacked, never installed,
 * because the post-install scripts of kernels and boot loaders write to the EFI system partition of the machine they run on.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../tools/programs.ts';
import { buildFolder, cacheFolder, isThere } from './cache.ts';

/** The kernel comes as a package named by its version; this one depends on the newest. */
const KERNEL_META = 'linux-image-cloud-amd64';

/** `kexec` goes into the image; Debian's is linked to Xen's control library, which nothing else here needs. */
const KEXEC_PACKAGES = [
  'kexec-tools',
  'libxenmisc4.17',
  'libxencall1',
  'libxendevicemodel1',
  'libxenevtchn1',
  'libxenforeignmemory1',
  'libxengnttab1',
  'libxentoolcore1',
  'libxentoollog1',
] as const;

/** One unpacked package. */
export interface Unpacked {
  readonly package: string;
  readonly version: string;
  /** Folder that holds the package's file tree. */
  readonly root: string;
}

export interface DataPackages {
  readonly kernel: Unpacked;
  readonly ovmf: Unpacked;
  readonly stub: Unpacked;
  readonly shim: Unpacked;
  readonly grub: Unpacked;
  /** `kexec-tools` first, then the packages of the libraries it alone needs. */
  readonly kexec: readonly [Unpacked, ...Unpacked[]];
}

/** Downloads (once per version) and unpacks the candidate versions of this machine's package sources. */
export async function dataPackages(): Promise<DataPackages> {
  const kernel = await kernelPackage();
  const names = ['ovmf', 'systemd-boot-efi', 'shim-signed', 'grub-efi-amd64-signed'] as const;
  const versions = await candidates([...names, ...KEXEC_PACKAGES, kernel]);
  const get = async (name: string): Promise<Unpacked> => {
    const version = versions.get(name);
    if (version === undefined)
      throw new Error(`no package ${name} in this machine's package sources: run apt-get update`);
    return await unpack(name, version);
  };
  const [tools, ...libraries] = KEXEC_PACKAGES;
  const kexec: [Unpacked, ...Unpacked[]] = [await get(tools)];
  for (const name of libraries) kexec.push(await get(name));
  return {
    kernel: await get(kernel),
    ovmf: await get('ovmf'),
    stub: await get('systemd-boot-efi'),
    shim: await get('shim-signed'),
    grub: await get('grub-efi-amd64-signed'),
    kexec,
  };
}

/** Package versions by name, for the record of where evidence comes from. */
export function dataVersions(packages: DataPackages): Record<string, string> {
  const { kernel, ovmf, stub, shim, grub, kexec } = packages;
  return Object.fromEntries([kernel, ovmf, stub, shim, grub, ...kexec].map((one) => [one.package, one.version]));
}

/** Release of an unpacked kernel, as `uname -r` prints it. */
export async function kernelRelease(kernel: Unpacked): Promise<string> {
  const names = await readdir(join(kernel.root, 'lib/modules'));
  const [release] = names;
  if (release === undefined || names.length > 1) throw new Error(`${kernel.package}: expected one kernel release`);
  return release;
}

async function kernelPackage(): Promise<string> {
  const { stdout } = await run('apt-cache', ['depends', KERNEL_META]);
  const name = /Depends: (linux-image-\S+)/.exec(stdout.toString())?.[1];
  if (name === undefined) throw new Error(`${KERNEL_META} names no kernel: run apt-get update`);
  return name;
}

async function candidates(names: readonly string[]): Promise<Map<string, string>> {
  const { stdout } = await run('apt-cache', ['policy', ...names]);
  const versions = new Map<string, string>();
  let current = '';
  for (const line of stdout.toString().split('\n')) {
    if (line.endsWith(':') && !line.startsWith(' ')) current = line.slice(0, -1);
    const version = /^ {2}Candidate: (\S+)/.exec(line)?.[1];
    if (version !== undefined && version !== '(none)') versions.set(current, version);
  }
  return versions;
}

async function unpack(name: string, version: string): Promise<Unpacked> {
  const root = join(cacheFolder(), 'packages', `${name}_${version.replaceAll(':', '%3a')}`);
  if (!(await isThere(root))) {
    await buildFolder(root, async (folder) => {
      const download = join(folder, '.download');
      await mkdir(download);
      await run('apt-get', ['download', `${name}=${version}`], { cwd: download, timeout: 600_000 });
      const [file] = await readdir(download);
      if (file === undefined) throw new Error(`apt-get downloaded nothing for ${name}`);
      await run('dpkg', ['-x', join(download, file), folder], { timeout: 300_000 });
      await rm(download, { recursive: true });
    });
  }
  return { package: name, version, root };
}
