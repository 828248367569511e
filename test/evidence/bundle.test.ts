import { describe, expect, it } from 'vitest';
import { bundleToJson, parseBundle } from '../../src/evidence/bundle.ts';

const good = {
  schema: 'assay.evidence/1',
  ak: 'AAEC',
  quotes: [{ attest: 'AQ', signature: 'Ag', pcrs: { sha256: { '0': 'ab'.repeat(32), '15': '00'.repeat(32) } } }],
  logs: { firmware: 'AQID', ima: { id: `sha256:${'0'.repeat(64)}` }, systemd: 'HgE' },
  claims: {
    bootId: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
    hostKey: 'A'.repeat(43),
    guests: ['0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f1'],
    hints: `sha256:${'1'.repeat(64)}`,
    firmwareLog: 3,
    imaLog: null,
    systemdLog: 2,
  },
  hints: { hostname: 'a' },
};
const claiming = (change: object): unknown => ({ ...good, claims: { ...good.claims, ...change } });

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
  ['a log with an id and bytes', { ...good, logs: { ima: { id: `sha256:${'0'.repeat(64)}`, bytes: 'AA' } } }],
  ['a tail that is no base64url', { ...good, logs: { ima: { id: `sha256:${'0'.repeat(64)}`, tail: '*' } } }],
  ['claims that are no object', { ...good, claims: [] }],
  ['an unknown claim', claiming({ nonce: 'AAAA' })],
  ['a boot id in capitals', claiming({ bootId: '0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0' })],
  ['a host key that is no thumbprint', claiming({ hostKey: 'A'.repeat(42) })],
  ['a missing host key', claiming({ hostKey: undefined })],
  ['guests that are no list', claiming({ guests: {} })],
  ['a guest that is no UUID', claiming({ guests: ['all'] })],
  ['more guests than a machine has', claiming({ guests: Array(4097).fill(good.claims.guests[0]) })],
  ['hints of another form', claiming({ hints: 'md5:00' })],
  ['a negative length', claiming({ imaLog: -1 })],
  ['a length with a fraction', claiming({ firmwareLog: 0.5 })],
  ['a missing length', claiming({ firmwareLog: undefined })],
  ['a missing length of a runtime log', claiming({ systemdLog: undefined })],
  ['a hint with half a character', { ...good, hints: { hostname: '\ud800' } }],
  ['a hint that is no string', { ...good, hints: { hostname: 1 } }],
  ['an array', []],
];

describe('evidence bundle', () => {
  it('reads and writes the same document', () => {
    expect(bundleToJson(parseBundle(JSON.stringify(good)))).toEqual(good);
  });
  it('reads and writes a log of which only the end came', () => {
    const tail = { ...good, logs: { ima: { id: `sha256:${'0'.repeat(64)}`, tail: 'AQID' } } };
    expect(bundleToJson(parseBundle(JSON.stringify(tail)))).toEqual(tail);
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
