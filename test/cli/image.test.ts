/** `assay image`: from files to a manifest, and what differs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseImageManifest } from '../../src/references/manifest.ts';
import { writeCpio } from '../lab/cpio.ts';
import { testCertificate } from '../support/authenticode-writer.ts';
import { grubImage } from '../support/grub-builder.ts';
import { kernelImage, shimImage, ukiImage } from '../support/image-builder.ts';
import { veritySuperblock } from '../support/verity-superblock.ts';
import { temporaryFolder } from './captured-files.ts';
import { assay, documentOf } from './terminal.ts';

const initrd = (module = 'module') =>
  writeCpio(new Map([['lib/kvm.ko', { kind: 'file', data: Buffer.from(module), executable: false }]]));

/** A unified kernel image in a folder of its own. */
function uki({ name = 'Hypervisor.efi', line = 'quiet', module = 'module' } = {}): string {
  const path = join(temporaryFolder(), name);
  const sections = { '.cmdline': line, '.linux': kernelImage(), '.initrd': initrd(module) };
  writeFileSync(path, ukiImage({ sections }));
  return path;
}

function partition(): string {
  const folder = temporaryFolder();
  const files = {
    'EFI/BOOT/BOOTX64.EFI': shimImage({ authorized: testCertificate(), deauthorized: Buffer.alloc(0) }),
    'EFI/BOOT/grubx64.efi': grubImage({ script: 'source $prefix/grub.cfg\n' }),
    'EFI/debian/grub.cfg': Buffer.from('linux /vmlinuz quiet\ninitrd /initrd\nboot\n'),
    vmlinuz: kernelImage(),
    initrd: initrd(),
  };
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

describe('assay image show', () => {
  it('says of every PCR what a boot measures there, and after which phase PCR 11 holds what', async () => {
    const ended = await assay(['image', 'show', uki()]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^hypervisor 6\.1\.0-test {2}unified kernel image\n/);
    expect(ended.out).toContain('command line  quiet\n');
    expect(ended.out).toContain('PCR 4, secure-boot-on\n');
    expect(ended.out).toContain('PCR 12  nothing of the image\n');
    expect(ended.out).toMatch(/\n {2}[0-9a-f]{64} {2}enter-initrd:leave-initrd:sysinit:ready\n/);
    expect(ended.out).toMatch(/\n {2}kvm-module {6}[0-9a-f]{64} {2}\/lib\/kvm\.ko\n$/);
  });

  it('prints the manifest as JSON, named as asked', async () => {
    const ended = await assay(['image', 'show', uki(), '--name', 'edge', '--image-version', '12.1', '--json']);
    const { schema, manifest, phases } = documentOf(ended);
    expect(schema).toBe('assay.image/1');
    expect(parseImageManifest(manifest)).toMatchObject({ name: 'edge', version: '12.1', kind: 'uki' });
    expect(phases).toHaveLength(5);
  });

  it('reads a folder as an EFI system partition', async () => {
    const ended = await assay(['image', 'show', partition(), '--name', 'distribution', '--device', 'hd1,gpt2']);
    expect(ended.out).toMatch(/^distribution 6\.1\.0-test {2}shim, GRUB, kernel and initrd\n/);
    expect(ended.out).toContain('grub_cmd: linux /vmlinuz quiet');
  });

  it('takes a manifest for the image it is of', async () => {
    const ended = await assay(['image', 'show', 'fixtures/catalogue/manifests/lab-uki.json']);
    expect(ended.out).toMatch(/^lab-uki /);
  });

  it('names a manifest anew where it is told to', async () => {
    const manifest = 'fixtures/catalogue/manifests/lab-uki.json';
    const ended = await assay(['image', 'show', manifest, '--name', 'edge', '--image-version', '12.1']);
    expect(ended.out).toMatch(/^edge 12\.1 /);
  });

  it.each<[string, () => string, readonly string[], string]>([
    ['a file that is not there', () => 'none.efi', [], 'input.unreadable'],
    ['a file that is no image', () => 'package.json', [], 'manifest.invalid'],
    ['a text', () => 'README.md', [], 'pe.magic'],
    ['a folder without shim', () => temporaryFolder(), [], 'image.file'],
    ['a name that is none', () => uki(), ['--name', 'My Image'], 'image.name'],
  ])('refuses %s', async (_, file, options, code) => {
    const ended = await assay(['image', 'show', file(), ...options, '--json']);
    expect(documentOf(ended)).toMatchObject({ schema: 'assay.error/1', code });
    expect(ended.code).toBe(3);
  });
});

describe('a data image below dm-verity', () => {
  const ROOT = '5706c09e93208447f6d087a8622e4ee5a17538c4420aaa55c2fe8d724b0e35da';
  const files = (data = Buffer.alloc(5 * 4096, 'a')): readonly string[] => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'usr'), data);
    writeFileSync(join(folder, 'usr-verity'), veritySuperblock({}));
    return ['--verity-data', join(folder, 'usr'), '--verity-hash', join(folder, 'usr-verity')];
  };
  const image = (): string => uki({ line: `quiet usrhash=${ROOT}` });

  it('is shown once its root hash is the command line’s', async () => {
    const ended = await assay(['image', 'show', image(), ...files()]);
    expect(ended.out).toContain(`\nverity        ${ROOT}  usrhash, recomputed over 20480 bytes\n`);
    expect(documentOf(await assay(['image', 'show', image(), ...files(), '--json']))).toMatchObject({
      verity: { parameter: 'usrhash', rootHash: ROOT, size: 20_480 },
    });
  });

  it.each<[string, () => readonly string[], string]>([
    ['with a changed block', () => files(Buffer.alloc(5 * 4096, 'b')), 'verity.mismatch'],
    ['that ends early', () => files(Buffer.alloc(4096, 'a')), 'verity.size'],
    ['without its hash tree', () => files().slice(0, 2), 'image.verity'],
    ['that is not there', () => ['--verity-data', 'none', ...files().slice(2)], 'input.unreadable'],
    ['that is a folder', () => ['--verity-data', temporaryFolder(), ...files().slice(2)], 'verity.size'],
  ])('%s is refused, and no manifest written', async (_, options, code) => {
    const out = join(temporaryFolder(), 'edge.json');
    const ended = await assay(['image', 'add', image(), ...options(), '--out', out, '--json']);
    expect(documentOf(ended)).toMatchObject({ schema: 'assay.error/1', code });
    expect(ended.code).toBe(3);
    expect(existsSync(out)).toBe(false);
  });
});

