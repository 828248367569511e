import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest } from '../../../src/bytes/hash.ts';
import type { ImaFieldsResult } from '../../../src/logs/ima/fields.ts';
import { printablePath, readFields } from '../../../src/logs/ima/fields.ts';
import { parseBinaryList } from '../../../src/logs/ima/parse-binary.ts';
import { decodeSignature } from '../../../src/logs/ima/signature.ts';
import type { EntrySpec } from '../../support/ima-list-builder.ts';
import { binaryList, buffer, digestField, file } from '../../support/ima-list-builder.ts';

const read = (spec: EntrySpec): ImaFieldsResult => readFields(parseBinaryList(binaryList([spec])).untrusted, 0);
const raw = (template: string, ...fields: Uint8Array[]): EntrySpec => ({ template, fields, texts: [] });
const SHA256 = new Uint8Array(32).fill(7);
const PATH = Buffer.from('/bin/sh\0');
const EMPTY = new Uint8Array(0);

describe('digest and path', () => {
  it.each([
    ['ima', 'sha1', 'ima', file('/bin/sh', { template: 'ima', digest: SHA256 })],
    ['ima-ng', 'sha256', 'ima', file('/bin/sh', { template: 'ima-ng', digest: SHA256 })],
    ['ima-ngv2', 'sha256', 'ima', file('/bin/sh', { template: 'ima-ngv2', digest: SHA256 })],
    ['ima-sigv2', 'sha256', 'verity', file('/bin/sh', { template: 'ima-sigv2', type: 'verity', digest: SHA256 })],
    ['ima-sig', 'sm3', 'ima', file('/bin/sh', { algorithm: 'sm3', digest: SHA256 })],
    ['ima-sig', 'sha3-256', 'ima', file('/bin/sh', { algorithm: 'sha3-256', digest: SHA256 })],
  ])('%s with %s', (_template, algorithm, kind, spec) => {
    const { fields } = read(spec);
    expect(fields?.path).toBe('/bin/sh');
    expect(fields?.fileDigest).toMatchObject({ algorithm, kind });
    expect(fields?.fileDigest.bytes.every((b) => b === 7)).toBe(true);
    expect(fields?.signature).toBeUndefined();
    expect(fields?.buffer).toBeUndefined();
  });

  it('reads a violation whose digest has room for SHA-1 beside another name', () => {
    const { fields } = read({
      ...file('/run/x', { algorithm: 'sha512', digest: new Uint8Array(20) }),
      violation: true,
    });
    expect(fields?.path).toBe('/run/x');
  });

  it('shows control and bidirectional characters of a path as escapes, and keeps its bytes', () => {
    const { fields } = read(file('/tmp/\u001b[2Ja\u202eb\n'));
    expect(printablePath(fields!)).toBe('/tmp/\\u{1b}[2Ja\\u{202e}b\\u{a}');
    expect(Buffer.from(fields!.pathBytes).toString()).toBe('/tmp/\u001b[2Ja\u202eb\n');
  });

  it('does not cut long paths', () => {
    const path = `/${'d'.repeat(4094)}`;
    expect(printablePath(read(file(path)).fields!)).toBe(path);
  });

  it('keeps every byte of a path, a byte order mark too', () => {
    expect(read(file('\ufeff/x')).fields?.path).toBe('\ufeff/x');
  });

  it('reads a path that is not UTF-8', () => {
    const { fields } = read(file(Buffer.from([0x2f, 0xff, 0xfe])));
    expect(fields?.path).toBe('/\ufffd\ufffd');
    expect([...fields!.pathBytes]).toEqual([0x2f, 0xff, 0xfe]);
  });
});

