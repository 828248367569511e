import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCpio } from '../../src/images/cpio.ts';
import { writeCpio, type ArchiveEntry } from '../lab/cpio.ts';
import { evidenceCode } from '../support/evidence-error.ts';

const file = (text: string): ArchiveEntry => ({ kind: 'file', data: Buffer.from(text), executable: false });

/** One entry with any header field changed; fields as in the format's order. */
function record(name: string, data: string, fields: Readonly<Record<number, number>> = {}): Buffer {
  const values = [1, 0o100644, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0].map(
    (value, i) => fields[i] ?? value,
  );
  const head = `070701${values.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`;
  const padded = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '\0');
  return Buffer.from(padded(head) + padded(data));
}
const trailer = record('TRAILER!!!', '');
const files = (bytes: Uint8Array): [string, string][] =>
  readCpio(bytes, 'test').files.map(({ path, content }) => [path, Buffer.from(content).toString()]);

describe('an archive', () => {
  test('gives its regular files, and nothing else', () => {
    const archive = writeCpio(
      new Map<string, ArchiveEntry>([
        ['usr/bin/x', file('program')],
        ['bin', { kind: 'link', target: 'usr/bin' }],
        ['dev/console', { kind: 'console' }],
      ]),
    );
    expect(files(archive)).toEqual([['/usr/bin/x', 'program']]);
    expect(readCpio(archive, 'test').length).toBe(archive.length);
  });

  test('names are absolute in one spelling', () => {
    expect(files(Buffer.concat([record('./usr//a', '1'), record('/b', '2'), trailer]))).toEqual([
      ['/usr/a', '1'],
      ['/b', '2'],
    ]);
  });

  test('links to one file share the content that stands with the last', () => {
    const links = { 0: 7, 4: 2 };
    const archive = Buffer.concat([record('a', '', links), record('b', 'shared', links), record('c', ''), trailer]);
    expect(files(archive)).toEqual([
      ['/a', 'shared'],
      ['/b', 'shared'],
      ['/c', ''],
    ]);
  });

  test('one inode number on two devices is two files', () => {
    const archive = Buffer.concat([
      record('a', '', { 0: 7, 4: 2, 8: 1 }),
      record('b', 'other', { 0: 7, 4: 2, 8: 2 }),
      trailer,
    ]);
    expect(files(archive)[0]).toEqual(['/a', '']);
  });

  test('ends at its trailer, whatever follows', () => {
    expect(readCpio(Buffer.concat([trailer, Buffer.from('rest')]), 'test').length).toBe(trailer.length);
  });

  test('any names and contents are read back', () => {
    const name = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.uint8Array({ maxLength: 50 }), { noNullPrototype: true }), (contents) => {
        const entries = Object.entries(contents).map(
          ([path, data]) => [path, { kind: 'file', data, executable: true }] as const,
        );
        const back = readCpio(writeCpio(new Map(entries)), 'test').files;
        expect(new Map(back.map(({ path, content }) => [path, Buffer.from(content)]))).toEqual(
          new Map(Object.entries(contents).map(([path, data]) => [`/${path}`, Buffer.from(data)])),
        );
      }),
    );
  });
});

describe('refused', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'bytes.truncated'],
    ['another format', Buffer.alloc(200, 'a'), 'cpio.magic'],
    [
      'a field that is not hexadecimal',
      Buffer.from(record('a', '').toString().replace('00000001', '0000000x')),
      'cpio.header',
    ],
    ['no trailer', record('a', '1'), 'bytes.truncated'],
    [
      'a file larger than the archive',
      Buffer.concat([record('a', '1', { 6: 0x7fffffff }), trailer]),
      'bytes.truncated',
    ],
    ['a name longer than any path', record('a', '', { 11: 5000 }), 'cpio.name'],
    ['an empty name', record('', ''), 'cpio.name'],
    ['a name with a NUL inside', Buffer.concat([record('a\0b', ''), trailer]), 'cpio.name'],
    ['a name that does not end with NUL', Buffer.concat([record('abcd', '', { 11: 3 }), trailer]), 'cpio.name'],
    ['a name that leaves the archive', Buffer.concat([record('usr/../etc/x', ''), trailer]), 'cpio.name'],
    ['a file that is the root', Buffer.concat([record('/.', ''), trailer]), 'cpio.name'],
  ])('%s', (_, bytes, code) => {
    expect(evidenceCode(() => readCpio(bytes, 'test'))).toBe(code);
  });

  test('any change is read or refused, never more', () => {
    const archive = Buffer.concat([record('a', 'text'), record('b', 'more'), trailer]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: archive.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(archive);
        changed[at] = value;
        expect(evidenceCode(() => readCpio(changed, 'test'))).toMatch(/^(cpio|bytes)\.|^no error$/);
      }),
    );
  });
});
