import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { authenticodeDigest, authenticodeSignatures, isOverImage } from '../../src/uefi/authenticode.ts';
import { readPe, type PeImage } from '../../src/uefi/pe.ts';
import { certificateTable, signedData, testCertificate } from '../support/authenticode-writer.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { buildPe, type BuiltPe, type PeParts } from '../support/pe-builder.ts';

const PARTS: PeParts = {
  sections: [
    { name: '.text', data: Buffer.alloc(700, 1) },
    { name: '.data', data: Buffer.alloc(10, 2) },
  ],
  trailing: Buffer.from('symbols!'),
};
const certificate = testCertificate();

/** The digest by cutting the three left-out ranges out of the file: right for images without gaps between sections. */
function cutDigest({ bytes, checksumOffset, certificateEntryOffset }: BuiltPe, tableSize: number): string {
  return createHash('sha256')
    .update(bytes.subarray(0, checksumOffset))
    .update(bytes.subarray(checksumOffset + 4, certificateEntryOffset))
    .update(bytes.subarray(certificateEntryOffset + 8, bytes.length - tableSize))
    .digest('hex');
}

const unsigned = buildPe(PARTS);
const unsignedDigest = authenticodeDigest(readPe(unsigned.bytes, 'test'), 'sha256');

function signed(...entries: readonly Uint8Array[]): PeImage {
  return readPe(buildPe({ ...PARTS, certificates: certificateTable(...entries) }).bytes, 'test');
}

describe('the digest', () => {
  test('leaves out checksum, certificate table entry and certificate table', () => {
    expect(toHex(unsignedDigest)).toBe(cutDigest(unsigned, 0));
    const table = certificateTable(signedData(unsignedDigest, certificate));
    const built = buildPe({ ...PARTS, certificates: table });
    expect(toHex(authenticodeDigest(readPe(built.bytes, 'test'), 'sha256'))).toBe(cutDigest(built, table.length));
  });

  test('is the same signed and unsigned, and in each bank that of its algorithm', () => {
    const image = signed(signedData(unsignedDigest, certificate));
    expect(authenticodeDigest(image, 'sha256')).toEqual(unsignedDigest);
    expect(authenticodeDigest(image, 'sha1')).toHaveLength(20);
    expect(authenticodeDigest(image, 'sha384')).toHaveLength(48);
    expect(authenticodeDigest(image, 'sha512')).toHaveLength(64);
  });

  test('follows the file order of sections, not the table order', () => {
    const { bytes, sectionTable } = unsigned;
    const swapped = Buffer.from(bytes);
    bytes.copy(swapped, sectionTable, sectionTable + 40, sectionTable + 80);
    bytes.copy(swapped, sectionTable + 40, sectionTable, sectionTable + 40);
    expect(toHex(authenticodeDigest(readPe(swapped, 'test'), 'sha256'))).toBe(
      cutDigest({ ...unsigned, bytes: swapped }, 0),
    );
  });

  test('covers every other byte', () => {
    const left = (at: number): boolean =>
      (at >= unsigned.checksumOffset && at < unsigned.checksumOffset + 4) ||
      (at >= unsigned.certificateEntryOffset && at < unsigned.certificateEntryOffset + 8);
    fc.assert(
      fc.property(fc.integer({ min: 0x200, max: unsigned.bytes.length - 1 }), (at) => {
        const bytes = Buffer.from(unsigned.bytes);
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
        let digest = '';
        const code = evidenceCode(() => (digest = toHex(authenticodeDigest(readPe(bytes, 'test'), 'sha256'))));
        const same = digest === toHex(unsignedDigest) ? 'same' : 'other';
        // A changed header may make the image unreadable; it never leaves the digest as it was.
        expect(code === 'no error' ? same : code).toMatch(left(at) ? /^(same|pe\.[\w-]+)$/ : /^(other|pe\.[\w-]+)$/);
      }),
    );
  });

  test('is refused where sections claim bytes twice beyond the file', () => {
    const { bytes, sectionTable } = buildPe({ sections: PARTS.sections });
    const overlapping = Buffer.from(bytes);
    overlapping.writeUInt32LE(1024, sectionTable + 40 + 16);
    overlapping.writeUInt32LE(overlapping.readUInt32LE(sectionTable + 20), sectionTable + 40 + 20);
    expect(evidenceCode(() => authenticodeDigest(readPe(overlapping, 'test'), 'sha256'))).toBe('pe.layout');
  });
});