describe('data that does not say what the template says', () => {
  it.each([
    ['digest', 'NUL missing', raw('ima-ng', Buffer.concat([Buffer.from('sha256:'), SHA256]), PATH)],
    ['digest', 'NUL before the colon', raw('ima-ng', Buffer.concat([Buffer.from('sha256\0:'), SHA256]), PATH)],
    ['digest', 'too short', raw('ima-ng', digestField('sha256', SHA256.subarray(1)), PATH)],
    ['digest', 'too long', raw('ima-ng', digestField('sha1', SHA256), PATH)],
    ['digest', 'SHA-1 under the name of SHA-256', raw('ima-ng', digestField('sha256', SHA256.subarray(0, 20)), PATH)],
    [
      'digest',
      'room for SHA-1 that is not all zero',
      raw('ima-ng', digestField('sha256', SHA256.map((_, i) => i).subarray(0, 20)), PATH),
    ],
    ['digest', 'room for another than SHA-1', raw('ima-ng', digestField('sha512', new Uint8Array(32)), PATH)],
    ['digest', 'empty', raw('ima-ng', EMPTY, PATH)],
    ['digest', 'endless name', raw('ima-ng', Buffer.from('s'.repeat(400)), PATH)],
    ['algorithm', 'unknown', raw('ima-ng', digestField('sha999', SHA256), PATH)],
    ['algorithm', 'empty', raw('ima-ng', Buffer.concat([Buffer.from(':\0'), SHA256]), PATH)],
    ['algorithm', 'prefix of v2 in v1', raw('ima-ng', digestField('sha256', SHA256, 'ima'), PATH)],
    ['digest', 'prefix of v2 missing', raw('ima-ngv2', digestField('sha256', SHA256), PATH)],
    ['digest', 'other prefix in v2', raw('ima-ngv2', digestField('evil:sha256', SHA256), PATH)],
    ['path', 'NUL inside', raw('ima-ng', digestField('sha256', SHA256), Buffer.from('/bin/sh\0/tmp/x\0'))],
    ['path', 'two NULs', raw('ima-ng', digestField('sha256', SHA256), Buffer.from('/bin/sh\0\0'))],
    ['path', 'empty', raw('ima-ng', digestField('sha256', SHA256), EMPTY)],
    ['path', 'only NUL', raw('ima-ng', digestField('sha256', SHA256), Buffer.from('\0'))],
    ['field-count', 'one field more', raw('ima-ng', digestField('sha256', SHA256), PATH, EMPTY)],
    ['field-count', 'one field less', raw('ima-sig', digestField('sha256', SHA256), PATH)],
    ['template', 'path first', raw('n-ng|d-ng', PATH, digestField('sha256', SHA256))],
    ['template', 'another field first', raw('buf|n-ng', digestField('sha256', SHA256), PATH)],
    ['template', 'one field', raw('d-ng', digestField('sha256', SHA256))],
    ['template', 'no path', raw('d-ng|sig', digestField('sha256', SHA256), EMPTY)],
    ['template', 'no known name', raw('mine', digestField('sha256', SHA256), PATH)],
    [
      'modsig',
      'signature without digest',
      raw('ima-modsig', digestField('sha256', SHA256), PATH, EMPTY, EMPTY, SHA256),
    ],
    [
      'modsig',
      'digest without signature',
      raw('ima-modsig', digestField('sha256', SHA256), PATH, EMPTY, digestField('sha256', SHA256), EMPTY),
    ],
    ['modsig', 'digest malformed', raw('ima-modsig', digestField('sha256', SHA256), PATH, EMPTY, SHA256, SHA256)],
  ])('%s: %s', (problem, _what, spec) => {
    expect(read(spec)).toEqual({ problem });
  });

  it('framing: a field longer than the data, a tail shorter than a length, more fields than any template', () => {
    const framing = (data: Uint8Array): ImaFieldsResult => {
      const list = binaryList([raw('ima-ng', digestField('sha256', SHA256), Buffer.alloc(200, 1))]);
      list.set(data, list.length - data.length);
      return readFields(parseBinaryList(list).untrusted, 0);
    };
    expect(framing(Buffer.alloc(0)).problem).toBeUndefined();
    const data = Buffer.alloc(4 + 40 + 4 + 200);
    data.writeUInt32LE(data.length - 3, 0);
    expect(framing(data).problem).toBe('framing');
    data.writeUInt32LE(data.length - 4 - 3, 0);
    expect(framing(data).problem).toBe('framing');
    data.fill(0);
    expect(framing(data).problem).toBe('framing');
  });
});

