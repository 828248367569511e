import * as fc from 'fast-check';
import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { AttestationResult } from '../../src/api/schemas.ts';
import { appraisalId, earClaims, type EarContext } from '../../src/results/ear.ts';
import { anyAppraisal, appraisal, findingOf, HOLDING, linkResult } from './appraisals.ts';

const context: EarContext = {
  nonce: new Uint8Array(32).fill(7),
  maxAgeSeconds: 900,
  host: 'host-a',
  verifier: { developer: 'assay', build: 'assay 1' },
  tokenId: 'id-1',
};

describe('the claims of a result', () => {
  it('carry time, nonce, policy and chain', () => {
    const claims = earClaims(appraisal(), context);
    expect(claims).toMatchObject({
      eat_profile: 'tag:github.com,2023:veraison/ear',
      sub: 'host:host-a',
      iat: Date.UTC(2026, 10, 22, 12) / 1000,
      eat_nonce: Buffer.alloc(32, 7).toString('base64url'),
      submods: { host: { 'ear.status': 'affirming', 'ear.appraisal-policy-id': `sha256:${'ab'.repeat(32)}` } },
    });
    expect(claims).not.toHaveProperty('iss');
  });

  it('expire no later than the policy lets the evidence stand', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 604_800 }), (maxAgeSeconds) => {
        const document = appraisal();
        const { exp } = earClaims(document, { ...context, maxAgeSeconds });
        return exp * 1000 <= Date.parse(document.at) + maxAgeSeconds * 1000;
      }),
    );
  });

  it('name finding codes once, and nothing a host chose', () => {
    const secret = 'text a host chose';
    const finding = { ...findingOf('boot.image-unapproved', 'boot'), observed: secret, component: secret };
    const links = HOLDING.map((link) =>
      link.link === 'boot' ? linkResult('boot', 'broken', { findings: [finding, finding], notes: [secret] }) : link,
    );
    const claims = earClaims(appraisal({ links, verdict: 'untrusted', weakestLink: 'boot' }), context);
    expect(claims.submods.host['assay.chain'].links[5]).toEqual({
      link: 'boot',
      status: 'broken',
      findings: ['boot.image-unapproved'],
    });
    expect(JSON.stringify(claims)).not.toContain(secret);
  });

  it('leave the subject out for an unknown host', () => {
    expect(earClaims(appraisal(), { ...context, host: null })).not.toHaveProperty('sub');
  });

  it('follow the published schema for every chain', () => {
    fc.assert(
      fc.property(anyAppraisal, (document) => z.safeParse(AttestationResult, earClaims(document, context)).success),
    );
  });

  it('name the appraisal by the digest of its canonical form', () => {
    const document = appraisal();
    const reordered = Object.fromEntries(Object.entries(document).toReversed()) as unknown as typeof document;
    expect(appraisalId(reordered)).toBe(appraisalId(document));
    expect(appraisalId({ ...document, verdict: 'unproven' })).not.toBe(appraisalId(document));
  });
});
