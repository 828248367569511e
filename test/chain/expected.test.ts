/** Every machine the lab captured, against what was written down before there was code to judge it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LinkStatus, Verdict } from '../../src/chain/model.ts';
import type { LinkId } from '../../src/checks/model.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../lab/scenarios.ts';
import { appraiseFixture, BUNDLE_FILES, codes, fixtureFolder, ROOT, statuses } from '../support/fixtures.ts';

interface Judged {
  readonly boots?: true;
  readonly verdict: Verdict;
  readonly weakestLink: LinkId | null;
  readonly links: Readonly<Record<LinkId, LinkStatus>>;
  readonly findings: readonly string[];
  readonly component: string | null;
}
type Expected = Judged | { readonly boots: false };

const EXPECTED = JSON.parse(readFileSync(join(ROOT, 'test/lab/expected.json'), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, Expected>>>
>;

const ALL = Object.entries(EXPECTED).flatMap(([scenario, variants]) =>
  Object.entries(variants).map(([variant, expected]) => ({ name: `${scenario}/${variant}`, expected })),
);
const judged = ALL.flatMap(({ name, expected }) =>
  expected.boots === false ? [] : BUNDLE_FILES.map((file) => ({ name, file, expected })),
);
const refused = ALL.filter(({ expected }) => expected.boots === false);

test('every scenario and variant has its line', () => {
  const booted = SCENARIO_NAMES.flatMap((scenario) =>
    Object.keys(SCENARIOS[scenario]).map((variant) => `${scenario}/${variant}`),
  );
  expect(ALL.map(({ name }) => name).toSorted()).toEqual(booted.toSorted());
});

test.each(judged)('$name, $file', ({ name, file, expected }) => {
  const appraisal = appraiseFixture(name, file);
  expect({
    verdict: appraisal.verdict,
    weakestLink: appraisal.weakestLink,
    links: statuses(appraisal),
    findings: codes(appraisal),
  }).toEqual({
    verdict: expected.verdict,
    weakestLink: expected.weakestLink,
    links: expected.links,
    findings: expected.findings.toSorted(),
  });
  const weakest = appraisal.links.find(({ link }) => link === expected.weakestLink);
  const named = weakest?.findings.map((finding) => finding.component) ?? [];
  expect(named.includes(expected.component ?? named[0] ?? '')).toBe(named.length > 0);
});

test.each(refused)('$name does not boot, and that is recorded', ({ name }) => {
  const text = readFileSync(join(fixtureFolder(name), 'provenance.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ result: 'does-not-boot' });
  expect(BUNDLE_FILES.filter((file) => existsSync(join(fixtureFolder(name), file)))).toEqual([]);
});
