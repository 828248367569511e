/**
 * Builds the images the lab boots and keeps them in the cache, below `images/<scenario>/<image kind>/`: the EFI system partition's
 * tree in `esp/`, and beside it what it was made of. A manifest is computed from these files.
 */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { ensureInstalled, run } from '../tools/programs.ts';
import { cacheFolder, readIfThere, sha256Hex } from './cache.ts';
import { foreignModule } from './foreign.ts';
import { initrdArchive, signedKvmModule, writeInitrd, type InitrdOptions } from './initrd.ts';
import { dataPackages, dataVersions, kernelRelease, type DataPackages } from './packages.ts';
import { commandLine, findVariant, type ImageKind, type Scenario } from './scenarios.ts';
import { appendSections, ukiSections } from './uki.ts';
import {
  GLOBAL_VARIABLE,
  IMAGE_SECURITY,
  SECURE_BOOT_ENABLE,
  certificateList,
  deleteVariable,
  readVariables,
  replaceVariable,
} from './variable-store.ts';

/** Programs needed to build an image; the guest's own programs are copied out of this machine's. */
export const IMAGE_PROGRAMS = [
  'apt-get',
  'apt-cache',
  'dpkg',
  'dpkg-query',
  'ldd',
  'gzip',
  'sbsign',
  'openssl',
  'busybox',
  'qemu-system-x86_64',
  'swtpm',
  'tpm2',
] as const;

/** Absolute paths of one built image. */
export interface ImageFiles {
  readonly scenario: Scenario;
  readonly image: ImageKind;
  readonly folder: string;
  /** Content of the EFI system partition. */
  readonly esp: string;
  readonly secureBoot: boolean;
  /** Code part of the firmware. */
  readonly firmware: string;
  /** The firmware's variable store before the first boot. */
  readonly variables: string;
  /** As it lies in the UKI's `.linux` section, or as GRUB loads it. */
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
  /** What the firmware loads first: the UKI, or shim. */
  readonly loader: string;
  /** Only with `shim-grub`. */
  readonly grub: { readonly image: string; readonly config: string } | null;
  /** Only with a UKI: the parts of it that are not kernel, initrd or command line. */
  readonly uki: { readonly stub: string; readonly osRelease: string } | null;
  /** Versions of the Debian packages whose files went in as data. */
  readonly packages: Readonly<Record<string, string>>;
}

const OS_RELEASE = 'ID=assay-lab\nVERSION_ID=1\nPRETTY_NAME="Assay lab hypervisor"\n';
const OTHER_SIGNER_OWNER = '7d1c6a52-0b7e-4c53-9a52-3f1c6b1f2a10';
const GRUB_CONFIG = 'EFI/debian/grub.cfg';

/** Builds, or finds in the cache, the image that the variant boots. */
export async function prepareImage(scenario: Scenario, variant: string): Promise<ImageFiles> {
  return await prepareImageKind(scenario, imageOf(scenario, variant).booted);
}

/** The image the verifier approved for the variant: the one its manifest is computed from. */
export async function prepareApprovedImage(scenario: Scenario, variant: string): Promise<ImageFiles> {
  return await prepareImageKind(scenario, imageOf(scenario, variant).approved);
}

/** Which images a variant boots and is judged against; a variant without a boot of its own has those of its source. */
export function imageOf(
  scenario: Scenario,
  variant: string,
): { readonly booted: ImageKind; readonly approved: ImageKind } {
  const found = findVariant(scenario, variant);
  return found.how === 'booted' ? { booted: found.image, approved: found.approved } : imageOf(scenario, found.from);
}

