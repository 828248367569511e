/** systemd's log: its framing and its records, first real ones, then those nobody honest writes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import * as fc from 'fast-check';
import { toHex } from '../../../src/bytes/text.ts';
import { parseCelLog } from '../../../src/logs/cel/parse.ts';
import { celLog, celRecord, jsonSequence, type RecordSpec } from '../../support/cel-builder.ts';
import { fixtureFolder } from '../../support/fixtures.ts';
import { SEED } from '../../support/seed.ts';
import { errorCode } from '../../tpm/outcome.ts';

const PHASES: readonly RecordSpec[] = ['enter-initrd', 'leave-initrd', 'sysinit', 'ready'].map((text) => ({ text }));
const good = celRecord({ text: 'ready' });
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const parsed = (bytes: Uint8Array) => parseCelLog(bytes).untrusted;

describe.each(['257', '262'])('the log of systemd %s', (version) => {
  const log = parsed(new Uint8Array(readFileSync(`${fixtureFolder(`systemd-log/${version}`)}/tpm2-measure.log`)));

  it('is read whole', () => {
    expect(log.anomalies).toEqual([]);
    expect(log.banks).toEqual(['sha1', 'sha256', 'sha384']);
    expect(log.records.map(({ index }) => index)).toEqual([...log.records.keys()]);
    expect(log.records.reduce((sum, { length }) => sum + length, 0)).toBe(log.bytes.length);
  });

  it('says where digests and texts stand', () => {
    const at = ({ offset, length }: { offset: number; length: number }): string =>
      Buffer.from(log.bytes.subarray(offset, offset + length)).toString();
    for (const { digests, content } of log.records) {
      for (const digest of digests.values()) expect(at(digest)).toBe(toHex(digest.value));
      expect(JSON.parse(`"${at(content!.text!)}"`)).toBe(content!.text!.value);
    }
  });
});

it('an NvPCR is no PCR: its record names an NV index, and no bank is known for it', () => {
  const log = parsed(celLog([{ nvIndex: 0x1d10200, text: 'product-id:missing', eventType: 'product-id' }], ['sha256']));
  expect(log.records).toMatchObject([{ pcr: null, nvIndex: 0x1d10200, content: { nvIndexName: 'hardware' } }]);
  expect(log.banks).toEqual([]);
});

it('an empty log has no records', () => {
  expect(parsed(new Uint8Array(0))).toMatchObject({ records: [], banks: [], anomalies: [] });
});

describe('a record whose writer was killed', () => {
  const whole = celLog(PHASES);
  const lengths = parsed(whole).records.map(({ length }) => length);

  it('never holds, wherever the log ends in it', () => {
    const before = lengths.slice(0, -1).reduce((sum, length) => sum + length, 0);
    for (let end = before + 1; end < whole.length; end++) {
      const { records, anomalies } = parsed(whole.subarray(0, end));
      expect(records).toHaveLength(3);
      expect(anomalies).toMatchObject([{ kind: 'truncated', index: 3, offset: before }]);
    }
  });

  it('does so in the middle too, and the others are read', () => {
    const torn = Buffer.concat([whole.subarray(0, lengths[0]! + 40), whole.subarray(lengths[0]! + lengths[1]!)]);
    const { records, anomalies } = parsed(torn);
    expect(records.map(({ index }) => index)).toEqual([0, 2, 3]);
    expect(anomalies).toMatchObject([{ kind: 'truncated', index: 1 }]);
  });
});

describe('notes that refuse nothing', () => {
  test.each<[string, unknown, string]>([
    ['a field nobody knows', { ...good, colour: 'red' }, 'key-unknown'],
    ['content of another writer', { ...good, content_type: 'pcclient_std', content: {} }, 'content-unknown'],
    [
      'an algorithm nobody knows',
      { ...good, digests: [...good.digests, { hashAlg: 'sm3_256', digest: 'aa' }] },
      'algorithm-unknown',
    ],
  ])('%s', (_, record, kind) => {
    const { records, anomalies } = parsed(jsonSequence([record, record]));
    expect(records).toHaveLength(2);
    // One of each kind: a host must not make them grow without end.
    expect(anomalies.map((anomaly) => [anomaly.kind, anomaly.index])).toEqual([[kind, 0]]);
  });
});

const [sha1, sha256] = good.digests as [(typeof good.digests)[0], (typeof good.digests)[0]];

describe('refuses', () => {
  test.each<[string, unknown, string]>([
    ['no register', { ...good, pcr: undefined }, 'cel.register'],
    ['two registers', { ...good, nv_index: 1 }, 'cel.register'],
    ['PCR 24', { ...good, pcr: 24 }, 'cel.field'],
    ['PCR −1', { ...good, pcr: -1 }, 'cel.field'],
    ['half a PCR', { ...good, pcr: 11.5 }, 'cel.field'],
    ['a PCR in quotes', { ...good, pcr: '11' }, 'cel.field'],
    ['an NV index of 33 bits', { ...good, pcr: undefined, nv_index: 2 ** 32 }, 'cel.field'],
    ['no digests', { ...good, digests: undefined }, 'cel.digest'],
    ['an empty list of digests', { ...good, digests: [] }, 'cel.digest'],
    ['seventeen digests', { ...good, digests: Array.from({ length: 17 }, () => sha1) }, 'cel.digest'],
    ['one algorithm twice', { ...good, digests: [sha1, sha1] }, 'cel.digest'],
    ['a digest of another size', { ...good, digests: [{ ...sha256, hashAlg: 'sha1' }] }, 'cel.digest'],
    ['a digest in capitals', { ...good, digests: [{ ...sha1, digest: sha1.digest.toUpperCase() }] }, 'cel.digest'],
    ['an empty digest', { ...good, digests: [{ hashAlg: 'sm3_256', digest: '' }] }, 'cel.digest'],
    ['a digest with a note', { ...good, digests: [{ ...sha1, note: 1 }] }, 'cel.digest'],
    ['a digest that is none', { ...good, digests: ['aa'] }, 'cel.field'],
    ['no content type', { ...good, content_type: undefined }, 'cel.field'],
    ['no content', { ...good, content: undefined }, 'cel.field'],
    ['a list for content', { ...good, content: [] }, 'cel.field'],
    ['a text that is none', { ...good, content: { ...good.content, string: 1 } }, 'cel.field'],
    ['an event type that is none', { ...good, content: { ...good.content, eventType: null } }, 'cel.field'],
    ['a time before the boot', { ...good, content: { ...good.content, timestamp: -1 } }, 'cel.field'],
    ['a list', [good], 'cel.field'],
    ['a number', 11, 'cel.field'],
  ])('%s', (_, record, code) => {
    expect(errorCode(() => parseCelLog(jsonSequence([good, record])))).toBe(code);
  });

  const json = JSON.stringify(good);
  test.each<[string, string]>([
    ['a PCR named twice', `{"pcr":15,${json.slice(1)}`],
    ['one list nine deep', `{"a":${'['.repeat(9)}${']'.repeat(9)},${json.slice(1)}`],
    ['two values', `${json}${json}`],
    ['no value', ' '],
    ['a comma too many', json.replace('{"pcr":11,', '{"pcr":11,,')],
    ['a comma at the end', `${json.slice(0, -1)},}`],
    ['a colon missing', json.replace('"pcr":', '"pcr" ')],
    ['a key without quotes', json.replace('"pcr"', 'pcr')],
    ['a key in other quotes', json.replace('"pcr":', '\'pcr":')],
    ['a string without end', json.replace('"systemd"', '"systemd')],
    ['a line feed in a string', json.replace('ready', 'rea\ndy')],
    ['a NUL in a string', json.replace('ready', 'rea\0dy')],
    ['an escape that is none', json.replace('ready', '\\q')],
    ['a number with a zero before it', json.replace('"pcr":11', '"pcr":011')],
    ['a word that is none', json.replace('"pcr":11', '"pcr":nil')],
  ])('%s', (_, text) => {
    expect(errorCode(() => parseCelLog(bytesOf(`\u001e${text}\n`)))).toBe('cel.json');
  });

  it('says of a string without end that it has none', () => {
    expect(() => parseCelLog(bytesOf('\u001e{"pcr\n'))).toThrow('a string has no end');
  });

  it('text that is not UTF-8', () => {
    const bytes = celLog([{ text: 'ready' }]);
    bytes[Buffer.from(bytes).indexOf('ready')] = 0xff;
    expect(errorCode(() => parseCelLog(bytes))).toBe('cel.json');
  });

  it('a log that starts with anything else', () => {
    expect(errorCode(() => parseCelLog(bytesOf(`${json}\n`)))).toBe('cel.framing');
  });

  it('more records than any host writes, before it reads the last', () => {
    const one = celLog([{ text: 'x' }], ['sha256']);
    const many = Buffer.concat([...Array.from({ length: 1 << 14 }, () => one), Buffer.from('\u001e')]);
    expect(errorCode(() => parseCelLog(many))).toBe('cel.records');
  });

  it('a record and a log that are too long', () => {
    expect(errorCode(() => parseCelLog(celLog([{ text: 'x'.repeat(1 << 16) }])))).toBe('cel.size');
    expect(errorCode(() => parseCelLog(new Uint8Array((1 << 24) + 1).fill(0x1e)))).toBe('cel.size');
  });

  it('names part and offset', () => {
    const bytes = jsonSequence([good, { ...good, pcr: 24 }]);
    const offset = Buffer.from(bytes).indexOf('"pcr":24') + 6;
    expect(() => parseCelLog(bytes)).toThrow(expect.objectContaining({ part: 'log.systemd', offset }));
  });
});

test('a key of the host’s choice is a key and nothing else', () => {
  const text = JSON.stringify(good).replace('{"pcr"', '{"__proto__":{"nv_index":1},"pcr"');
  expect(parsed(bytesOf(`\u001e${text}\n`)).records).toMatchObject([{ pcr: 11, nvIndex: null }]);
});

test('any record of systemd reads back as it was written', () => {
  const spec = fc.record({ pcr: fc.nat(23), text: fc.string({ unit: 'grapheme' }), eventType: fc.string() });
  fc.assert(
    fc.property(fc.array(spec, { maxLength: 5 }), (specs) => {
      const { records, anomalies } = parsed(celLog(specs));
      expect(anomalies).toEqual([]);
      expect(
        records.map(({ pcr, content }) => ({ pcr, text: content!.text!.value, eventType: content!.eventType })),
      ).toEqual(specs);
    }),
    { seed: SEED },
  );
});
