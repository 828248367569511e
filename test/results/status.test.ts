import { describe, expect, it } from 'vitest';
import { resultStatus } from '../../src/results/status.ts';
import { appraisal, HOLDING, linkResult } from './appraisals.ts';

describe('the tier of a result', () => {
  it.each([
    ['trusted', 'affirming'],
    ['unproven', 'none'],
    ['untrusted', 'contraindicated'],
  ] as const)('maps %s to %s', (verdict, status) => {
    expect(resultStatus(appraisal({ verdict }))).toBe(status);
  });

  it('caps trusted at warning for what a policy accepts', () => {
    expect(resultStatus(appraisal({ caps: ['a check is accepted'] }))).toBe('warning');
  });

  it('caps trusted at warning for a waived link', () => {
    const links = [...HOLDING.slice(1), linkResult('identity', 'broken', { waived: 1 })];
    expect(resultStatus(appraisal({ links }))).toBe('warning');
  });

  it('does not raise untrusted or unproven by a cap', () => {
    expect(resultStatus(appraisal({ verdict: 'untrusted', caps: ['x'] }))).toBe('contraindicated');
    expect(resultStatus(appraisal({ verdict: 'unproven', caps: ['x'] }))).toBe('none');
  });
});