describe('a relabelled entry (no digest covers the template name)', () => {
  const names = ['ima-ng', 'ima-sig', 'ima-ngv2', 'ima-sigv2', 'ima-buf', 'ima-modsig', 'evm-sig'];
  const custom = [
    'n-ng|d-ng',
    'd-modsig|n-ng|d-ng',
    'd|n-ng',
    'sig|n-ng|d-ng',
    'd-ng|sig|n-ng',
    'buf',
    'd-ng|n-ng|x',
    'foo',
  ];

  it('has the same digest and path as before, or none', () => {
    const specs = [
      file('/bin/sh', { template: 'ima-ng', digest: SHA256 }),
      file('/bin/sh', { digest: SHA256, more: [digestField('sha256', new Uint8Array(32).fill(9))] }),
      file('/bin/sh', { template: 'ima-sigv2', digest: SHA256 }),
      buffer('.ima', digestField('sha256', SHA256)),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...specs), fc.constantFrom(...names, ...custom), (spec, template) => {
        const before = read(spec).fields!;
        const after = read({ ...spec, template });
        if (after.fields === undefined) return;
        expect(after.fields.fileDigest).toEqual(before.fileDigest);
        expect(after.fields.path).toBe(before.path);
      }),
      { numRuns: 200 },
    );
  });

  it('cannot pass as the unframed template: what that hashes has no byte zero inside the name', () => {
    const framed = file(`/${'x'.repeat(223)}`, { template: 'ima-ng', digest: SHA256 });
    const data = Buffer.concat(framed.fields.flatMap((f) => [Buffer.from([f.length, 0, 0, 0]), f]));
    expect(data.length).toBe(20 + 256 - 3);
    const spec = raw('ima', data.subarray(0, 20), data.subarray(20));
    expect(read({ ...spec, fields: [spec.fields[0]!, spec.fields[1]!.subarray(0, 255)] }).problem).toBe('path');
  });
});

describe('buffers and signatures', () => {
  it('a measured buffer has the digest of the entry; another file field relabelled as one has not', () => {
    const content = Buffer.from('root=/dev/sda1 ro');
    expect(read(buffer('kexec-cmdline', content)).fields?.buffer).toEqual({
      bytes: new Uint8Array(content),
      matches: true,
    });
    expect(read(file('/bin/sh', { template: 'ima-buf', more: [content] })).fields?.buffer?.matches).toBe(false);
  });

  it('an appended signature has a digest of its own', () => {
    const { fields } = read(
      raw('ima-modsig', digestField('sha256', SHA256), PATH, EMPTY, digestField('sha512', new Uint8Array(64)), SHA256),
    );
    expect(fields?.modsig).toMatchObject({ digest: { algorithm: 'sha512' }, pkcs7: SHA256 });
  });

  const header = [3, 2, 4, 0xde, 0xad, 0xbe, 0xef, 0, 3];
  const signature = new Uint8Array([...header, 1, 2, 3]);
  const changed = (at: number, value: number) => signature.map((b, i) => (i === at ? value : b));

  it('reads the header of a signature', () => {
    const { fields } = read(file('/bin/sh', { more: [signature] }));
    expect(fields?.signature?.decoded).toEqual({
      type: 'ima',
      version: 2,
      hash: 'sha256',
      keyId: 'deadbeef',
      signature: new Uint8Array([1, 2, 3]),
    });
    expect(decodeSignature(changed(0, 6))?.type).toBe('verity');
    expect(decodeSignature(changed(0, 5))?.type).toBe('evm-portable');
    expect(decodeSignature(changed(1, 3))?.version).toBe(3);
  });

  it.each([
    ['type', changed(0, 4)],
    ['version', changed(1, 1)],
    ['hash', changed(2, 23)],
    ['size', changed(8, 4)],
    ['header cut', signature.subarray(0, 8)],
    ['text', Buffer.from('not a signature at all')],
  ])('keeps the bytes of one it cannot read: %s', (_what, bytes) => {
    const { fields } = read(file('/bin/sh', { more: [bytes] }));
    expect(fields?.signature?.decoded).toBeUndefined();
    expect(fields?.signature?.bytes).toEqual(new Uint8Array(bytes));
  });

  it('hashes with what this verifier computes', () => {
    const content = new Uint8Array([1, 2, 3]);
    const sha512 = file('x', {
      template: 'ima-buf',
      algorithm: 'sha512',
      digest: digest('sha512', content),
      more: [content],
    });
    expect(read(sha512).fields?.buffer?.matches).toBe(true);
    const verity = raw('d-ngv2|n-ng|buf', digestField('sha256', digest('sha256', content), 'verity'), PATH, content);
    expect(read(verity).fields?.buffer?.matches).toBe(false);
    const sm3 = file('x', { template: 'ima-buf', algorithm: 'sm3', digest: SHA256, more: [content] });
    expect(read(sm3).fields?.buffer?.matches).toBe(false);
  });
});
