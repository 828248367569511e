import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvidenceError } from '../../../src/bytes/errors.ts';
import { readFields } from '../../../src/logs/ima/fields.ts';
import type { ImaList } from '../../../src/logs/ima/model.ts';
import { MAX_LIST_BYTES } from '../../../src/logs/ima/build.ts';
import { isViolation } from '../../../src/logs/ima/model.ts';
import { isAsciiList, parseImaList } from '../../../src/logs/ima/parse.ts';
import { parseAsciiList } from '../../../src/logs/ima/parse-ascii.ts';
import { parseBinaryList } from '../../../src/logs/ima/parse-binary.ts';
import { checkTemplateDigests } from '../../../src/logs/ima/bindings.ts';
import { replayWhole } from '../../../src/logs/ima/replay.ts';
import type { EntrySpec, Hash } from '../../support/ima-list-builder.ts';
import { asciiList, binaryList, file, manyFiles } from '../../support/ima-list-builder.ts';
import { anyEntry } from './arbitrary.ts';
import { entry } from '../../support/ima-entries.ts';

const parse = (bytes: Uint8Array) => parseAsciiList(bytes).untrusted;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const bytesOf = (list: string) => new Uint8Array(Buffer.from(list, 'latin1'));

/** What replay and fields see of a list, to compare two forms of it. */
function content(list: ImaList): unknown[] {
  return Array.from({ length: list.count }, (_, i) => {
    const { pcr, template, templateData, templateDigest } = entry(list, i);
    const hex = [templateData, templateDigest].map((b) => Buffer.from(b).toString('hex'));
    return [pcr, template.name, ...hex];
  });
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof EvidenceError) return error.code;
    throw error;
  }
  return 'no error';
}

const modsig: EntrySpec = {
  ...file('/lib/m.ko', { template: 'ima-modsig' }),
  fields: [...file('/lib/m.ko').fields.slice(0, 2), new Uint8Array(0), file('/x').fields[0]!, new Uint8Array([1, 2])],
  texts: [...file('/lib/m.ko').texts.slice(0, 2), '', file('/x').texts[0]!, '0102'],
};

const evmSig: EntrySpec = {
  template: 'evm-sig',
  fields: [
    ...file('/etc/x').fields.slice(0, 2),
    new Uint8Array([5, 2]),
    Buffer.from('security.ima|security.selinux\0'),
    new Uint8Array([4, 0, 0, 0]),
    new Uint8Array([1, 2, 3, 4]),
    new Uint8Array([0xe8, 3, 0, 0]),
    new Uint8Array([0, 0, 0, 0]),
    new Uint8Array([0xa4, 0x81]),
  ],
  texts: [
    ...file('/etc/x').texts.slice(0, 2),
    '0502',
    'security.ima|security.selinux',
    '04000000',
    '01020304',
    '1000',
    '0',
    '33188',
  ],
};

describe('rebuilding', () => {
  it('gives the same list as the binary form, whatever the entries', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 10 }), (specs) => {
        const ascii = parse(asciiList(specs));
        expect(content(ascii)).toEqual(content(parseBinaryList(binaryList(specs)).untrusted));
        expect(ascii.anomalies).toEqual([]);
      }),
    );
  });

  it.each([['ima-modsig', modsig] as const, ['evm-sig', evmSig] as const])('reads %s', (_name, spec) => {
    const list = parse(asciiList([spec]));
    expect(content(list)).toEqual(content(parseBinaryList(binaryList([spec])).untrusted));
    expect(checkTemplateDigests(list).bound).toBe(1);
  });

  it.each<[string, EntrySpec]>([
    ['a path longer than the oldest template holds', file(`/${'a'.repeat(300)}`)],
    ['a name as long as the oldest template holds', file('a'.repeat(255), { template: 'ima' })],
    ['an algorithm of one letter', file('/x', { algorithm: 'x' })],
    [
      'a short digest in a template of its own',
      { template: 'd|n-ng', fields: [Buffer.alloc(16, 1), Buffer.from('/a\0')], texts: ['01'.repeat(16), '/a'] },
    ],
    [
      'the largest numbers',
      {
        template: 'imode|iuid|n-ng',
        fields: [Buffer.alloc(2, 0xff), Buffer.alloc(4, 0xff), Buffer.from('/a\0')],
        texts: ['65535', '4294967295', '/a'],
      },
    ],
  ])('reads %s', (_name, spec) => {
    expect(content(parse(asciiList([spec])))).toEqual(content(parseBinaryList(binaryList([spec])).untrusted));
  });

  it.each<Hash>(['sha1', 'sha256', 'sha384', 'sha512'])('reads lists with %s template digests', (hash) => {
    const list = parse(asciiList(manyFiles(3), hash));
    expect(list.digestHash).toBe(hash);
    expect(checkTemplateDigests(list).bound).toBe(3);
  });

  it('knows violations', () => {
    const list = parse(asciiList([file('/a'), file('/b', { violation: true })]));
    expect([isViolation(list, 0), isViolation(list, 1)]).toEqual([false, true]);
  });

  it('keeps spaces in the path, which old kernels left there', () => {
    const list = parse(asciiList([file('/opt/My  Files/a b ', { template: 'ima-ng' }), file(' x')]));
    expect(checkTemplateDigests(list).bound).toBe(2);
    expect(readFields(list, 0).fields?.path).toBe('/opt/My  Files/a b ');
  });

  it('gives back the empty fields an editor cut from the end of the lines', () => {
    const list = parse(bytesOf(text(asciiList(manyFiles(2))).replaceAll(' \n', '\n')));
    expect(checkTemplateDigests(list).bound).toBe(2);
  });
});

