/** Readers of images beside the programs that make and check them: sbsign, sbverify, objcopy, cpio and gzip. */
import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dxeVolumes } from '../../src/images/firmware/volume.ts';
import { readGrubEmbedded } from '../../src/images/grub/embedded.ts';
import { readInitrd } from '../../src/images/initrd.ts';
import { kernelVersion } from '../../src/images/kernel.ts';
import { readShim } from '../../src/images/shim.ts';
import { stubVersion } from '../../src/images/stub.ts';
import { digestHex } from '../../src/bytes/hash.ts';
import { authenticodeSignatures, isOverImage } from '../../src/uefi/authenticode.ts';
import { peSection, readPe, sectionContent } from '../../src/uefi/pe.ts';
import { dataPackages, kernelRelease, type DataPackages } from '../lab/packages.ts';
import { buildPe } from '../support/pe-builder.ts';
import { ensureInstalled, run } from './programs.ts';

const KEYS = new URL('../lab/keys/', import.meta.url).pathname;
const key = join(KEYS, 'other-signer.key');
const certificate = join(KEYS, 'other-signer.pem');

let folder = '';
let packages: DataPackages;

beforeAll(async () => {
  await ensureInstalled(['sbsign', 'sbverify', 'objcopy', 'cpio', 'gzip', 'openssl', 'apt-get', 'apt-cache', 'dpkg']);
  folder = await mkdtemp(join(tmpdir(), 'assay-images-'));
  packages = await dataPackages();
}, 600_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('a signature by sbsign', () => {
  const shapes = {
    'one section': buildPe({ sections: [{ name: '.text', data: Buffer.alloc(600, 1) }] }).bytes,
    'long names and bytes behind the sections': buildPe({
      sections: [
        { name: '.text', data: Buffer.alloc(600, 1) },
        { name: '.vendor_cert', data: Buffer.alloc(20, 2) },
      ],
      trailing: Buffer.alloc(24, 3),
    }).bytes,
  };

  test.each(Object.entries(shapes))('is over the digest computed here: %s', async (name, bytes) => {
    const unsigned = await write(`${name.length}.efi`, bytes);
    const signed = `${unsigned}.signed`;
    await run('sbsign', ['--key', key, '--cert', certificate, '--output', signed, unsigned]);
    const image = readPe(await readFile(signed), name);
    const { stdout: der } = await run('openssl', ['x509', '-in', certificate, '-outform', 'DER']);
    const signatures = authenticodeSignatures(image);
    expect(signatures.map((signature) => isOverImage(signature, image))).toEqual([true]);
    expect(signatures[0]?.chain.map(({ sha256 }) => sha256)).toEqual([createHash('sha256').update(der).digest('hex')]);
  });

  test('stops being over it when sbverify refuses the image', async () => {
    const unsigned = await write('changed.efi', shapes['one section']);
    const signed = `${unsigned}.signed`;
    await run('sbsign', ['--key', key, '--cert', certificate, '--output', signed, unsigned]);
    await run('sbverify', ['--cert', certificate, signed]);
    const bytes = await readFile(signed);
    bytes.writeUInt8(bytes.readUInt8(600) ^ 1, 600);
    await writeFile(signed, bytes);
    const { code } = await run('sbverify', ['--cert', certificate, signed], { accept: [0, 1] });
    expect(code).toBe(1);
    const image = readPe(bytes, 'changed');
    expect(authenticodeSignatures(image).map((signature) => isOverImage(signature, image))).toEqual([false]);
  });
});

describe('programs as their distributors signed them', () => {
  const paths = {
    shim: (): string => join(packages.shim.root, 'usr/lib/shim/shimx64.efi.signed'),
    grub: (): string => join(packages.grub.root, 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'),
    kernel: async (): Promise<string> =>
      join(packages.kernel.root, 'boot', `vmlinuz-${await kernelRelease(packages.kernel)}`),
  };

  test.each(Object.entries(paths))('%s: each signature is over the digest computed here', async (name, path) => {
    const file = await path();
    const image = readPe(await readFile(file), name);
    const signatures = authenticodeSignatures(image);
    const { stdout } = await run('sbverify', ['--list', file]);
    expect(signatures).toHaveLength(stdout.toString().match(/^signature \d+$/gm)?.length ?? 0);
    expect(signatures.every((signature) => isOverImage(signature, image))).toBe(true);
    const listed = stdout.toString().match(/ - subject: /g) ?? [];
    expect(signatures.flatMap(({ chain }) => chain)).toHaveLength(listed.length);
  });

  test('sections are those objcopy takes out', async () => {
    const shim = paths.shim();
    const image = readPe(await readFile(shim), 'shim');
    for (const name of ['.vendor_cert', '.sbatlevel', '.sbat']) {
      const dump = join(folder, `dump${name}`);
      await run('objcopy', ['-O', 'binary', '--only-section', name, shim, dump]);
      const section = peSection(image, name);
      expect(section && Buffer.from(sectionContent(image, section)).equals(await readFile(dump))).toBe(true);
    }
  });

  test('shim, GRUB, stub, kernel and firmware are read', async () => {
    const shim = readShim(readPe(await readFile(paths.shim()), 'shim'));
    expect(shim.vendorCertificates).toHaveLength(1);
    expect(shim.sbatLevels.every((level) => level.startsWith('sbat,1,'))).toBe(true);
    const grub = readGrubEmbedded(readPe(await readFile(paths.grub()), 'grub'));
    expect(grub.prefix).toBe('/EFI/debian');
    const stub = await readFile(join(packages.stub.root, 'usr/lib/systemd/boot/efi/linuxx64.efi.stub'));
    expect(packages.stub.version.startsWith(`${stubVersion(readPe(stub, 'stub'))}.`)).toBe(true);
    expect(kernelVersion(await readFile(await paths.kernel()))).toBe(await kernelRelease(packages.kernel));
    const firmware = await readFile(join(packages.ovmf.root, 'usr/share/OVMF/OVMF_CODE_4M.fd'));
    expect(dxeVolumes(firmware, 'firmware')).toHaveLength(1);
  });
});

test('an archive by cpio, with links, compressed by gzip, is read as it was written', async () => {
  const root = join(folder, 'tree');
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  await writeFile(join(root, 'usr/bin/a'), 'first');
  await link(join(root, 'usr/bin/a'), join(root, 'usr/bin/b'));
  await writeFile(join(root, 'empty'), '');
  const input = './usr\n./usr/bin\n./usr/bin/a\n./usr/bin/b\n./empty\n';
  const { stdout: archive } = await run('cpio', ['-o', '-H', 'newc', '--quiet'], { cwd: root, input });
  const { stdout: initrd } = await run('gzip', ['-c'], { input: archive });
  const contents = [...readInitrd(initrd)].map(([path, content]) => [path, digestHex('sha256', content)]);
  expect(contents).toEqual([
    ['/usr/bin/a', digestHex('sha256', Buffer.from('first'))],
    ['/usr/bin/b', digestHex('sha256', Buffer.from('first'))],
    ['/empty', digestHex('sha256', new Uint8Array())],
  ]);
});
