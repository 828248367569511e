/** `POST /v1/appraise` with evidence of real machines. */

import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { AttestationResult } from '../../src/api/schemas.ts';
import type { EarClaims } from '../../src/results/ear.ts';
import { capturedRequest, post } from './captured.ts';
import { NOW, POLICY, startTestService, type TestService } from './running.ts';

/** The claims of an answer, after checking its type, signature and schema. */
async function claimsOf(service: TestService, response: Response): Promise<EarClaims> {
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/eat+jwt');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', service.url));
  const rules = { algorithms: ['ES256'], typ: 'eat+jwt', currentDate: new Date(NOW) };
  const { payload } = await jwtVerify<EarClaims>(await response.text(), keys, rules);
  expect(z.safeParse(AttestationResult, payload).error).toBeUndefined();
  return payload;
}

const chainOf = (claims: EarClaims) => claims.submods.host['assay.chain'];

describe('POST /v1/appraise', () => {
  it('answers a good machine with an affirming result for that challenge, host and policy', async () => {
    const service = await startTestService({ context: { issuer: 'https://verifier.example' } });
    const request = capturedRequest('uki/baseline');
    const claims = await claimsOf(service, await post(service.url, request));
    expect(claims).toMatchObject({ iss: 'https://verifier.example', sub: 'host:lab-a', eat_nonce: request.nonce });
    expect(claims.submods.host).toMatchObject({ 'ear.status': 'affirming', 'ear.appraisal-policy-id': POLICY.id });
    expect(chainOf(claims)).toMatchObject({ verdict: 'trusted', weakestLink: null });
    expect(claims.iat).toBe(NOW / 1000);
    expect(claims.exp).toBe(NOW / 1000 + POLICY.maxAgeSeconds);
  });

  it('gives each result an id of its own', async () => {
    const service = await startTestService();
    const request = capturedRequest('uki/baseline');
    const [one, two] = await Promise.all([post(service.url, request), post(service.url, request)]);
    expect((await claimsOf(service, one)).jti).not.toBe((await claimsOf(service, two)).jti);
  });

  it('says which link of a tampered machine is broken', async () => {
    const service = await startTestService();
    const claims = await claimsOf(service, await post(service.url, capturedRequest('uki/extra-program')));
    expect(claims.submods.host['ear.status']).toBe('contraindicated');
    expect(chainOf(claims)).toMatchObject({ verdict: 'untrusted', weakestLink: 'runtime' });
    expect(chainOf(claims).links[6]?.findings).toEqual(['runtime.entry-unapproved']);
  });

  it('answers a malformed part of a readable bundle with a result, not an error', async () => {
    const service = await startTestService();
    const request = capturedRequest('uki/baseline');
    request.bundle.logs.firmware = 'AAECAwQ';
    const claims = await claimsOf(service, await post(service.url, request));
    expect(chainOf(claims)).toMatchObject({ verdict: 'untrusted', weakestLink: 'log' });
    expect(chainOf(claims).links[2]?.findings).toContain('log.malformed');
  });

  it('does not affirm evidence of another challenge (attack 90)', async () => {
    const service = await startTestService();
    const request = { ...capturedRequest('uki/baseline'), nonce: Buffer.alloc(32, 1).toString('base64url') };
    const claims = await claimsOf(service, await post(service.url, request));
    expect(chainOf(claims)).toMatchObject({ verdict: 'untrusted', weakestLink: 'quote' });
    expect(claims).not.toHaveProperty('sub');
  });

  it('does not affirm evidence of a selection other than the challenged', async () => {
    const service = await startTestService();
    const request = { ...capturedRequest('uki/baseline'), selection: 'sha256:0-7' };
    const claims = await claimsOf(service, await post(service.url, request));
    expect(chainOf(claims)).toMatchObject({ verdict: 'untrusted', weakestLink: 'quote' });
  });

  it('judges with the selection of the policy when the caller states none', async () => {
    const service = await startTestService();
    const { selection: _selection, ...request } = capturedRequest('uki/baseline');
    const claims = await claimsOf(service, await post(service.url, request));
    expect(chainOf(claims).verdict).toBe('trusted');
  });

  it('believes no key but those of the policy’s pin set (attack 104)', async () => {
    const { pins, ...rest } = POLICY;
    const nobody = { ...rest, pins: { ...pins!, hosts: pins!.hosts.filter(({ host }) => host !== 'lab-a') } };
    const service = await startTestService({ policies: [nobody] });
    const claims = await claimsOf(service, await post(service.url, capturedRequest('uki/baseline')));
    expect(chainOf(claims)).toMatchObject({ verdict: 'untrusted', weakestLink: 'identity' });
  });

  it('does not take the quote of another host for that of the challenged one (attack 108)', async () => {
    const service = await startTestService();
    const request = capturedRequest('uki/baseline');
    const other = await claimsOf(service, await post(service.url, { ...request, host: 'lab-b' }));
    expect(chainOf(other)).toMatchObject({ verdict: 'untrusted', weakestLink: 'identity' });
    const same = await claimsOf(service, await post(service.url, { ...request, host: 'lab-a' }));
    expect(chainOf(same)).toMatchObject({ verdict: 'trusted' });
  });

  it('appraises under exactly the policy named', async () => {
    const lenient = { ...POLICY, name: 'kvm-uki-lenient', id: `sha256:${'0'.repeat(64)}` };
    const service = await startTestService({ policies: [lenient, POLICY] });
    const claims = await claimsOf(service, await post(service.url, capturedRequest('uki/baseline')));
    expect(claims.submods.host['ear.appraisal-policy-id']).toBe(POLICY.id);
  });
});
