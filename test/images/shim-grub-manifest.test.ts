import { describe, expect, test } from 'vitest';
import { mokReference } from '../../src/images/references.ts';
import { buildShimGrubManifest, type ShimGrubFiles } from '../../src/images/shim-grub-manifest.ts';
import { bytesSource } from '../../src/images/source.ts';
import { digestHex } from '../../src/bytes/hash.ts';
import type { ImageManifest } from '../../src/references/manifest.ts';
import { writeCpio } from '../lab/cpio.ts';
import { writeGuid } from '../lab/guid.ts';
import { certificateList } from '../lab/variable-store.ts';
import { testCertificate } from '../support/authenticode-writer.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { grubImage } from '../support/grub-builder.ts';
import { kernelImage, shimImage, type ShimOptions } from '../support/image-builder.ts';

const SHIM_LOCK = '605dab50-e046-4300-abb6-3dd810dd8b23';
const certificate = testCertificate();
const revoked = certificateList(SHIM_LOCK, Buffer.from('revoked'));
const initrd = writeCpio(new Map([['lib/kvm.ko', { kind: 'file', data: Buffer.from('x'), executable: false }]]));
const config = 'linux /vmlinuz quiet\ninitrd /initrd\nboot\n';

function partition(changes: Readonly<Record<string, Uint8Array | null>> = {}): ShimGrubFiles['partition'] {
  const files: Record<string, Uint8Array | null> = {
    '/EFI/BOOT/BOOTX64.EFI': shimImage({ authorized: certificate, deauthorized: revoked }),
    '/EFI/BOOT/grubx64.efi': grubImage({ script: 'source $prefix/grub.cfg\n' }),
    '/EFI/debian/grub.cfg': Buffer.from(config),
    '/vmlinuz': kernelImage(),
    '/initrd': initrd,
    ...changes,
  };
  return new Map(
    Object.entries(files).flatMap(([path, bytes]) => (bytes === null ? [] : [[path, bytesSource(bytes)]])),
  );
}

function build(changes: Readonly<Record<string, Uint8Array | null>> = {}): ImageManifest {
  const files = { partition: partition(changes), shim: '/EFI/BOOT/BOOTX64.EFI', device: 'hd0,gpt1' };
  return buildShimGrubManifest(files, { name: 'test', version: '1' });
}

describe('a host of shim and GRUB', () => {
  const manifest = build();
  const events = (pcr: keyof ImageManifest['pcrs']): string[] =>
    manifest.pcrs[pcr][0]?.events.map(({ what }) => what) ?? [];

  test('measures shim, GRUB and twice the kernel', () => {
    expect(manifest.pcrs['4'][0]?.events.map(({ component }) => component)).toEqual([
      'shim',
      'grub',
      'kernel',
      'kernel',
    ]);
  });

  test('measures the commands, each without NUL', () => {
    expect(events('8')).toEqual([
      'grub_cmd: source (hd0,gpt1)/EFI/debian/grub.cfg',
      'grub_cmd: linux /vmlinuz quiet',
      'kernel_cmdline: /vmlinuz quiet',
      'grub_cmd: initrd /initrd',
      'grub_cmd: boot',
    ]);
    expect(manifest.pcrs['8'][0]?.events.at(-1)?.digests.sha256).toBe(digestHex('sha256', Buffer.from('boot')));
    expect(manifest.pcrs['8'][0]?.events.map(({ component }) => component)).toEqual([
      'grub',
      'grub-config',
      'command-line',
      'grub-config',
      'grub-config',
    ]);
  });

  test('measures the content of the files GRUB reads', () => {
    expect(manifest.pcrs['9'][0]?.events.map(({ component, digests }) => [component, digests.sha256])).toEqual([
      ['grub-config', digestHex('sha256', Buffer.from(config))],
      ['kernel', digestHex('sha256', kernelImage())],
      ['initrd', digestHex('sha256', initrd)],
    ]);
  });

  test('measures the lists shim mirrors', () => {
    expect(manifest.pcrs['14'][0]?.events.map(({ what, digests }) => [what, digests.sha256])).toEqual([
      ['MokList', digestHex('sha256', certificateList(SHIM_LOCK, certificate))],
      ['MokListX', digestHex('sha256', revoked)],
      ['MokListTrusted', digestHex('sha256', Uint8Array.of(1))],
    ]);
  });

  test('states vendor certificate and SBAT levels of shim, and who admits what', () => {
    const id = digestHex('sha256', certificate);
    expect(manifest.shim).toEqual({
      vendorCertificates: [id],
      sbatLevels: ['sbat,1,2024\nshim,3\n', 'sbat,1,2025\nshim,4\n'],
    });
    expect(manifest.images.map(({ admittedBy, authorities }) => [admittedBy, authorities])).toEqual([
      ['firmware', []],
      ['shim', [id]],
      ['shim', [id]],
    ]);
  });

  test('gives a MOK reference of the same content', () => {
    const shim = bytesSource(shimImage({ authorized: certificate, deauthorized: revoked }));
    const meta = { name: 'test', version: '1', source: 'test', author: 'test', expiresAt: '2099-01-01T00:00:00Z' };
    expect(mokReference(shim, meta).variables.map(({ digests }) => digests)).toEqual(
      manifest.pcrs['14'][0]?.events.map(({ digests }) => digests),
    );
  });
});

