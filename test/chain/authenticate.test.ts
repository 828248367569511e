/** Evidence whose parts do not belong together, or are none. */
import { expect, it } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { appraise } from '../../src/chain/appraise.ts';
import { codes } from '../support/fixtures.ts';
import { forge } from '../support/forge.ts';

it('two good quotes of two boots prove no value', () => {
  const one = forge('uki/baseline');
  const other = forge('uki/baseline', (host) => {
    host.attest = (attest) => ({
      ...attest,
      clockInfo: { ...attest.clockInfo, resetCount: attest.clockInfo.resetCount + 1 },
    });
  });
  const quotes = [...one.evidence.quotes, ...other.evidence.quotes];
  const appraisal = appraise({ ...one, evidence: { ...one.evidence, quotes } });
  expect([appraisal.verdict, appraisal.weakestLink, ...codes(appraisal)].join(' ')).toBe(
    'untrusted quote quote.joined',
  );
  expect(appraise(one).verdict).toBe('trusted');
  expect(
    appraise({ ...one, evidence: { ...one.evidence, quotes: [...one.evidence.quotes, ...one.evidence.quotes] } })
      .verdict,
  ).toBe('trusted');
});

it('a list that breaks its format is that, and not a list that was not sent', () => {
  const input = forge('uki/baseline');
  const bytes = new Uint8Array(64).fill(0xff);
  const factsOfPcr10 = (imaLog?: { readonly id: string; readonly bytes: Uint8Array }) => {
    const { imaLog: _, ...evidence } = input.evidence;
    const { facts } = appraise({ ...input, evidence: { ...evidence, ...(imaLog !== undefined && { imaLog }) } });
    return facts.filter(({ name, subject }) => name === 'pcr' && subject === '10').length;
  };
  expect(factsOfPcr10({ id: contentId(bytes), bytes })).toBe(0);
  expect(factsOfPcr10()).toBe(1);
});
