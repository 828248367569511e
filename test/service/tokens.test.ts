/** Tokens and the record of changes, over HTTP. */

import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { EventList } from '../../src/api/event-schemas.ts';
import { TokenCreated, TokenList } from '../../src/api/token-schemas.ts';
import { NOW, startTestService, tokenOf, type TestService } from './running.ts';

const DAY = 86_400_000;

async function withAdmin(): Promise<{ service: TestService; admin: string }> {
  const service = await startTestService();
  return { service, admin: await tokenOf(service.context, 'admin') };
}

function send(service: TestService, token: string, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(service.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function create(service: TestService, admin: string, body: object): Promise<TokenCreated> {
  const response = await send(service, admin, 'POST', '/v1/tokens', body);
  expect(response.status).toBe(201);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return z.parse(TokenCreated, await response.json());
}

describe('a token', () => {
  it('is made, works, is listed without its text, and works no more once revoked', async () => {
    const { service, admin } = await withAdmin();
    const made = await create(service, admin, {
      name: 'auditor of plant 3',
      role: 'auditor',
      days: 2,
      reason: 'asked',
    });
    expect(made).toMatchObject({ name: 'auditor of plant 3', expiresAt: new Date(NOW + 2 * DAY).toISOString() });
    const listed = await send(service, made.token, 'GET', '/v1/tokens');
    const text = await listed.text();
    expect(text).not.toContain(made.token.slice(6));
    const { tokens } = z.parse(TokenList, JSON.parse(text));
    expect(tokens.find(({ id }) => id === made.id)).toMatchObject({
      role: 'auditor',
      revokedAt: null,
      lastUsedAt: new Date(NOW).toISOString(),
    });
    const revoked = await send(service, admin, 'DELETE', `/v1/tokens/${made.id}?reason=it+leaked`);
    expect([revoked.status, await revoked.text()]).toEqual([204, '']);
    expect((await send(service, made.token, 'GET', '/v1/tokens')).status).toBe(401);
  });

  it('lives for 90 days when nobody says how long', async () => {
    const { service, admin } = await withAdmin();
    const { expiresAt } = await create(service, admin, { name: 'a', role: 'viewer' });
    expect(expiresAt).toBe(new Date(NOW + 90 * DAY).toISOString());
  });

  it.each([
    [{ role: 'viewer' }, '/name'],
    [{ name: '', role: 'viewer' }, '/name'],
    [{ name: 'a\u001b[31m', role: 'viewer' }, '/name'],
    [{ name: 'a\u202eb', role: 'viewer' }, '/name'],
    [{ name: 'a'.repeat(101), role: 'viewer' }, '/name'],
    [{ name: 'a', role: 'root' }, '/role'],
    [{ name: 'a', role: 'viewer', days: 367 }, '/days'],
    [{ name: 'a', role: 'viewer', days: 0 }, '/days'],
    [{ name: 'a', role: 'viewer', token: 'assay_mine' }, '/token'],
  ])('is not made of %j', async (body, pointer) => {
    const { service, admin } = await withAdmin();
    const response = await send(service, admin, 'POST', '/v1/tokens', body);
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(errors.map((error) => error.pointer)).toEqual([pointer]);
  });

  it('is not made of a body that is too large for it', async () => {
    const { service, admin } = await withAdmin();
    const response = await send(service, admin, 'POST', '/v1/tokens', { name: 'a'.repeat(70_000), role: 'viewer' });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ detail: 'the body exceeds the limit of 65536 bytes' });
  });
});

describe('the record of changes', () => {
  it('says who did what, when and why, page by page', async () => {
    const { service, admin } = await withAdmin();
    const { id } = await create(service, admin, { name: 'a', role: 'viewer', reason: 'for the dashboard' });
    await send(service, admin, 'DELETE', `/v1/tokens/${id}?reason=gone`);
    const page = async (query: string) =>
      z.parse(EventList, await (await send(service, admin, 'GET', `/v1/events${query}`)).json());
    const { events, next } = await page(`?subject=token:${id}`);
    expect(next).toBeNull();
    const [adminId] = (await page('?limit=9')).events.flatMap(({ subject }) =>
      subject.kind === 'token' ? subject.id : [],
    );
    const common = { at: new Date(NOW).toISOString(), actor: `token:${adminId}`, subject: { kind: 'token', id } };
    expect(events).toEqual([
      {
        ...common,
        seq: 3,
        action: 'token.created',
        reason: 'for the dashboard',
        detail: { name: 'a', role: 'viewer', expiresAt: NOW + 90 * DAY },
      },
      { ...common, seq: 4, action: 'token.revoked', reason: 'gone', detail: { name: 'a' } },
    ]);
    expect((await page('?limit=1')).next).toBe(1);
    expect((await page('?after=1')).events.map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });
});

describe('the log of the service', () => {
  it('names the token that called by its id, and holds no token, digest or reason (attack 99)', async () => {
    const { service, admin } = await withAdmin();
    const made = await create(service, admin, { name: 'a', role: 'viewer' });
    await send(service, made.token, 'GET', '/v1/events');
    await send(service, `${made.token}x`, 'GET', `/v1/tokens?reason=${made.token}`);
    await send(service, admin, 'GET', `/v1/tokens/${made.token}`);
    await send(service, admin, 'GET', `/${made.token}`);
    await send(service, admin, 'DELETE', `/v1/tokens/${made.token}`);
    const digests = await service.context.store.read.selectFrom('tokens').select('sha256').execute();
    await service.stop();
    const log = service.log();
    expect(log).toContain(`"token":"${made.id}"`);
    expect(log).toContain('"path":"/v1/tokens/{id}"');
    const secrets = [admin, made.token].map((text) => text.slice(6, 30)).concat(digests.map(({ sha256 }) => sha256));
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  });

  it('holds of an error of the database its words, not the values at fault', async () => {
    const service = await startTestService();
    const auditor = await tokenOf(service.context, 'auditor');
    const cause = Object.assign(new Error('duplicate key'), {
      detail: 'Key (sha256)=(swordfish)',
      parameters: ['swordfish'],
    });
    const broken = {
      ...service.context.store,
      read: {
        selectFrom: () => {
          throw cause;
        },
      },
    };
    const other = await startTestService({ context: { store: broken } });
    expect((await send(other, auditor, 'GET', '/v1/events')).status).toBe(500);
    expect(other.log()).toContain('duplicate key');
    expect(other.log()).not.toContain('swordfish');
  });
});