describe('what the vendor built into shim', () => {
  const mok = (options: ShimOptions): (string | undefined)[] =>
    build({ '/EFI/BOOT/BOOTX64.EFI': shimImage(options) }).pcrs['14'][0]?.events.map(({ digests }) => digests.sha256) ??
    [];

  test('is mirrored as it is when it is a signature list', () => {
    const lists = Buffer.concat([certificateList(SHIM_LOCK, certificate), certificateList(SHIM_LOCK, certificate)]);
    expect(mok({ authorized: lists, deauthorized: revoked })[0]).toBe(digestHex('sha256', lists));
  });

  test('is one SHA-256 of zeros when there is nothing', () => {
    const empty = certificateList(SHIM_LOCK, new Uint8Array(32));
    writeGuid(empty, 0, 'c1c41626-504c-4092-aca9-41f936934328');
    const nothing = new Uint8Array();
    expect(mok({ authorized: nothing, deauthorized: nothing }).slice(0, 2)).toEqual([
      digestHex('sha256', empty),
      digestHex('sha256', empty),
    ]);
  });
});

describe('refused', () => {
  const vendor = (edit: (bytes: Buffer) => void): Buffer => {
    const bytes = shimImage({ authorized: certificate, deauthorized: revoked });
    edit(bytes);
    return bytes;
  };
  const at = (bytes: Buffer, text: string): number => bytes.indexOf(text);

  test.each<[string, Readonly<Record<string, Uint8Array | null>>, string]>([
    ['no shim', { '/EFI/BOOT/BOOTX64.EFI': null }, 'image.file'],
    ['no GRUB beside shim', { '/EFI/BOOT/grubx64.efi': null }, 'image.file'],
    ['no configuration', { '/EFI/debian/grub.cfg': null }, 'grub.file'],
    ['one path in two spellings', { '/VMLINUZ': kernelImage() }, 'image.file'],
    ['a relative path', { vmlinuz2: kernelImage() }, 'image.file'],
    ['module lists that GRUB reads', { '/EFI/debian/x86_64-efi/command.lst': Buffer.from('') }, 'grub.unsupported'],
    ['a shim without its sections', { '/EFI/BOOT/BOOTX64.EFI': kernelImage() }, 'shim.section'],
    [
      'a vendor list outside its section',
      { '/EFI/BOOT/BOOTX64.EFI': vendor((b) => void b.writeUInt32LE(0x7fffffff, b.indexOf(certificate) - 16)) },
      'shim.vendor-certificate',
    ],
    [
      'an SBAT level that is none',
      { '/EFI/BOOT/BOOTX64.EFI': vendor((b) => void b.write('none', at(b, 'sbat,1,2024'), 'latin1')) },
      'shim.sbat-level',
    ],
    [
      'an SBAT section of another version',
      { '/EFI/BOOT/BOOTX64.EFI': vendor((b) => void b.writeUInt32LE(1, at(b, 'sbat,1,2024') - 12)) },
      'shim.sbat-level',
    ],
  ])('%s', (_, changes, code) => {
    expect(evidenceCode(() => build(changes))).toBe(code);
  });
});
