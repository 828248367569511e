import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LinkStatus } from '../../src/chain/model.ts';
import type { LinkId } from '../../src/checks/model.ts';
import { resultStatus, type ResultStatus } from '../../src/results/status.ts';
import { trustVector } from '../../src/results/trust-vector.ts';
import { anyAppraisal, HOLDING, linkResult } from './appraisals.ts';

/** AR4SI 2.3.2: the tier of a claim's value. */
function tier(value: number): ResultStatus {
  if (value >= 96) return 'contraindicated';
  if (value >= 32) return 'warning';
  return value >= 2 ? 'affirming' : 'none';
}

const SEVERITY: readonly ResultStatus[] = ['none', 'affirming', 'warning', 'contraindicated'];

function vectorWith(changes: Partial<Record<LinkId, LinkStatus>>) {
  return trustVector(HOLDING.map((link) => linkResult(link.link, changes[link.link] ?? 'holds')));
}

describe('the trustworthiness vector', () => {
  it('affirms what it appraised when every link holds, and claims nothing of hardware', () => {
    expect(vectorWith({})).toEqual({ 'instance-identity': 2, configuration: 2, executables: 2 });
  });

  it.each<[string, Partial<Record<LinkId, LinkStatus>>, object]>([
    ['an unknown AK', { identity: 'broken' }, { 'instance-identity': 97 }],
    ['a bad signature before an unknown AK', { identity: 'broken', quote: 'broken' }, { 'instance-identity': 99 }],
    ['a log that does not replay', { log: 'broken' }, { configuration: 99, executables: 99 }],
    ['Secure Boot off', { 'secure-boot': 'broken' }, { configuration: 96, executables: 2 }],
    ['an unapproved image', { boot: 'broken' }, { configuration: 96, executables: 96 }],
    ['an unapproved program', { runtime: 'broken' }, { configuration: 2, executables: 33 }],
    ['runtime excluded', { runtime: 'not-applicable' }, { executables: 3 }],
    ['runtime unproven', { runtime: 'unproven' }, { executables: 3 }],
    ['firmware unproven', { firmware: 'unproven' }, { executables: 0 }],
    ['Secure Boot excluded', { 'secure-boot': 'not-applicable' }, { configuration: 2 }],
    ['Secure Boot unproven', { 'secure-boot': 'unproven' }, { configuration: 0 }],
    ['no quote', { quote: 'unproven', log: 'unproven' }, { 'instance-identity': 0, configuration: 0, executables: 0 }],
  ])('%s', (_, changes, expected) => {
    expect(vectorWith(changes)).toMatchObject(expected);
  });

  it('is never worse than the tier of the result, which relying parties may recompute from it', () => {
    fc.assert(
      fc.property(anyAppraisal, (appraisal) => {
        const worst = Math.max(
          ...Object.values(trustVector(appraisal.links)).map((value: number) => SEVERITY.indexOf(tier(value))),
        );
        const status = resultStatus(appraisal);
        // Unproven is `none`, which the tiers order below affirming although it grants less.
        return status === 'none' ? worst <= SEVERITY.indexOf('affirming') : worst <= SEVERITY.indexOf(status);
      }),
    );
  });
});
