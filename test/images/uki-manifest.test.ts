import { describe, expect, test } from 'vitest';
import { bytesSource } from '../../src/images/source.ts';
import { stubCommandLine } from '../../src/images/stub.ts';
import { buildUkiManifest } from '../../src/images/uki-manifest.ts';
import { digestHex } from '../../src/bytes/hash.ts';
import { toHex } from '../../src/bytes/text.ts';
import type { ImageManifest } from '../../src/references/manifest.ts';
import { authenticodeDigest } from '../../src/uefi/authenticode.ts';
import { readPe } from '../../src/uefi/pe.ts';
import { writeCpio, type ArchiveEntry } from '../lab/cpio.ts';
import { certificateTable, signedData, testCertificate } from '../support/authenticode-writer.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { kernelImage, ukiImage, type UkiOptions } from '../support/image-builder.ts';

const file = (text: string): ArchiveEntry => ({ kind: 'file', data: Buffer.from(text), executable: false });
const kernel = kernelImage();
const initrd = writeCpio(new Map([['lib/kvm.ko', file('module')]]));
const SECTIONS = {
  '.osrel': 'ID=test\n',
  '.cmdline': 'quiet lockdown=integrity\n',
  '.linux': kernel,
  '.initrd': initrd,
};

function build(options: Partial<UkiOptions> = {}): ImageManifest {
  const uki = ukiImage({ sections: SECTIONS, ...options });
  return buildUkiManifest({ uki: bytesSource(uki) }, { name: 'test', version: '1' });
}
const code = (options: Partial<UkiOptions>): string => evidenceCode(() => build(options));
const without = (name: keyof typeof SECTIONS): UkiOptions['sections'] =>
  Object.fromEntries(Object.entries(SECTIONS).filter(([one]) => one !== name));

describe('a UKI', () => {
  const manifest = build();

  test('has its sections in PCR 11 in canonical order, whatever their order in the file', () => {
    const expected = ['.linux', '.osrel', '.cmdline', '.initrd'].flatMap((name) => [
      digestHex('sha256', Buffer.from(`${name}\0`)),
      digestHex('sha256', Buffer.from(SECTIONS[name as keyof typeof SECTIONS])),
    ]);
    expect(manifest.pcrs['11'][0]?.events.map(({ digests }) => digests.sha256)).toEqual(expected);
  });

  test('has the kernel in PCR 4 only while Secure Boot is off', () => {
    const orders = manifest.pcrs['4'].map(({ name, events }) => [name, events.map(({ component }) => component)]);
    expect(orders).toEqual([
      ['secure-boot-off', ['uki', 'kernel']],
      ['secure-boot-on', ['uki']],
    ]);
    expect(manifest.images[1]?.digests.sha256).toBe(toHex(authenticodeDigest(readPe(kernel, 'test'), 'sha256')));
  });

  test('has no event in the PCRs of GRUB, overrides, extensions and shim', () => {
    for (const pcr of ['8', '12', '13', '14'] as const)
      expect(manifest.pcrs[pcr]).toEqual([{ name: 'only', events: [] }]);
  });

  test('states command line, initrd, kernel and files', () => {
    expect(manifest).toMatchObject({
      commandLine: 'quiet lockdown=integrity',
      initrd: digestHex('sha256', initrd),
      kernel: { version: '6.1.0-test', kvm: 'modules' },
      files: [{ path: '/lib/kvm.ko', component: 'kvm-module' }],
    });
    expect(manifest.shim).toBeUndefined();
  });

  test('depends on its bytes alone', () => {
    expect(build()).toEqual(manifest);
    expect(build({ sections: { ...SECTIONS, '.osrel': 'ID=other\n' } })).not.toEqual(manifest);
  });

  test('measures .uname and .sbat from stub 254 on', () => {
    const sections = { ...SECTIONS, '.uname': '6.1', '.sbat': 'sbat,1' };
    const count = (magic: string): number | undefined => build({ sections, magic }).pcrs['11'][0]?.events.length;
    expect(count('#### LoaderInfo: systemd-stub 252.1 ####')).toBe(8);
    expect(count('#### LoaderInfo: systemd-stub 254.1 ####')).toBe(12);
  });

  test('built into the kernel is KVM where modules.builtin says so', () => {
    const list = new Map([['lib/modules/6.1/modules.builtin', file('kernel/arch/x86/kvm/kvm.ko\n')]]);
    expect(build({ sections: { ...SECTIONS, '.initrd': writeCpio(list) } }).kernel.kvm).toBe('built-in');
  });
});

