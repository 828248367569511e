/** The rules of judging, one by one. */
import { describe, expect, test } from 'vitest';
import { draftLink, fold, type Asked, type LinkDraft } from '../../src/chain/fold.ts';
import { FOUNDATION, RESTS_ON } from '../../src/chain/links.ts';
import { LINKS, type Answer, type LinkId } from '../../src/checks/model.ts';
import { finding } from '../../src/checks/outcome.ts';
import type { PlannedCheck, ResolvedPolicy } from '../../src/policy/resolve.ts';

const ACCEPTED = { reason: 'it is so', owner: 'the owner' };
const found = (observed: string, index = 0) =>
  finding({ code: 'boot.order', component: 'x', expected: 'y', observed, at: { part: 'log.firmware', pcr: 4, index } });

function asked(answer: Answer | null, accepted = false, check = 'boot.order-approved'): Asked {
  const planned: PlannedCheck = { check, parameters: {}, ...(accepted && { accepted: ACCEPTED }) };
  return { planned, outcome: answer === null ? null : { answer, findings: [], notes: [] } };
}

const policy = (
  excluded: Partial<Record<LinkId, string>> = {},
  plan: readonly PlannedCheck[] = [],
): ResolvedPolicy => ({
  name: 'test',
  version: '1',
  id: `sha256:${'0'.repeat(64)}`,
  selection: 'sha256:0-15',
  maxAgeSeconds: 60,
  manifests: [],
  references: [],
  pins: null,
  plan,
  excluded,
});

/** All links hold but those given. */
function chain(other: Partial<Record<LinkId, Answer | null>>): LinkDraft[] {
  return LINKS.map((link) => draftLink(link, [asked(link in other ? other[link]! : 'yes')]));
}

const told = (drafts: LinkDraft[], excluded: Partial<Record<LinkId, string>> = {}) => {
  const { verdict, weakestLink, links } = fold(drafts, policy(excluded));
  return { verdict, weakestLink, links: Object.fromEntries(links.map(({ link, status }) => [link, status])) };
};

describe('one link by its own checks', () => {
  test.each([
    ['every yes', [asked('yes'), asked('yes')], 'holds'],
    ['any no', [asked('yes'), asked('no'), asked('unknown')], 'broken'],
    ['any unknown', [asked('yes'), asked('unknown')], 'unproven'],
    ['an unanswered check', [asked('yes'), asked(null)], 'unproven'],
    ['no check at all', [], 'unproven'],
    ['an accepted unknown', [asked('yes'), asked('unknown', true)], 'holds'],
    ['an accepted unanswered check', [asked('yes'), asked(null, true)], 'holds'],
    ['an accepted no, which stays a no', [asked('yes'), asked('no', true)], 'broken'],
    ['an unknown beside an accepted one', [asked('unknown'), asked('unknown', true)], 'unproven'],
  ] as const)('%s', (_, outcomes, status) => {
    expect(draftLink('boot', outcomes).status).toBe(status);
  });

  test('says which check is the reason, and nothing where it holds', () => {
    const other = (answer: Answer | null) => [asked('yes'), asked(answer, false, 'boot.images-approved')];
    expect(draftLink('boot', other('yes')).reason).toBeNull();
    expect(draftLink('boot', other('no')).reason).toBe('boot.images-approved: no');
    expect(draftLink('boot', other('unknown')).reason).toBe('boot.images-approved: unknown');
    expect(draftLink('boot', other(null)).reason).toBe('boot.images-approved: unknown');
    expect(draftLink('boot', []).reason).toBe('no check was asked');
  });

  test('shows an accepted check with its reason and owner, and an unanswered one as unknown', () => {
    expect(draftLink('boot', [asked(null, true), asked('yes')]).checks).toEqual([
      { check: 'boot.order-approved', answer: 'unknown', accepted: ACCEPTED },
      { check: 'boot.order-approved', answer: 'yes' },
    ]);
  });

  test('one thing found or noted by two checks is one; one thing in two places is two', () => {
    const outcome = (findings: ReturnType<typeof found>[]): Asked => ({
      ...asked('no'),
      outcome: { answer: 'no', findings, notes: ['seen'] },
    });
    const draft = draftLink('boot', [outcome([found('a'), found('b')]), outcome([found('a'), found('a', 1)])]);
    expect(draft.findings).toEqual([found('a'), found('b'), found('a', 1)]);
    expect(draft.notes).toEqual(['seen']);
  });
});

