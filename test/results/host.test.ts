import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Fact, PinFact } from '../../src/facts/model.ts';
import { confirmedKey, pinnedHost, thumbprint, type PublicJwk } from '../../src/results/host.ts';
import { HOLDING, linkResult } from './appraisals.ts';

function pin(value: Partial<PinFact>): Fact<'ak.pin'> {
  return {
    name: 'ak.pin',
    value: { state: 'pinned', by: 'pin-set', host: 'host-a', detail: '', ...value },
    provenance: {},
    subject: '',
    source: { part: 'ak' },
  };
}

describe('the host of a result', () => {
  it.each(['pin-set', 'enrolment'])('is the one the %s gives the key to', (by) => {
    expect(pinnedHost({ links: HOLDING, facts: [pin({ by })] })).toBe('host-a');
  });

  it.each([
    ['the caller pinned the key', [pin({ by: 'caller' })], HOLDING],
    ['the key is not pinned', [pin({ state: 'not-pinned' })], HOLDING],
    ['nothing is said', [], HOLDING],
    ['two pins are said', [pin({}), pin({ host: 'host-b' })], HOLDING],
    [
      'the quote is not proved',
      [pin({})],
      HOLDING.map((l) => (l.link === 'quote' ? linkResult('quote', 'broken') : l)),
    ],
    ['the key is not proved', [pin({})], HOLDING.slice(1)],
  ] as const)('is unknown when %s', (_, facts, links) => {
    expect(pinnedHost({ links, facts })).toBeNull();
  });
});

describe('the key of a result', () => {
  // RFC 7638 has no example on a curve; the value was computed with jose.
  const key: PublicJwk = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  };
  const claims = (hostKey: string | null): Fact => ({
    name: 'quote.claims',
    value: {
      state: 'present',
      claims: { bootId: '', hostKey, guests: [], hints: '', firmwareLog: null, imaLog: null, systemdLog: null },
      misfits: [],
    },
    provenance: {},
    subject: '',
    source: { part: 'quote' },
  });

  it('has the thumbprint other software computes', async () => {
    expect(thumbprint(key)).toBe(await calculateJwkThumbprint({ ...key }));
  });
  it('is the host’s when the quote binds it', () => {
    expect(confirmedKey({ links: HOLDING, facts: [claims(thumbprint(key))] }, key)).toEqual(key);
  });
  it.each([
    ['the quote binds another', [claims(thumbprint({ ...key, x: key.y }))], HOLDING, key],
    ['the quote binds none', [claims(null)], HOLDING, key],
    ['there are no claims', [], HOLDING, key],
    ['the host has none', [claims(thumbprint(key))], HOLDING, null],
    ['the quote is not proved', [claims(thumbprint(key))], HOLDING.filter(({ link }) => link !== 'quote'), key],
    ['the key is not proved', [claims(thumbprint(key))], HOLDING.slice(1), key],
  ] as const)('is left out when %s', (_, facts, links, hostKey) => {
    expect(confirmedKey({ links, facts }, hostKey)).toBeNull();
  });
});
