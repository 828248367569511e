import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { peSection, readPe, sectionContent } from '../../src/uefi/pe.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { buildPe } from '../support/pe-builder.ts';

const text = Buffer.from('some code');
const built = buildPe({
  sections: [
    { name: '.text', data: text },
    { name: '.vendor_cert', data: Buffer.from('x') },
  ],
});

function changed(edit: (bytes: Buffer) => void, from = built.bytes): string {
  const bytes = Buffer.from(from);
  edit(bytes);
  return evidenceCode(() => readPe(bytes, 'test'));
}

describe('an image', () => {
  const image = readPe(built.bytes, 'test');

  test('gives its sections, long names from the string table', () => {
    expect(image.sections.map(({ name }) => name)).toEqual(['.text', '.vendor_cert']);
    expect(image.machine).toBe(0x8664);
    expect(image.checksumOffset).toBe(built.checksumOffset);
    expect(image.certificateEntryOffset).toBe(built.certificateEntryOffset);
    expect(image.certificateTable).toEqual({ offset: 0, size: 0 });
  });

  test('gives a section as it is in memory, not as it is padded in the file', () => {
    const section = peSection(image, '.text');
    expect(section && Buffer.from(sectionContent(image, section)).toString()).toBe('some code');
    expect(peSection(image, '.none')).toBeUndefined();
  });

  test('fills a section with zeros that is larger in memory', () => {
    const larger = readPe(buildPe({ sections: [{ name: '.data', data: text, virtualSize: 1000 }] }).bytes, 'test');
    const content = sectionContent(larger, larger.sections[0]!);
    expect(content).toHaveLength(1000);
    expect(content.subarray(text.length).every((byte) => byte === 0)).toBe(true);
  });

  test('keeps the short form of a name whose string table is cut off', () => {
    const { bytes } = buildPe({ sections: [{ name: '.vendor_cert', data: text }] });
    expect(readPe(bytes.subarray(0, -4), 'test').sections.map(({ name }) => name)).toEqual(['/4']);
  });
});

describe('refused', () => {
  const pe = 0x80;
  test.each([
    ['nothing', (): Buffer => Buffer.alloc(0), 'bytes.truncated'],
    ['no MZ', (): Buffer => Buffer.alloc(512), 'pe.magic'],
  ])('%s', (_, bytes, code) => {
    expect(evidenceCode(() => readPe(bytes(), 'test'))).toBe(code);
  });

  test.each<[string, (bytes: Buffer) => void, string]>([
    ['no PE signature', (b) => void b.writeUInt8(0, pe), 'pe.magic'],
    ['a PE header outside the file', (b) => void b.writeUInt32LE(0xffffff00, 0x3c), 'pe.header'],
    ['an unknown optional header', (b) => void b.writeUInt16LE(0x107, pe + 24), 'pe.header'],
    ['headers larger than the file', (b) => void b.writeUInt32LE(0x7fffffff, pe + 24 + 60), 'pe.header'],
    ['headers that end inside the section table', (b) => void b.writeUInt32LE(0x100, pe + 24 + 60), 'pe.header'],
    ['no sections', (b) => void b.writeUInt16LE(0, pe + 6), 'pe.sections'],
    ['more sections than a loader takes', (b) => void b.writeUInt16LE(97, pe + 6), 'pe.sections'],
    ['a section outside the file', (b) => void b.writeUInt32LE(0x7fffffff, built.sectionTable + 16), 'pe.sections'],
    ['an optional header cut short', (b) => void b.writeUInt16LE(40, pe + 20), 'bytes.truncated'],
    [
      'a certificate table that does not end the file',
      (b) => {
        b.writeUInt32LE(b.length - 16, built.certificateEntryOffset);
        b.writeUInt32LE(8, built.certificateEntryOffset + 4);
      },
      'pe.certificate-table',
    ],
    [
      'a certificate table over the headers',
      (b) => {
        b.writeUInt32LE(8, built.certificateEntryOffset);
        b.writeUInt32LE(b.length - 8, built.certificateEntryOffset + 4);
      },
      'pe.certificate-table',
    ],
  ])('%s', (_, edit, code) => {
    expect(changed(edit)).toBe(code);
  });

  test('two sections of the name asked for', () => {
    const twice = readPe(
      buildPe({
        sections: [
          { name: '.linux', data: text },
          { name: '.linux', data: text },
        ],
      }).bytes,
      'test',
    );
    expect(evidenceCode(() => peSection(twice, '.linux'))).toBe('pe.sections');
  });

  test('a section that claims gigabytes of zeros', () => {
    const { bytes } = buildPe({ sections: [{ name: '.bss', data: text, virtualSize: 0xffffffff }] });
    const image = readPe(bytes, 'test');
    expect(evidenceCode(() => sectionContent(image, image.sections[0]!))).toBe('pe.sections');
  });

  test('any change of the headers is read or refused, never more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x200 }), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, patch) => {
        expect(changed((bytes) => bytes.set(patch, at))).toMatch(/^(pe\.|bytes\.truncated|no error)/);
      }),
      { numRuns: 300 },
    );
  });
});
