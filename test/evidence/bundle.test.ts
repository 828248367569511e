import { describe, expect, it } from 'vitest';
import { bundleToJson, parseBundle } from '../../src/evidence/bundle.ts';

const good = {
  schema: 'assay.evidence/1',
  ak: 'AAEC',
  quotes: [{ attest: 'AQ', signature: 'Ag', pcrs: { sha256: { '0': 'ab'.repeat(32), '15': '00'.repeat(32) } } }],
  logs: { firmware: 'AQID', ima: { id: `sha256:${'0'.repeat(64)}` } },
  hints: { hostname: 'a' },
};

const broken: readonly [string, unknown][] = [
  ['unknown key at the top (attack 104: nonce in the bundle)', { ...good, nonce: 'AAAA' }],
  ['unknown key in a quote', { ...good, quotes: [{ ...good.quotes[0], ak: 'AA' }] }],
  ['another schema', { ...good, schema: 'assay.evidence/2' }],
  ['padded base64', { ...good, ak: 'AQ==' }],
  ['base64 with spare bits set', { ...good, ak: 'AR' }],
  ['a digest of another size', { ...good, quotes: [{ ...good.quotes[0], pcrs: { sha256: { '0': 'ab' } } }] }],
  ['PCR 24', { ...good, quotes: [{ ...good.quotes[0], pcrs: { sha256: { '24': 'ab'.repeat(32) } } }] }],
  ['PCR written as 00', { ...good, quotes: [{ ...good.quotes[0], pcrs: { sha256: { '00': 'ab'.repeat(32) } } }] }],
  ['an unknown bank', { ...good, quotes: [{ ...good.quotes[0], pcrs: { md5: {} } }] }],
  ['quotes not an array', { ...good, quotes: {} }],
  ['nine quotes', { ...good, quotes: Array(9).fill(good.quotes[0]) }],
  ['a log id of another form', { ...good, logs: { ima: { id: 'md5:00' } } }],
  ['a hint that is no string', { ...good, hints: { hostname: 1 } }],
  ['an array', []],
];

describe('evidence bundle', () => {
  it('reads and writes the same document', () => {
    expect(bundleToJson(parseBundle(JSON.stringify(good)))).toEqual(good);
  });
  it.each(broken)('refuses %s', (_, value) => {
    expect(() => parseBundle(JSON.stringify(value))).toThrow(expect.objectContaining({ code: 'bundle.invalid' }));
  });
  it('refuses a __proto__ key (attack 88)', () => {
    const json = JSON.stringify(good).replace('"hints":{', '"hints":{"__proto__":{},');
    expect(() => parseBundle(json)).toThrow(expect.objectContaining({ code: 'json.key' }));
  });
  it('refuses deep nesting (attack 88)', () => {
    expect(() => parseBundle('['.repeat(100_000))).toThrow(expect.objectContaining({ code: 'json.depth' }));
  });
});
