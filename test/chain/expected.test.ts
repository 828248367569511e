/** Every machine the lab captured, against what was written down before there was code to judge it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
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

test('every scenario and variant has its line', () => {
  const booted = SCENARIO_NAMES.map((scenario) => [scenario, Object.keys(SCENARIOS[scenario]).toSorted()]);
  const written = Object.entries(EXPECTED).map(([scenario, variants]) => [scenario, Object.keys(variants).toSorted()]);
  expect(written.toSorted()).toEqual(booted.toSorted());
});

for (const [scenario, variants] of Object.entries(EXPECTED)) {
  describe(scenario, () => {
    for (const [variant, expected] of Object.entries(variants)) {
      const name = `${scenario}/${variant}`;
      if (expected.boots === false) {
        test(`${variant} does not boot, and that is recorded`, () => {
          const provenance = JSON.parse(readFileSync(join(fixtureFolder(name), 'provenance.json'), 'utf8')) as {
            readonly result: string;
          };
          expect(provenance.result).toBe('does-not-boot');
          for (const file of BUNDLE_FILES) expect(existsSync(join(fixtureFolder(name), file))).toBe(false);
        });
        continue;
      }
      for (const file of BUNDLE_FILES) {
        test(`${variant}, ${file}`, () => {
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
          if (expected.component === null) return;
          const weakest = appraisal.links.find(({ link }) => link === expected.weakestLink);
          expect(weakest?.findings.map((finding) => finding.component)).toContain(expected.component);
        });
      }
    }
  });
}