/** @param options what goes into the initrd beside what the kind of image says */
export async function prepareImageKind(
  scenario: Scenario,
  image: ImageKind,
  options: InitrdOptions = {},
): Promise<ImageFiles> {
  await ensureInstalled(IMAGE_PROGRAMS);
  const packages = await dataPackages();
  const folder = join(cacheFolder(), 'images', scenario, image);
  const initrd = await prepareInitrd(packages, image, options);
  const files = layout(scenario, image, folder, packages);
  const recipe = JSON.stringify({
    initrd: sha256Hex(await readFile(initrd)),
    commandLine: files.commandLine,
    packages: files.packages,
    osRelease: OS_RELEASE,
    builder: await builderDigest(),
  });
  if ((await readIfThere(join(folder, 'recipe.json')))?.toString() === recipe) return files;

  const fresh = `${folder}.${randomUUID()}`;
  const old = `${folder}.${randomUUID()}`;
  try {
    await mkdir(fresh, { recursive: true });
    await build(layout(scenario, image, fresh, packages), initrd, packages);
    await writeFile(join(fresh, 'recipe.json'), recipe);
    await rename(folder, old).catch(() => undefined);
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
  return files;
}

/** A kernel, an initrd and a command line that are not the approved image's, for the host that starts them with kexec. */
export async function kexecFiles(): Promise<{ kernel: string; initrd: string; commandLine: string }> {
  const packages = await dataPackages();
  return {
    kernel: await kernelPath(packages),
    initrd: await prepareInitrd(packages, 'kexec-allowed', { extra: { '/etc/after-kexec': Buffer.from('1\n') } }),
    commandLine: `${commandLine('kexec-allowed')} lab.kexec=1`,
  };
}

/** The KVM module a tampered host loads from its data disk. */
export async function foreignKvmModule(): Promise<Buffer> {
  return foreignModule(await signedKvmModule(await dataPackages()));
}

function layout(scenario: Scenario, image: ImageKind, folder: string, packages: DataPackages): ImageFiles {
  const esp = join(folder, 'esp');
  const secureBoot = scenario !== 'uki';
  const shim = scenario === 'shim-grub';
  return {
    scenario,
    image,
    folder,
    esp,
    secureBoot,
    firmware: join(packages.ovmf.root, 'usr/share/OVMF', secureBoot ? 'OVMF_CODE_4M.secboot.fd' : 'OVMF_CODE_4M.fd'),
    variables: join(folder, 'variables.fd'),
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd.img'),
    commandLine: commandLine(image),
    loader: join(esp, 'EFI/BOOT/BOOTX64.EFI'),
    grub: shim ? { image: join(esp, 'EFI/BOOT/grubx64.efi'), config: join(esp, GRUB_CONFIG) } : null,
    uki: shim
      ? null
      : { stub: join(packages.stub.root, 'usr/lib/systemd/boot/efi/linuxx64.efi.stub'), osRelease: OS_RELEASE },
    packages: dataVersions(packages),
  };
}

async function build(files: ImageFiles, initrd: string, packages: DataPackages): Promise<void> {
  await link(await kernelPath(packages), files.kernel);
  await link(initrd, files.initrd);
  await writeFile(files.variables, await variables(files, packages));
  await mkdir(dirname(files.loader), { recursive: true });
  if (files.grub === null) {
    await buildUki(files, packages);
  } else {
    await link(join(packages.shim.root, 'usr/lib/shim/shimx64.efi.signed'), files.loader);
    await link(join(packages.grub.root, 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'), files.grub.image);
    await mkdir(dirname(files.grub.config), { recursive: true });
    await writeFile(files.grub.config, `linux /vmlinuz ${files.commandLine}\ninitrd /initrd.img\nboot\n`);
    await link(files.kernel, join(files.esp, 'vmlinuz'));
    await link(files.initrd, join(files.esp, 'initrd.img'));
  }
}

async function buildUki(files: ImageFiles, packages: DataPackages): Promise<void> {
  const stub = await readFile(files.uki?.stub ?? '');
  const sections = ukiSections({
    stub,
    osRelease: OS_RELEASE,
    commandLine: files.commandLine,
    kernel: await readFile(files.kernel),
    initrd: await readFile(files.initrd),
  });
  if (files.image === 'foreign-loader') {
    // Not a section the stub measures: PCR 11 is that of the approved image, the file is another one.
    sections.unshift({ name: '.foreign', address: 0x28000, data: Buffer.from('another loader\n') });
  }
  const uki = appendSections(stub, sections);
  if (!files.secureBoot || files.image === 'unsigned') {
    await writeFile(files.loader, uki);
    return;
  }
  const unsigned = join(files.folder, 'unsigned.efi');
  await writeFile(unsigned, uki);
  const key = files.image === 'other-signer' ? otherSigner() : await snakeoil(files.folder, packages);
  await run('sbsign', ['--key', key.key, '--cert', key.certificate, '--output', files.loader, unsigned]);
  await rm(unsigned);
}

interface SigningKey {
  readonly key: string;
  readonly certificate: string;
}

/** The test key of Debian's `ovmf` package; its pass phrase is public. */
async function snakeoil(folder: string, packages: DataPackages): Promise<SigningKey> {
  const base = join(packages.ovmf.root, 'usr/share/ovmf/PkKek-1-snakeoil');
  const key = join(folder, 'snakeoil.key');
  await run('openssl', ['rsa', '-in', `${base}.key`, '-passin', 'pass:snakeoil', '-out', key]);
  return { key, certificate: `${base}.pem` };
}

/** A second signer, made for this lab; its private key is in the repository and protects nothing. */
function otherSigner(): SigningKey {
  return { key: ownFile('keys/other-signer.key'), certificate: ownFile('keys/other-signer.pem') };
}

async function variables(files: ImageFiles, packages: DataPackages): Promise<Buffer> {
  const name = {
    uki: 'OVMF_VARS_4M.fd',
    'uki-secureboot': 'OVMF_VARS_4M.snakeoil.fd',
    'shim-grub': 'OVMF_VARS_4M.ms.fd',
  };
  const store = await readFile(join(packages.ovmf.root, 'usr/share/OVMF', name[files.scenario]));
  switch (files.image) {
    case 'secure-boot-disabled':
      return replaceVariable(store, SECURE_BOOT_ENABLE, 'SecureBootEnable', Buffer.from([0]));
    case 'setup-mode':
      return deleteVariable(store, GLOBAL_VARIABLE, 'PK');
    case 'other-signer': {
      const db = readVariables(store).find((one) => one.name === 'db' && one.vendor === IMAGE_SECURITY);
      const { stdout: der } = await run('openssl', ['x509', '-in', otherSigner().certificate, '-outform', 'DER']);
      const both = Buffer.concat([db?.data ?? Buffer.alloc(0), certificateList(OTHER_SIGNER_OWNER, der)]);
      return replaceVariable(store, IMAGE_SECURITY, 'db', both);
    }
    default:
      return store;
  }
}

async function kernelPath(packages: DataPackages): Promise<string> {
  return join(packages.kernel.root, 'boot', `vmlinuz-${await kernelRelease(packages.kernel)}`);
}

/** Compressed initrds are kept by the digest of their content, so images that share one share the file. */
async function prepareInitrd(packages: DataPackages, image: ImageKind, options: InitrdOptions = {}): Promise<string> {
  const archive = await initrdArchive(packages, {
    ...options,
    ...(image === 'kvm-module-in-initrd' ? { kvmModule: foreignModule(await signedKvmModule(packages)) } : {}),
    ...(image === 'other-initrd' ? { extra: { '/etc/motd': Buffer.from('One harmless file more.\n') } } : {}),
  });
  return await writeInitrd(archive, join(cacheFolder(), 'initrds'));
}

/** Digest of the modules that decide an image's bytes, so that a change of them builds the images again. */
async function builderDigest(): Promise<string> {
  const sources = ['images.ts', 'uki.ts', 'variable-store.ts', 'guid.ts', 'keys/other-signer.pem'];
  const contents = await Promise.all(sources.map((name) => readFile(ownFile(name))));
  return sha256Hex(Buffer.concat(contents));
}

function ownFile(name: string): string {
  return new URL(name, import.meta.url).pathname;
}