describe('signatures', () => {
  test('an unsigned image has none', () => {
    expect(authenticodeSignatures(readPe(unsigned.bytes, 'test'))).toEqual([]);
  });

  test('each names the digest it is over and the certificates of its signer', () => {
    const image = signed(signedData(unsignedDigest, certificate), signedData(new Uint8Array(32), certificate));
    const signatures = authenticodeSignatures(image);
    expect(signatures.map(({ digest }) => digest)).toEqual([toHex(unsignedDigest), '00'.repeat(32)]);
    expect(signatures.map((signature) => isOverImage(signature, image))).toEqual([true, false]);
    const id = createHash('sha256').update(certificate).digest('hex');
    expect(signatures[0]?.chain.map(({ sha256 }) => sha256)).toEqual([id]);
  });

  test('an entry of another type is passed over', () => {
    const table = certificateTable(Buffer.from('no PKCS#7'));
    table.writeUInt16LE(0x0ef1, 6);
    const image = readPe(buildPe({ ...PARTS, certificates: table }).bytes, 'test');
    expect(authenticodeSignatures(image)).toEqual([]);
  });

  const good = signedData(unsignedDigest, certificate);
  test.each<[string, Uint8Array, string]>([
    [
      'another content type',
      der(0x30, derOidValue('1.2.840.113549.1.7.1'), der(0xa0, der(0x30))),
      'authenticode.malformed',
    ],
    ['bytes behind the signature', Buffer.concat([good, Buffer.from([1])]), 'authenticode.malformed'],
    ['a digest of the wrong size', signedData(new Uint8Array(20), certificate), 'authenticode.malformed'],
    ['no certificate of the signer', signedData(unsignedDigest, certificate, []), 'authenticode.malformed'],
    [
      'a bag of too many certificates',
      signedData(unsignedDigest, certificate, Array<Uint8Array>(65).fill(certificate)),
      'authenticode.malformed',
    ],
    ['a certificate that is none', signedData(unsignedDigest, certificate, [der(0x30)]), 'der.unexpected'],
    ['no DER', Buffer.from('nothing of the kind'), 'der.truncated'],
  ])('%s is refused', (_, entry, code) => {
    expect(evidenceCode(() => authenticodeSignatures(signed(entry)))).toBe(code);
  });

  test('an entry shorter than its header, and one longer than the table', () => {
    for (const [length, code] of [
      [4, 'authenticode.entry'],
      [0x10000, 'bytes.truncated'],
    ] as const) {
      const table = certificateTable(good);
      table.writeUInt32LE(length, 0);
      const image = readPe(buildPe({ ...PARTS, certificates: table }).bytes, 'test');
      expect(evidenceCode(() => authenticodeSignatures(image))).toBe(code);
    }
  });

  test('more signatures than any image has', () => {
    const image = signed(...Array<Uint8Array>(17).fill(good));
    expect(evidenceCode(() => authenticodeSignatures(image))).toBe('authenticode.count');
  });

  test('any change of the table is read or refused, never more', () => {
    const table = certificateTable(good);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: table.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(table);
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
        const image = readPe(buildPe({ ...PARTS, certificates: changed }).bytes, 'test');
        expect(evidenceCode(() => authenticodeSignatures(image))).toMatch(
          /^(authenticode|der|x509|bytes)\.|^no error$/,
        );
      }),
      { numRuns: 200 },
    );
  });
});
