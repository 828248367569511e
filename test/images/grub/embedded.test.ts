import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readGrubEmbedded } from '../../../src/images/grub/embedded.ts';
import { readFatRoot } from '../../../src/images/grub/fat.ts';
import { readPe } from '../../../src/uefi/pe.ts';
import { evidenceCode } from '../../support/evidence-error.ts';
import { fatVolume, grubImage, grubObjects } from '../../support/grub-builder.ts';
import { buildPe } from '../../support/pe-builder.ts';

const embedded = (bytes: Uint8Array): ReturnType<typeof readGrubEmbedded> => readGrubEmbedded(readPe(bytes, 'test'));
const withMods = (mods: Uint8Array): Buffer => buildPe({ sections: [{ name: 'mods', data: mods }] }).bytes;

describe('what is built into GRUB', () => {
  test('its prefix and the script of its memory disk', () => {
    const script = '# long\n'.repeat(300);
    const { prefix, script: read } = embedded(grubImage({ script }));
    expect(prefix).toBe('/EFI/debian');
    expect(Buffer.from(read).toString()).toBe(script);
  });

  test.each([
    [
      'a configuration that does more',
      grubImage({ script: '', config: 'set a=b\nnormal (memdisk)/grub.cfg\n' }),
      'grub.unsupported',
    ],
    ['a prefix with a device', grubImage({ script: '', prefix: '(hd0)/boot' }), 'grub.unsupported'],
    [
      'a script that is not on the memory disk',
      grubImage({ script: '', config: 'normal (memdisk)/none.cfg\n' }),
      'grub.embedded',
    ],
    ['no mods section', buildPe({ sections: [{ name: '.text', data: Buffer.from('x') }] }).bytes, 'grub.embedded'],
    ['a section of something else', withMods(Buffer.alloc(64)), 'grub.embedded'],
    ['no objects', withMods(grubObjects([])), 'grub.embedded'],
    [
      'two prefixes',
      withMods(
        grubObjects([
          [3, Buffer.from('/a\0')],
          [3, Buffer.from('/b\0')],
        ]),
      ),
      'grub.embedded',
    ],
    ['an object without its header', withMods(grubObjects([[0, Buffer.alloc(0)]]).fill(0, 28, 32)), 'grub.embedded'],
  ])('%s is refused', (_, bytes, code) => {
    expect(evidenceCode(() => embedded(bytes))).toBe(code);
  });
});

describe('the memory disk', () => {
  test('gives a file along its cluster chain', () => {
    const content = Buffer.from(Array.from({ length: 1700 }, (_, index) => index % 251));
    expect(Buffer.from(readFatRoot(fatVolume('Grub.Cfg', content), 'test').get('grub.cfg') ?? [])).toEqual(content);
  });

  test.each([
    ['nothing', Buffer.alloc(512), 'fat.header'],
    ['a volume larger than the file', fatVolume('a.b', Buffer.alloc(10)).subarray(0, 1500), 'fat.header'],
    [
      'a chain that leaves the volume',
      fatVolume('a.b', Buffer.alloc(10)).fill(0xff, 1024 + 26, 1024 + 28),
      'fat.chain',
    ],
    ['a file larger than the volume', fatVolume('a.b', Buffer.alloc(10)).fill(0x7f, 1024 + 28, 1024 + 32), 'fat.chain'],
  ])('%s is refused', (_, bytes, code) => {
    expect(evidenceCode(() => readFatRoot(bytes, 'test'))).toBe(code);
  });

  test('any change is read or refused, never more', () => {
    const volume = fatVolume('grub.cfg', Buffer.alloc(2000, 'x'));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1100 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(volume);
        changed[at] = value;
        expect(evidenceCode(() => readFatRoot(changed, 'test'))).toMatch(/^(fat|bytes)\.|^no error$/);
      }),
    );
  });
});
