import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manifestFiles, readInitrd } from '../../src/images/initrd.ts';
import { writeCpio } from '../lab/cpio.ts';
import { digestHex } from '../../src/bytes/hash.ts';
import { evidenceCode } from '../support/evidence-error.ts';

function archive(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const entries = Object.entries(files).map(
    ([path, data]) => [path, { kind: 'file', data: Buffer.from(data), executable: false }] as const,
  );
  return writeCpio(new Map(entries));
}

/** A Zstandard frame of raw blocks (RFC 8878, 3.1.1). */
function zstd(bytes: Uint8Array): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0b10100000, 0, 0, 0, 0]);
  header.writeUInt32LE(bytes.length, 5);
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1000) {
    const block = bytes.subarray(at, at + 1000);
    const size = (block.length << 3) | (at + 1000 >= bytes.length ? 1 : 0);
    blocks.push(Buffer.from([size & 0xff, (size >> 8) & 0xff, size >> 16]), Buffer.from(block));
  }
  return Buffer.concat([header, ...blocks]);
}

const names = (initrd: Uint8Array): string[] => [...readInitrd(initrd).keys()];
const one = archive({ a: '1' });
const two = archive({ b: '2' });

describe('an initrd', () => {
  test.each([
    ['a plain archive', Buffer.concat([one]), ['/a']],
    ['one compressed by gzip', gzipSync(one), ['/a']],
    ['one compressed by zstd', zstd(one), ['/a']],
    ['early plain, then gzip', Buffer.concat([one, gzipSync(two)]), ['/a', '/b']],
    [
      'archives with zeros between and behind',
      Buffer.concat([one, Buffer.alloc(512), two, Buffer.alloc(512)]),
      ['/a', '/b'],
    ],
    ['gzip, zeros, then plain', Buffer.concat([gzipSync(one), Buffer.alloc(16), two]), ['/a', '/b']],
    ['gzip directly followed by gzip', Buffer.concat([gzipSync(one), gzipSync(two)]), ['/a', '/b']],
    ['zstd, zeros, then gzip', Buffer.concat([zstd(one), Buffer.alloc(4), gzipSync(two)]), ['/a', '/b']],
    ['two archives in one gzip member', gzipSync(Buffer.concat([one, Buffer.alloc(512), two])), ['/a', '/b']],
    ['nothing', Buffer.alloc(0), []],
  ])('of %s', (_, initrd, expected) => {
    expect(names(initrd)).toEqual(expected);
  });

  test('has the later of two files of one path', () => {
    const contents = readInitrd(Buffer.concat([archive({ a: 'old' }), archive({ a: 'new' })]));
    expect(Buffer.from(contents.get('/a') ?? []).toString()).toBe('new');
  });

  test('lists files by path with the digest of their content', () => {
    expect(manifestFiles(readInitrd(archive({ init: 'sh', 'usr/bin/swtpm': 'tpm', 'etc/motd': '' })))).toEqual([
      { path: '/etc/motd', sha256: digestHex('sha256', new Uint8Array()), size: 0 },
      { path: '/init', sha256: digestHex('sha256', Buffer.from('sh')), size: 2, component: 'init' },
      { path: '/usr/bin/swtpm', sha256: digestHex('sha256', Buffer.from('tpm')), size: 3, component: 'swtpm' },
    ]);
  });
});

describe('refused', () => {
  test.each([
    ['a compression that is not read', Buffer.from('fd377a585a00', 'hex'), 'initrd.format'],
    ['gzip cut short', gzipSync(one).subarray(0, -12), 'initrd.malformed'],
    ['gzip of no archive', gzipSync(Buffer.from('x'.repeat(200))), 'cpio.magic'],
    ['zstd cut short', zstd(one).subarray(0, -1), 'initrd.malformed'],
    [
      'zstd whose blocks lie',
      Buffer.concat([zstd(one).subarray(0, 9), Buffer.from('ffffff', 'hex')]),
      'initrd.malformed',
    ],
    ['more archives than any initrd has', Buffer.concat(Array<Buffer>(65).fill(one)), 'initrd.segments'],
  ])('%s', (_, initrd, code) => {
    expect(evidenceCode(() => readInitrd(initrd))).toBe(code);
  });

  test('any change is read or refused, never more', () => {
    const initrd = Buffer.concat([gzipSync(one), zstd(two)]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: initrd.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(initrd);
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
        expect(evidenceCode(() => readInitrd(changed))).toMatch(/^(initrd|cpio|bytes)\.|^no error$/);
      }),
    );
  });
});