describe('assay image add', () => {
  it('writes the manifest where policies name it from', async () => {
    const catalogue = join(temporaryFolder(), 'catalogue');
    const ended = await assay(['image', 'add', uki(), '--name', 'edge', '--catalogue', catalogue]);
    const file = join(catalogue, 'manifests/edge.json');
    expect(ended).toEqual({ code: 0, out: `edge 6.1.0-test  ${file}\n`, err: '' });
    expect(parseImageManifest(JSON.parse(readFileSync(file, 'utf8')))).toMatchObject({ name: 'edge' });
  });

  it('does not write over another image unless told to', async () => {
    const env = { ASSAY_CATALOGUE: temporaryFolder() };
    const add = async (file: string, ...options: string[]) =>
      assay(['image', 'add', file, '--name', 'edge', '--json', ...options], { env });
    const first = uki();
    expect((await add(first)).code).toBe(0);
    expect((await add(first)).code).toBe(0);
    const other = uki({ line: 'quiet splash' });
    expect(documentOf(await add(other))).toMatchObject({ schema: 'assay.error/1', code: 'image.exists' });
    expect(documentOf(await add(other, '--replace'))).toMatchObject({ schema: 'assay.image-added/1', name: 'edge' });
  });

  it('writes to a file, and says where it could not', async () => {
    const out = join(temporaryFolder(), 'edge.json');
    expect(await assay(['image', 'add', uki(), '--out', out])).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ name: 'hypervisor' });
    const nowhere = join(temporaryFolder(), 'none', 'edge.json');
    for (const options of [['--out', nowhere], []]) {
      const ended = await assay(['image', 'add', uki(), ...options, '--json']);
      expect(documentOf(ended)).toMatchObject({
        schema: 'assay.error/1',
        code: options.length === 0 ? 'image.catalogue' : 'output.unwritable',
      });
    }
  });
});

describe('assay image diff', () => {
  it('ends with 0 where a host cannot tell the images apart', async () => {
    const ended = await assay(['image', 'diff', uki(), uki({ name: 'other.efi' })]);
    expect(ended).toEqual({ code: 0, out: 'a host cannot tell them apart\n', err: '' });
  });

  it('names what is different by component, and ends with 1', async () => {
    const ended = await assay(['image', 'diff', uki(), uki({ line: 'quiet debug', module: 'other' })]);
    expect(ended.code).toBe(1);
    expect(ended.out).toContain('command-line\n  parameter\n    + debug\n');
    expect(ended.out).toMatch(/\nkvm-module\n {2}\/lib\/kvm\.ko\n {4}- [0-9a-f]{64}\n {4}\+ [0-9a-f]{64}\n/);
    const same = documentOf(await assay(['image', 'diff', uki(), uki({ line: 'debug' }), '--json']));
    expect(same).toMatchObject({ schema: 'assay.image-diff/1', same: false, before: { name: 'hypervisor' } });
  });
});
