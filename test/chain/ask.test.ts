/** How the planned checks are asked. */
import { describe, expect, it } from 'vitest';
import { EvidenceError } from '../../src/bytes/errors.ts';
import { ask } from '../../src/chain/ask.ts';
import { Facts } from '../../src/facts/facts.ts';
import { inputOf } from '../support/fixtures.ts';
import { pcr, PCRS } from '../support/facts.ts';

const { policy } = inputOf('uki-secureboot/baseline');
const IMAGE = { manifest: null, differences: [], commandLine: null };

function context(facts: Facts): Parameters<typeof ask>[2] {
  return {
    facts,
    references: { manifests: [], sets: [], expired: [], weak: [], selection: policy.selection, prior: null },
    image: IMAGE,
  };
}

/** The checks of the link that were asked. */
function asked(facts: Facts): readonly string[] {
  return ask(policy, 'secure-boot', context(facts)).flatMap(({ planned, outcome }) =>
    outcome === null ? [] : planned.check,
  );
}

describe('a check that reads a PCR', () => {
  it('is asked where the PCR replays', () => {
    expect(asked(new Facts(PCRS, 'sha256'))).toContain('secure-boot.enabled');
  });

  it('is not asked where the PCR is not quoted or does not replay', () => {
    const without = PCRS.filter((fact) => fact.subject !== '7');
    expect(asked(new Facts(without, 'sha256'))).not.toContain('secure-boot.enabled');
    expect(asked(new Facts([...without, pcr(7, { equal: false })], 'sha256'))).not.toContain('secure-boot.enabled');
  });
});

it('is asked nowhere without a context', () => {
  expect(ask(policy, 'secure-boot', null).map(({ outcome }) => outcome)).toContain(null);
  expect(ask(policy, 'secure-boot', null).every(({ outcome }) => outcome === null)).toBe(true);
});

it('a check that meets unread bytes is a fault of ours, and no word on the evidence', () => {
  class Unread extends Facts {
    override events(): never {
      throw new EvidenceError('bytes.truncated', 'unread');
    }
  }
  const facts = new Unread(PCRS, 'sha256');
  const judge = () => ask(policy, 'secure-boot', context(facts));
  expect(judge).toThrow(/^check secure-boot\.[a-z-]+ met unread evidence$/);
  expect(judge).not.toThrow(EvidenceError);
});
