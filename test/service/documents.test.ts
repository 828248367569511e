/** The routes that say what is there, and what every answer carries. */

import { calculateJwkThumbprint, type JWK } from 'jose';
import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/api/openapi.ts';
import { Health, KeySet, Readiness } from '../../src/api/schemas.ts';
import { capturedRequest, post } from './captured.ts';
import { POLICY, startTestService } from './running.ts';

describe('the routes that say what is there', () => {
  it('publish the key under its RFC 7638 thumbprint, without its private part', async () => {
    const { url } = await startTestService();
    const response = await fetch(`${url}/.well-known/jwks.json`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const document: unknown = await response.json();
    const { keys } = z.parse(KeySet, document);
    expect(keys).toHaveLength(1);
    expect(keys[0]?.kid).toBe(await calculateJwkThumbprint(keys[0] as JWK));
  });

  it('tell life from readiness, and readiness by policy', async () => {
    const { url } = await startTestService();
    expect(z.parse(Health, await (await fetch(`${url}/healthz`)).json())).toEqual({ status: 'ok' });
    const readiness = z.parse(Readiness, await (await fetch(`${url}/readyz`)).json());
    expect(readiness.policies).toEqual([{ name: POLICY.name, version: POLICY.version, id: POLICY.id }]);
  });

  it('serve the OpenAPI document that is generated', async () => {
    const { url } = await startTestService();
    expect(await (await fetch(`${url}/openapi.json`)).json()).toEqual(
      JSON.parse(JSON.stringify(openApiDocument('0.0.0'))),
    );
  });

  it('answer HEAD', async () => {
    const { url } = await startTestService();
    expect((await fetch(`${url}/healthz`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('every answer', () => {
  it('carries a request id of our own and the headers of helmet', async () => {
    const { url } = await startTestService();
    const response = await fetch(`${url}/healthz`, { headers: { 'x-request-id': 'theirs' } });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.has('x-powered-by')).toBe(false);
  });
});

describe('the log', () => {
  it('tells what was decided, and holds no nonce, no token and no evidence', async () => {
    const service = await startTestService();
    const request = capturedRequest('uki/baseline');
    const token = await (await post(service.url, request)).text();
    await post(service.url, { ...request, policy: 'other' });
    await post(service.url, { ...request, bundle: { ...request.bundle, nonce: request.nonce } });
    await service.stop();
    const log = service.log();
    expect(log).toContain('"verdict":"trusted"');
    expect(log).toContain('"problem":"policy.unknown"');
    const secrets = [
      request.nonce,
      Buffer.from(request.nonce, 'base64url').toString('hex'),
      token,
      token.split('.')[2]!,
      request.bundle.quotes[0]!.attest.slice(0, 40),
      request.bundle.logs.firmware.slice(0, 40),
    ];
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  });

  it('holds no line a caller wrote (attack 98)', async () => {
    const service = await startTestService();
    await fetch(`${service.url}/a%0A%7B%22level%22%3A60%7D`);
    await fetch(`${service.url}/${'a'.repeat(5000)}`);
    await service.stop();
    const lines = service.log().trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual([30, 30]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(600);
  });
});