describe('its signature', () => {
  const certificate = testCertificate();
  const digest = authenticodeDigest(readPe(ukiImage({ sections: SECTIONS }), 'test'), 'sha256');
  const id = digestHex('sha256', certificate);

  test('names who can admit it, if it is over these bytes', () => {
    const certificates = certificateTable(signedData(digest, certificate));
    expect(build({ certificates }).images.map(({ authorities }) => authorities)).toEqual([[id], []]);
  });

  test('names nobody, if it is over others', () => {
    const certificates = certificateTable(signedData(new Uint8Array(32), certificate));
    expect(build({ certificates }).images[0]?.authorities).toEqual([]);
  });
});

describe('refused', () => {
  test.each([
    ['no stub', { magic: null }, 'uki.stub'],
    ['another stub', { magic: '#### LoaderInfo: other-stub 252 ####' }, 'uki.stub'],
    ['a stub older than any known', { magic: '#### LoaderInfo: systemd-stub 251.1 ####' }, 'uki.unsupported'],
    ['a stub newer than any known', { magic: '#### LoaderInfo: systemd-stub 299.1 ####' }, 'uki.unsupported'],
    ['an initrd put together at boot', { sections: { ...SECTIONS, '.pcrpkey': 'key' } }, 'uki.unsupported'],
    ['no kernel', { sections: without('.linux') }, 'uki.section'],
    ['no initrd', { sections: without('.initrd') }, 'uki.section'],
    ['no command line', { sections: without('.cmdline') }, 'uki.section'],
    [
      'a command line that is not text',
      { sections: { ...SECTIONS, '.cmdline': Buffer.from([0xff]) } },
      'uki.command-line',
    ],
    [
      'a kernel that measures less',
      { sections: { ...SECTIONS, '.linux': kernelImage('5.10.0 x') } },
      'kernel.unsupported',
    ],
    ['no KVM', { sections: { ...SECTIONS, '.initrd': writeCpio(new Map([['init', file('x')]])) } }, 'image.no-kvm'],
    [
      'only the interrupt bypass of KVM',
      { sections: { ...SECTIONS, '.initrd': writeCpio(new Map([['lib/irqbypass.ko', file('x')]])) } },
      'image.no-kvm',
    ],
  ])('%s', (_, options, expected) => {
    expect(code(options)).toBe(expected);
  });

  test('a source that is larger than any image, or gives less than it says', () => {
    const meta = { name: 'test', version: '1' };
    const read = (): Uint8Array => new Uint8Array();
    expect(evidenceCode(() => buildUkiManifest({ uki: { size: 2 ** 40, read } }, meta))).toBe('image.too-large');
    expect(evidenceCode(() => buildUkiManifest({ uki: { size: 10, read } }, meta))).toBe('image.short-read');
  });
});

test.each([
  ['quiet\n', 252, 'quiet'],
  ['a\tb\n\n', 252, 'a b'],
  [' a ', 252, ' a'],
  [' a ', 255, 'a'],
  ['a\x7f', 254, 'a\x7f'],
  ['a\x7f', 255, 'a'],
  ['a\0rest', 252, 'a'],
  ['', 252, ''],
  ['  ', 255, ''],
])('the command line %j of stub %d is %j', (text, version, expected) => {
  expect(stubCommandLine(Buffer.from(text), version)).toBe(expected);
});
