import { describe, expect, it } from 'vitest';
import type { Fact, PinFact } from '../../src/facts/model.ts';
import { pinnedHost } from '../../src/results/host.ts';
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
  it('is the one the pin set gives the key to', () => {
    expect(pinnedHost({ links: HOLDING, facts: [pin({})] })).toBe('host-a');
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