describe('links in the chain', () => {
  test('all hold', () => {
    expect(told(chain({}))).toMatchObject({ verdict: 'trusted', weakestLink: null });
  });

  test.each(FOUNDATION)('nothing behind %s is said while it does not hold', (link) => {
    for (const answer of ['no', 'unknown'] as const) {
      const { links, verdict } = told(chain({ [link]: answer, boot: 'no', runtime: 'unknown' }));
      const behind = LINKS.slice(LINKS.indexOf(link) + 1);
      expect(behind.map((id) => links[id])).toEqual(behind.map(() => 'unproven'));
      expect(verdict).toBe(answer === 'no' ? 'untrusted' : 'unproven');
    }
  });

  test.each(
    LINKS.filter((link) => !FOUNDATION.includes(link)).flatMap((link) =>
      RESTS_ON[link].filter((basis) => !FOUNDATION.includes(basis)).map((basis) => [link, basis]),
    ),
  )('%s, which rests on %s, is demoted when that does not hold, and broken stays broken', (link, basis) => {
    for (const answer of ['no', 'unknown'] as const) {
      expect(told(chain({ [basis]: answer })).links[link]).toBe('unproven');
      expect(told(chain({ [basis]: answer, [link]: 'no' })).links[link]).toBe('broken');
    }
  });

  test('a demoted link says on what it rests', () => {
    const { links } = fold(chain({ boot: 'unknown' }), policy());
    expect(links.find(({ link }) => link === 'runtime')?.reason).toBe('rests on boot, which does not hold');
  });

  test('link 6 does not rest on link 5: its images are approved by digest', () => {
    expect(told(chain({ 'secure-boot': 'no' })).links).toMatchObject({
      boot: 'holds',
      runtime: 'holds',
      hypervisor: 'holds',
    });
  });

  test('the weakest link is the first broken one, else the first unproven', () => {
    expect(told(chain({ firmware: 'unknown', runtime: 'no' }))).toMatchObject({
      verdict: 'untrusted',
      weakestLink: 'runtime',
    });
    expect(told(chain({ firmware: 'no', runtime: 'no' }))).toMatchObject({
      verdict: 'untrusted',
      weakestLink: 'firmware',
    });
    expect(told(chain({ runtime: 'unknown' }))).toMatchObject({ verdict: 'unproven', weakestLink: 'runtime' });
  });
});

describe('an excluded link', () => {
  test('is not applicable, says the policy’s reason and none of its findings', () => {
    const { links } = fold(chain({ 'secure-boot': 'no' }), policy({ 'secure-boot': 'it is off here' }));
    expect(links.find(({ link }) => link === 'secure-boot')).toEqual({
      link: 'secure-boot',
      status: 'not-applicable',
      reason: 'it is off here',
      waived: 0,
      required: false,
      checks: [],
      findings: [],
      notes: [],
    });
  });

  test('neither decides the verdict nor demotes what rests on it', () => {
    expect(told(chain({ firmware: 'no' }), { firmware: 'another team' })).toMatchObject({
      verdict: 'trusted',
      weakestLink: null,
      links: { firmware: 'not-applicable', boot: 'holds' },
    });
  });
});

describe('what caps the result', () => {
  test('is nothing as a rule, not even another excluded link', () => {
    expect(fold(chain({}), policy({ 'secure-boot': 'it is off here' })).caps).toEqual([]);
  });

  test('is link 4 excluded, and each accepted check', () => {
    const plan = [{ check: 'boot.order-approved', parameters: {}, accepted: ACCEPTED }];
    expect(fold(chain({}), policy({ firmware: 'another team' }, plan)).caps).toEqual([
      'link firmware excluded: another team',
      'boot.order-approved accepted by the owner: it is so',
    ]);
  });
});
