/** The three-valued "or" of one check's alternatives. */
import { describe, expect, test } from 'vitest';
import { anyOf } from '../../src/chain/any-of.ts';
import { appraise } from '../../src/chain/appraise.ts';
import { finding, no, unknown, yes } from '../../src/checks/outcome.ts';
import { parsePolicy } from '../../src/policy/document.ts';
import { readPolicy as readStored, writePolicy } from '../../src/policy/stored.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { catalogue, inputOf, readPolicy, statuses } from '../support/fixtures.ts';

const found = (expected: string, observed = 'seen') =>
  finding({ code: 'boot.order', component: 'x', expected, observed, at: { part: 'log.firmware', pcr: 4 } });
const outcomes = { yes: yes(), no: no([found('a')]), unknown: unknown([found('a')]) };

describe('the answer', () => {
  test.each([
    [['yes', 'no'], 'yes'],
    [['unknown', 'yes'], 'yes'],
    [['no', 'no'], 'no'],
    [['no', 'unknown'], 'unknown'],
    [['unknown', 'unknown'], 'unknown'],
    [['no'], 'no'],
  ] as const)('%j is %s', (branches, answer) => {
    expect(anyOf(branches.map((name) => outcomes[name])).answer).toBe(answer);
    expect(anyOf(branches.toReversed().map((name) => outcomes[name])).answer).toBe(answer);
  });

  test('of nothing is never given', () => {
    expect(() => anyOf([])).toThrow(RangeError);
  });
});

test('what every branch found is kept under its number; one thing found twice is one finding', () => {
  const { findings } = anyOf([no([found('a'), found('b', 'other')]), unknown([found('c')], ['a note'])]);
  expect(findings.map(({ expected, observed }) => [expected, observed])).toEqual([
    ['branch 1: a; branch 2: c', 'seen'],
    ['branch 1: b', 'other'],
  ]);
});

test('where one branch says yes, what the others found is shown as notes', () => {
  expect(anyOf([no([found('a')]), yes(['fine'])])).toEqual({
    answer: 'yes',
    findings: [],
    notes: ['branch 1: no', 'branch 1: boot.order, x: seen', 'branch 2: yes', 'branch 2: fine'],
  });
});

describe('in a policy', () => {
  const input = inputOf('uki/baseline');
  const document = readPolicy('policies/kvm-uki.yaml');
  const under = (branches: readonly Record<string, unknown>[]) => {
    const checks = { ...document.checks, 'firmware.startup-locality': { anyOf: branches } };
    const policy = resolvePolicy({ ...document, checks }, catalogue);
    return appraise({ ...input, policy: readStored(writePolicy(policy)) });
  };

  test('a host that passes one branch passes', () => {
    expect(under([{ allowed: [4] }, { allowed: [0] }]).verdict).toBe('trusted');
  });

  test('a host that passes none is told by each', () => {
    const appraisal = under([{ allowed: [4] }, { allowed: [3] }]);
    expect(statuses(appraisal).firmware).toBe('broken');
    expect(appraisal.links[3]!.findings.map(({ expected }) => expected)).toEqual(['branch 1: 4; branch 2: 3']);
  });

  test.each([
    ['no branch', 'firmware.startup-locality: { anyOf: [] }', 'policy.parameters'],
    ['seventeen', `firmware.startup-locality: { anyOf: [${'{},'.repeat(17)}] }`, 'policy.parameters'],
    ['a branch with an unknown parameter', 'runtime.pcr15: { anyOf: [{ pcr16: closed }] }', 'policy.parameters'],
    ['parameters beside the branches', 'runtime.pcr15: { pcr15: closed, anyOf: [{}] }', 'policy.parameters'],
    ['link 1', 'identity.ek-genuine: { anyOf: [{ classes: [lab] }] }', 'policy.intrinsic'],
  ])('%s is refused', (_, checks, code) => {
    const text = `schema: assay.policy/1\nname: x\nversion: '1'\nselection: sha256:0-15\nmaxAgeSeconds: 900\nmanifests: [lab-uki]\nreferences: []\nchecks: { ${checks} }\n`;
    expect(() => resolvePolicy(parsePolicy(text), catalogue)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
