/** From a policy document to what an appraisal runs, and every way that fails. */
import { describe, expect, test } from 'vitest';
import { PolicyError } from '../../src/bytes/errors.ts';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { parsePolicy } from '../../src/policy/document.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { catalogue } from '../support/fixtures.ts';

const POLICY = `schema: assay.policy/1
name: test
version: '1'
selection: sha256:0-15
maxAgeSeconds: 900
pins: lab-hosts
manifests: [lab-uki]
references: [lab-ovmf]
`;
const resolved = (more = '', text = POLICY) => resolvePolicy(parsePolicy(`${text}${more}\n`), catalogue);
const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return error instanceof PolicyError ? error.code : String(error);
  }
  return 'accepted';
};

describe('the plan', () => {
  test('holds every required check, in the order of the chain, with its parameters', () => {
    const { plan } = resolved();
    expect(plan.map(({ check }) => check)).toEqual(CATALOGUE.filter((check) => check.required).map(({ id }) => id));
    expect(plan.find(({ check }) => check === 'firmware.startup-locality')?.parameters).toEqual({ allowed: [0, 3, 4] });
  });

  test('takes parameters from the policy', () => {
    const { plan } = resolved('checks: { firmware.startup-locality: { allowed: [3] } }');
    expect(plan.find(({ check }) => check === 'firmware.startup-locality')?.parameters).toEqual({ allowed: [3] });
  });

  test('says which check is accepted, by whom and why', () => {
    const { plan } = resolved('accept: [{ check: boot.order-approved, reason: two loaders race, owner: platform }]');
    const accepted = plan.filter((planned) => planned.accepted !== undefined);
    expect(accepted).toEqual([
      { check: 'boot.order-approved', parameters: {}, accepted: { reason: 'two loaders race', owner: 'platform' } },
    ]);
  });
});

describe('a policy', () => {
  test('is what its names resolve to, and its id says so', () => {
    const policy = resolved('exclude: { secure-boot: { reason: it is off on these hosts } }');
    expect(policy.manifests.map(({ name }) => name)).toEqual(['lab-uki']);
    expect(policy.references.map(({ name }) => name)).toEqual(['lab-ovmf']);
    expect(policy.pins?.name).toBe('lab-hosts');
    expect(policy.excluded).toEqual({ 'secure-boot': 'it is off on these hosts' });
    expect(policy.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(resolved('exclude: { secure-boot: { reason: it is off on these hosts } }').id).toBe(policy.id);
    expect(resolved('exclude: { secure-boot: { reason: it is off on those hosts } }').id).not.toBe(policy.id);
  });

  test('has another id when a document it names changes', () => {
    const manifests = new Map([['lab-uki', { ...catalogue.manifests.get('lab-uki')!, commandLine: 'quiet' }]]);
    expect(resolvePolicy(parsePolicy(POLICY), { ...catalogue, manifests }).id).not.toBe(resolved().id);
  });

  test('without pins has none', () => {
    expect(resolved('', POLICY.replace('pins: lab-hosts\n', '')).pins).toBeNull();
  });
});

describe('what cannot be resolved is refused', () => {
  test.each([
    ['an image', POLICY.replace('lab-uki', 'lab-ukis'), 'policy.unknown-name'],
    ['a reference', POLICY.replace('lab-ovmf', 'ovmf'), 'policy.unknown-name'],
    ['a pin set', POLICY.replace('lab-hosts', 'hosts'), 'policy.unknown-name'],
    ['a pin set that is a reference', POLICY.replace('lab-hosts', 'lab-ovmf'), 'policy.unknown-name'],
    ['no image', POLICY.replace('[lab-uki]', '[]'), 'policy.invalid'],
    ['a verdict that stands for ever', POLICY.replace('900', '99999999'), 'policy.invalid'],
    ['a verdict that stands for a moment', POLICY.replace('900', '1'), 'policy.invalid'],
    ['a digest in place of a name', POLICY.replace('lab-uki', `sha256:${'0'.repeat(64)}`), 'policy.invalid'],
    ['another schema', POLICY.replace('policy/1', 'policy/2'), 'policy.invalid'],
    ['no schema', POLICY.replace('schema: assay.policy/1\n', ''), 'policy.invalid'],
    ['two documents', `${POLICY}---\n${POLICY}`, 'policy.syntax'],
    ['a tag', POLICY.replace('version: ', 'version: !!js/function '), 'policy.syntax'],
    ['no text', '', 'policy.invalid'],
    ['a text beyond any policy', `${POLICY}# ${'x'.repeat(300_000)}`, 'policy.syntax'],
  ])('%s', (_, text, code) => expect(codeOf(() => resolved('', text))).toBe(code));

  test.each([
    ['a check that is not there', 'checks: { boot.nothing: {} }', 'policy.unknown-check'],
    ['a parameter that is not there', 'checks: { runtime.pcr15: { pcr16: closed } }', 'policy.parameters'],
    ['a parameter of another type', 'checks: { firmware.startup-locality: { allowed: [2] } }', 'policy.parameters'],
    ['a PCR open without a reason', "checks: { runtime.pcr15: { pcr15: { open: '' } } }", 'policy.parameters'],
    [
      'an accepted check that is not there',
      'accept: [{ check: x.y, reason: long enough, owner: me }]',
      'policy.unknown-check',
    ],
    [
      'an accepted check of link 1',
      'accept: [{ check: identity.ak-pinned, reason: long enough, owner: me }]',
      'policy.intrinsic',
    ],
    [
      'an accepted check of link 2',
      'accept: [{ check: quote.signed, reason: long enough, owner: me }]',
      'policy.intrinsic',
    ],
    [
      'an accepted check of link 3',
      'accept: [{ check: log.replays, reason: long enough, owner: me }]',
      'policy.intrinsic',
    ],
    [
      'an accepted check without an owner',
      'accept: [{ check: boot.order-approved, reason: long enough }]',
      'policy.invalid',
    ],
    ['link 1 excluded', 'exclude: { identity: { reason: long enough } }', 'policy.invalid'],
    ['link 6 excluded', 'exclude: { boot: { reason: long enough } }', 'policy.invalid'],
    ['a link excluded without a reason', 'exclude: { firmware: {} }', 'policy.invalid'],
    ['an unknown key', 'wavier: x', 'policy.invalid'],
  ])('%s', (_, more, code) => expect(codeOf(() => resolved(more))).toBe(code));
});
