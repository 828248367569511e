import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dxeVolumes } from '../../../src/images/firmware/volume.ts';
import { firmwareReference } from '../../../src/images/references.ts';
import { bytesSource } from '../../../src/images/source.ts';
import { digestHex } from '../../../src/bytes/hash.ts';
import { evidenceCode } from '../../support/evidence-error.ts';
import { firmwareFile, firmwareSection, firmwareVolume, lzmaSection } from '../../support/firmware-builder.ts';

const DXE_CORE = 0x05;
const DRIVER = 0x07;
const VOLUME_FILE = 0x0b;
const VOLUME_IMAGE = 0x17;
const RAW = 0x19;

/** Sections RAW and volume image, compressed by liblzma 5.4; the volume has 440 bytes and a DXE core. */
const COMPRESSED = Buffer.from(
  'XQAAgADEAQAAAAAAAAAEADDNSK+3f9qzZ8hnFt5PWMlUeeNUXiQgjDNhIi4Y7F1MhaanSAhCWj3yjUqhtS6W7c/cUtZYCAqOiascA2GXRTk6NbFE' +
    'RqYwsLwJhf//ro84AA==',
  'base64',
);
const COMPRESSED_VOLUME = '69cead337f6357fb20a6ff78ed86930abf6a20087692a62fe4db5af02602d5e3';

const dxe = firmwareVolume([firmwareFile(DXE_CORE, Buffer.alloc(50, 1)), firmwareFile(DRIVER, Buffer.alloc(9, 2))]);
const meta = { name: 'test', version: '1', source: 'test', author: 'test', expiresAt: '2099-01-01T00:00:00Z' };

describe('the volume with the DXE core is found', () => {
  test('as the flash itself', () => {
    expect(dxeVolumes(dxe, 'test').map((volume) => Buffer.from(volume))).toEqual([dxe]);
  });

  test('behind another volume and erased flash', () => {
    const other = firmwareVolume([firmwareFile(DRIVER, Buffer.alloc(30, 3))]);
    const found = dxeVolumes(Buffer.concat([other, Buffer.alloc(64, 0xff), dxe]), 'test');
    expect(found.map((volume) => Buffer.from(volume))).toEqual([dxe]);
  });

  test('inside a file of another volume', () => {
    const sections = Buffer.concat([firmwareSection(RAW, Buffer.alloc(4)), firmwareSection(VOLUME_IMAGE, dxe)]);
    expect(dxeVolumes(firmwareVolume([firmwareFile(VOLUME_FILE, sections)]), 'test')).toHaveLength(1);
  });

  test('inside a compressed section', () => {
    const flash = firmwareVolume([firmwareFile(VOLUME_FILE, lzmaSection(COMPRESSED))]);
    expect(dxeVolumes(flash, 'test').map((volume) => digestHex('sha256', volume))).toEqual([COMPRESSED_VOLUME]);
  });

  test('and is what the firmware reference is computed from', () => {
    const { components } = firmwareReference(bytesSource(dxe), meta);
    expect(components.map(({ digests }) => digests.sha256)).toEqual([digestHex('sha256', dxe)]);
  });
});

describe('refused', () => {
  test.each([
    ['no volume', Buffer.alloc(1000)],
    ['a volume without a DXE core', firmwareVolume([firmwareFile(DRIVER, Buffer.alloc(30))])],
    ['two volumes with one', Buffer.concat([dxe, dxe])],
  ])('a reference of %s', (_, flash) => {
    expect(evidenceCode(() => firmwareReference(bytesSource(flash), meta))).toBe('firmware.dxe');
  });

  test('a file larger than its volume', () => {
    const file = firmwareFile(DXE_CORE, Buffer.alloc(50));
    file.writeUIntLE(0xfffff0, 20, 3);
    expect(evidenceCode(() => dxeVolumes(firmwareVolume([file]), 'test'))).toBe('firmware.file');
  });

  test('more compressed sections than any firmware has', () => {
    const files = Array.from({ length: 9 }, () => firmwareFile(VOLUME_FILE, lzmaSection(COMPRESSED)));
    expect(evidenceCode(() => dxeVolumes(firmwareVolume(files), 'test'))).toBe('firmware.compressed');
  });

  test('volumes nested deeper than any firmware', () => {
    let volume = dxe;
    for (let i = 0; i < 10; i++)
      volume = firmwareVolume([firmwareFile(VOLUME_FILE, firmwareSection(VOLUME_IMAGE, volume))]);
    expect(evidenceCode(() => dxeVolumes(volume, 'test'))).toBe('firmware.depth');
  });

  test('any change is read or refused, never more', () => {
    const flash = firmwareVolume([firmwareFile(VOLUME_FILE, lzmaSection(COMPRESSED)), firmwareFile(DXE_CORE, dxe)]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: flash.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(flash);
        changed[at] = value;
        expect(evidenceCode(() => dxeVolumes(changed, 'test'))).toMatch(/^(firmware|lzma|bytes)\.|^no error$/);
      }),
    );
  });
});
