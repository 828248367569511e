/** Appraisal documents of every shape, for tests of what is derived from them. */

import * as fc from 'fast-check';
import type { Appraisal, LinkResult, LinkStatus } from '../../src/chain/model.ts';
import { LINKS, type Finding } from '../../src/checks/model.ts';

const STATUSES: readonly LinkStatus[] = ['holds', 'broken', 'unproven', 'not-applicable'];

export const HOLDING: readonly LinkResult[] = LINKS.map((link) => linkResult(link, 'holds'));

export function linkResult(link: LinkResult['link'], status: LinkStatus, more: Partial<LinkResult> = {}): LinkResult {
  const required = status !== 'not-applicable';
  return { link, status, reason: null, waived: 0, required, checks: [], findings: [], notes: [], ...more };
}

export function findingOf(code: Finding['code'], link: Finding['link']): Finding {
  const at = { part: 'log.firmware', pcr: 4, index: 3 };
  return { code, link, component: 'x', expected: 'a', observed: 'b', at, fingerprint: '0'.repeat(64) };
}

export function appraisal(more: Partial<Appraisal> = {}): Appraisal {
  return {
    schema: 'assay.appraisal/1',
    verdict: 'trusted',
    weakestLink: null,
    at: '2026-11-22T12:00:00.500Z',
    policy: { name: 'a-policy', id: `sha256:${'ab'.repeat(32)}` },
    image: { name: 'an-image', version: '1', outdated: false },
    caps: [],
    bank: 'sha256',
    links: HOLDING,
    facts: [],
    notCovered: [],
    inputs: {},
    ...more,
  };
}

/** Any combination of link statuses with the verdict the chain gives it. */
export const anyAppraisal: fc.Arbitrary<Appraisal> = fc
  .tuple(
    fc.tuple(...LINKS.map(() => fc.constantFrom(...STATUSES))),
    fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }),
  )
  .map(([statuses, caps]) => {
    const links = LINKS.map((link, index) => linkResult(link, statuses[index]!));
    const broken = links.find((link) => link.status === 'broken');
    const open = links.find((link) => link.status === 'unproven');
    const verdict = broken !== undefined ? 'untrusted' : open !== undefined ? 'unproven' : 'trusted';
    return appraisal({ links, caps, verdict, weakestLink: (broken ?? open)?.link ?? null });
  });