describe('a path with a line feed', () => {
  it('is refused where the rest of it is no entry', () => {
    expect(codeOf(() => parse(asciiList([file('/tmp/a\nb')])))).toBe('ima.line');
  });

  it('cannot put an entry into the list: what it forges does not replay', () => {
    const forged = text(asciiList([file('/usr/bin/qemu-system-x86_64', { template: 'ima-ng' })])).trimEnd();
    const specs = [file('/boot'), file(`/tmp/x\n${forged}`, { template: 'ima-ng' }), file('/after')];
    const list = parse(asciiList(specs));
    expect(readFields(list, 2).fields?.path).toBe('/usr/bin/qemu-system-x86_64');
    expect(checkTemplateDigests(list).mismatches).toEqual([1]);
    const real = parseBinaryList(binaryList(specs)).untrusted;
    expect(replayWhole(list, 'sha256', 'native')).not.toEqual(replayWhole(real, 'sha256', 'native'));
  });
});

describe('malformed lists', () => {
  const line = text(asciiList([file('/bin/sh')]));
  const fields = line.split(' ');
  const changed = (index: number, value: string) => fields.map((f, i) => (i === index ? value : f)).join(' ');

  it.each([
    ['ima.line', '\n'],
    ['ima.line', 'hello world\n'],
    ['ima.line', `${line}\n${line}`],
    ['ima.line', changed(0, 'x')],
    ['ima.pcr', changed(0, '32')],
    ['ima.line', changed(1, 'ab'.repeat(21))],
    ['ima.line', line + changed(1, 'ab'.repeat(32))],
    ['ima.template-name', changed(2, 'ima\t')],
    ['ima.template', changed(2, 'unheard')],
    ['ima.template', changed(2, 'd-ng|n-ng|unheard')],
    ['ima.line', changed(2, 'iuid')],
    ['ima.line', text(asciiList([evmSig])).replace('33188', '65536')],
    ['ima.line', text(asciiList([evmSig])).replace('1000', '4294967296')],
    ['ima.line', text(asciiList([evmSig])).replace('1000', '-1')],
    ['ima.data-length', text(asciiList([file('a'.repeat(1 << 24))]))],
    ['ima.line', changed(3, 'sha256')],
    ['ima.line', changed(3, 'abcd')],
    ['ima.line', changed(3, ':abcd')],
    ['ima.line', changed(3, 'sha256:abc')],
    ['ima.line', changed(3, 'sha256:zz')],
    ['ima.line', changed(4, '/bin\0/sh')],
    ['ima.line', changed(5, '0x\n')],
    ['ima.line', `10 ${'00'.repeat(20)} ima abcd /a\n`],
    ['ima.data-length', `10 ${'00'.repeat(20)} ima ${'00'.repeat(20)} ${'a'.repeat(256)}\n`],
  ])('%s', (code, list) => {
    expect(codeOf(() => parse(bytesOf(list)))).toBe(code);
  });

  it('are bounded, whole and by the line', () => {
    expect(codeOf(() => parse(new Uint8Array(MAX_LIST_BYTES + 1)))).toBe('ima.size');
    // One line without end, longer than any text that Node makes.
    expect(parse(new Uint8Array(MAX_LIST_BYTES))).toMatchObject({ count: 0, truncated: true });
    const long = Buffer.alloc((1 << 25) + 1026, 'a');
    long[long.length - 1] = 0x0a;
    expect(codeOf(() => parse(long))).toBe('ima.data-length');
    expect(codeOf(() => parse(long.subarray(1)))).toBe('ima.line');
  });

  it('says when a line has more fields than its template', () => {
    expect(() => parse(bytesOf(changed(2, 'd-ng|sig')))).toThrow('more fields than its template');
  });

  it('reads lines whose data is longer than their text', () => {
    const line = `10 ${'ab'.repeat(20)} ${Array.from({ length: 15 }, () => 'n').join('|')} \n`;
    const list = parse(bytesOf(line.repeat(100)));
    expect(list.count).toBe(100);
    expect(list.bytes.length).toBe(100 * (20 + 15 * 5));
    const last = Array.from({ length: 15 }, () => [1, 0, 0, 0, 0]).flat();
    expect([...entry(list, 99).templateData]).toEqual(last);
  });

  it('a list that is cut inside its last line is truncated', () => {
    const whole = asciiList([file('/bin/a', { template: 'ima-ng' }), file('/bin/bbb', { template: 'ima-ng' })]);
    const first = whole.indexOf(0x0a) + 1;
    for (let length = first + 1; length < whole.length - 1; length++) {
      expect(parse(whole.subarray(0, length)).truncated, `cut to ${length}`).toBe(true);
    }
    expect(parse(whole.subarray(0, whole.length - 1)).truncated).toBe(false);
  });

  it('refuses arbitrary text only with EvidenceError', () => {
    const piece = fc.constantFrom(
      '10 ',
      ' ',
      'ima-ng ',
      'ima ',
      'sha256:',
      '00'.repeat(20),
      '/a',
      '\n',
      ':',
      'd-ng|n-ng ',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 20 }), (pieces) => {
        codeOf(() => {
          const list = parse(bytesOf(pieces.join('')));
          for (let i = 0; i < list.count; i++) readFields(list, i);
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseImaList', () => {
  it('tells the two forms apart', () => {
    const specs = [file('/a', { pcr: 9 }), file('/b')];
    expect(isAsciiList(asciiList(specs))).toBe(true);
    expect(isAsciiList(binaryList(specs))).toBe(false);
    expect(parseImaList(asciiList(specs)).untrusted.format).toBe('ima-ascii');
    expect(parseImaList(binaryList(specs)).untrusted.format).toBe('ima-binary');
    expect(parseImaList(new Uint8Array(0)).untrusted.count).toBe(0);
  });
});
