import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvidenceError } from '../../../src/bytes/errors.ts';
import { ListBuilder, MAX_ENTRIES, MAX_LIST_BYTES } from '../../../src/logs/ima/build.ts';
import { pcrsNamed, templateData } from '../../../src/logs/ima/model.ts';
import { readFields } from '../../../src/logs/ima/fields.ts';
import { parseBinaryList } from '../../../src/logs/ima/parse-binary.ts';
import { checkTemplateDigests } from '../../../src/logs/ima/bindings.ts';
import type { EntrySpec, Hash } from '../../support/ima-list-builder.ts';
import { binaryList, buffer, file, listedData, manyFiles } from '../../support/ima-list-builder.ts';
import { labCapture } from '../../support/lab-bundle.ts';
import { anyEntry } from './arbitrary.ts';
import { entries, entry } from '../../support/ima-entries.ts';

const parse = (bytes: Uint8Array) => parseBinaryList(bytes).untrusted;

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof EvidenceError) return error.code;
    throw error;
  }
  return 'no error';
}

/** A list of one ordinary entry, with a u32 overwritten. */
function withU32(offset: number, value: number): Uint8Array {
  const bytes = binaryList([file('/bin/sh'), file('/bin/ls')]);
  new DataView(bytes.buffer).setUint32(offset, value, true);
  return bytes;
}

const NAME_LENGTH_AT = 4 + 20;
const DATA_LENGTH_AT = NAME_LENGTH_AT + 4 + 'ima-sig'.length;

describe('the list of a booted machine', () => {
  const list = parse(labCapture('uki', 'baseline').ima);

  it('reads to its end, every entry bound to its stored digest', () => {
    expect(list.anomalies).toEqual([]);
    expect(list.count).toBeGreaterThan(40);
    expect(checkTemplateDigests(list)).toEqual({ bound: list.count, violations: [], mismatches: [] });
  });

  it('has readable fields in every entry', () => {
    for (const { index } of entries(list)) expect(readFields(list, index).problem, `entry ${index}`).toBeUndefined();
  });
});

describe('templates', () => {
  it.each<[string, EntrySpec]>([
    ['ima', file('/bin/sh', { template: 'ima' })],
    ['ima-ng', file('/bin/sh', { template: 'ima-ng' })],
    ['ima-sig', file('/bin/sh')],
    ['ima-ngv2', file('/bin/sh', { template: 'ima-ngv2' })],
    ['ima-sigv2', file('/bin/sh', { template: 'ima-sigv2', type: 'verity' })],
    ['ima-buf', buffer('kexec-cmdline', Buffer.from('ro quiet'))],
    [
      'ima-modsig',
      file('/m.ko', { template: 'ima-modsig', more: [new Uint8Array(0), new Uint8Array(0), new Uint8Array(0)] }),
    ],
    ['d-ng|n-ng|sig', file('/bin/sh', { template: 'd-ng|n-ng|sig', more: [new Uint8Array(9)] })],
  ])('reads %s', (name, spec) => {
    const list = parse(binaryList([spec, spec]));
    expect(list.count).toBe(2);
    expect(list.anomalies).toEqual([]);
    expect(entry(list, 1).template.name).toBe(name);
    expect(Buffer.from(templateData(list, 1))).toEqual(listedData(spec));
    expect(checkTemplateDigests(list).bound).toBe(2);
  });

  it('keeps entries of a template it does not know, and says so', () => {
    const list = parse(
      binaryList([file('/a'), file('/b', { template: 'd-ng|n-ng|future', more: [new Uint8Array(3)] })]),
    );
    expect(list.count).toBe(2);
    expect(list.anomalies).toMatchObject([{ kind: 'template-unknown', index: 1 }]);
    expect(checkTemplateDigests(list).bound).toBe(2);
  });

  it('tells the entries of other PCRs', () => {
    const list = parse(binaryList([file('/a'), file('/b', { pcr: 11 }), file('/c')]));
    expect(pcrsNamed(list)).toEqual([10, 11]);
  });
});

it.each<Hash>(['sha1', 'sha256', 'sha384', 'sha512'])('finds %s as the algorithm of the template digests', (hash) => {
  const list = parse(binaryList([file('/a', { violation: true }), ...manyFiles(3)], hash));
  expect(list.digestHash).toBe(hash);
  expect(checkTemplateDigests(list)).toEqual({ bound: 3, violations: [0], mismatches: [] });
});

describe('malformed lists', () => {
  it.each([
    ['ima.pcr', withU32(0, 32)],
    ['ima.byte-order', withU32(0, 10 << 24)],
    ['ima.template-name', withU32(NAME_LENGTH_AT, 0)],
    ['ima.template-name', withU32(NAME_LENGTH_AT, 256)],
    ['ima.template-name', withU32(NAME_LENGTH_AT, 0xffffffff)],
    ['ima.template-name', withU32(NAME_LENGTH_AT, 12)],
    ['ima.data-length', withU32(DATA_LENGTH_AT, (1 << 24) + 1)],
    ['ima.data-length', withU32(DATA_LENGTH_AT, 0xffffffff)],
    ['ima.data-length', binaryList([file('/'.repeat(256), { template: 'ima' })])],
    ['ima.templates', binaryList(Array.from({ length: 65 }, (_, i) => file('/a', { template: `t${i}` })))],
  ])('%s', (code, bytes) => {
    expect(codeOf(() => parse(bytes))).toBe(code);
  });

  it('more bytes or entries than any host has', () => {
    expect(codeOf(() => parse(new Uint8Array(MAX_LIST_BYTES + 1)))).toBe('ima.size');
    const builder = new ListBuilder('log.ima');
    for (let i = 0; i < MAX_ENTRIES; i++) builder.add(10, 0, 0, 0, 0, 0);
    expect(codeOf(() => builder.add(10, 0, 0, 0, 0, 0))).toBe('ima.entries');
  });

  it('names the part, the offset and the entry', () => {
    const bytes = binaryList([file('/a'), file('/b', { pcr: 99 })]);
    const second = binaryList([file('/a')]).length;
    expect(() => parseBinaryList(bytes, 'log.x')).toThrow(`names PCR 99 (log.x, offset ${second}, entry 1)`);
  });

  it.each(['ima', 'ima-ng', 'ima-sig'])(
    'a list of %s that is cut anywhere is truncated, never shorter and whole',
    (template) => {
      const specs = [file('/bin/a', { template }), file('/bin/b', { template })];
      const bytes = binaryList(specs);
      const first = binaryList(specs.slice(0, 1)).length;
      for (let length = 1; length < bytes.length; length++) {
        const list = parse(bytes.subarray(0, length));
        expect(list.truncated, `cut to ${length}`).toBe(length !== first);
        expect(list.count).toBe(length < first ? 0 : 1);
      }
    },
  );

  it('an empty list has no entries and is not truncated', () => {
    expect(parse(new Uint8Array(0))).toMatchObject({ count: 0, truncated: false, anomalies: [] });
  });
});

describe('properties', () => {
  it('gives back what was built', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 12 }), (specs) => {
        const list = parse(binaryList(specs));
        expect(list.count).toBe(specs.length);
        for (const [i, spec] of specs.entries()) {
          const seen = entry(list, i);
          expect([seen.pcr, seen.template.name, seen.violation]).toEqual([spec.pcr, spec.template, spec.violation]);
          expect(Buffer.from(seen.templateData)).toEqual(listedData(spec));
        }
      }),
    );
  });

  it('refuses arbitrary bytes only with EvidenceError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        codeOf(() => parse(bytes));
      }),
    );
  });

  it('refuses a damaged list only with EvidenceError', () => {
    const bytes = binaryList([...manyFiles(2), file('/old', { template: 'ima' })]);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        codeOf(() => {
          const list = parse(damaged);
          for (let i = 0; i < list.count; i++) readFields(list, i);
        });
      }),
      { numRuns: 500 },
    );
  });
});
