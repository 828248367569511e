/** Every refusal of the service, by its code. */

import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { Problem, PROBLEMS, type ProblemCode } from '../../src/api/problems.ts';
import { agentClient, ProblemResponse, type ApiResponse } from '../../src/api/client.ts';
import { httpTransport } from '../../src/api/transport.ts';
import { toBase64url } from '../../src/bytes/text.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { issueChallenge } from '../../src/service/challenge.ts';
import { joinTokenDigest } from '../../src/service/hosts/enrol.ts';
import type { HostLimits } from '../../src/service/hosts/host-service.ts';
import { insertBlob, packBlob } from '../../src/store/blobs.ts';
import { changeHost, createHost, retireHost } from '../../src/store/hosts.ts';
import { createJoinToken } from '../../src/store/join-tokens.ts';
import { addTrustRoot } from '../../src/store/trust-roots.ts';
import { ADMIN } from '../store/database.ts';
import { makeEkAuthority } from '../support/ek-authority.ts';
import { catalogue, readPolicy } from '../support/fixtures.ts';
import { SoftwareHost } from './hosts/software-host.ts';
import { capturedRequest, post } from './captured.ts';
import { connectRaw, splitRequest } from './raw-connection.ts';
import { CHALLENGE_KEY, NOW, POLICY, startTestService, tokenOf } from './running.ts';

const seen = new Set<ProblemCode>();

/** Checks that an answer is the problem expected, whole and by its schema. */
function expectProblem(code: ProblemCode, status: number, type: string | null, text: string): Problem {
  seen.add(code);
  expect(text).toContain(`"code":"${code}"`);
  expect(type).toBe('application/problem+json');
  expect(status).toBe(PROBLEMS[code].status);
  const result = z.safeParse(Problem, JSON.parse(text));
  expect(result.error).toBeUndefined();
  return result.data!;
}

async function expectResponse(code: ProblemCode, response: Response): Promise<Problem> {
  return expectProblem(code, response.status, response.headers.get('content-type'), await response.text());
}

/** The same for an answer read from a socket. */
function expectRaw(code: ProblemCode, answer: string): Problem {
  const [head, body] = answer.split('\r\n\r\n') as [string, string];
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  const type = /^content-type: (.*)$/im.exec(head)?.[1] ?? null;
  return expectProblem(code, status, type, body);
}

const small = { bundle: { schema: 'assay.evidence/1', quotes: [] }, nonce: 'A'.repeat(43), policy: 'kvm-uki' };

describe('a body that is no request', () => {
  it.each([
    ['no JSON', '{"bundle":'],
    ['nothing', ''],
    ['nested too deep (attack 88)', `{"bundle":${'['.repeat(1000)}${']'.repeat(1000)}}`],
    ['a __proto__ key (attack 88)', '{"__proto__":{"policy":"kvm-uki"}}'],
  ])('is refused: %s', async (_, body) => {
    const { url } = await startTestService();
    await expectResponse('request.json', await post(url, body));
  });

  it('is refused when it is not UTF-8', async () => {
    const { url } = await startTestService();
    const headers = { 'content-type': 'application/json' };
    const body = Buffer.from('{"policy":"\u00ff"}', 'latin1');
    await expectResponse('request.json', await fetch(`${url}/v1/appraise`, { method: 'POST', headers, body }));
  });

  it.each([
    ['a pin (attack 104)', { ...small, pins: [{ akName: '000b' }] }, '/pins'],
    ['an attestation key (attack 104)', { ...small, ak: 'AAAA' }, '/ak'],
    ['a time (attack 102)', { ...small, at: '2020-01-01T00:00:00Z' }, '/at'],
    ['no nonce', { bundle: small.bundle, policy: 'kvm-uki' }, '/nonce'],
    ['a nonce of 8 bytes (attack 90)', { ...small, nonce: 'AAAAAAAAAAA' }, '/nonce'],
    ['a nonce of 15 bytes', { ...small, nonce: Buffer.alloc(15).toString('base64url') }, '/nonce'],
    ['a nonce of 33 bytes', { ...small, nonce: Buffer.alloc(33).toString('base64url') }, '/nonce'],
    ['a nonce with spare bits', { ...small, nonce: `${'A'.repeat(42)}B` }, '/nonce'],
    ['a policy that is no name', { ...small, policy: { name: 'kvm-uki' } }, '/policy'],
    ['a selection that is none', { ...small, selection: 'sha256:0-99' }, '/selection'],
    ['an array', [], ''],
  ])('is refused with a pointer: %s', async (_, body, pointer) => {
    const { url } = await startTestService();
    const { errors } = await expectResponse('request.invalid', await post(url, body));
    expect(errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it('is refused with few words, however many things are wrong', async () => {
    const { url } = await startTestService();
    const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key-${index}`, 1]));
    const { errors } = await expectResponse('request.invalid', await post(url, { ...small, ...keys }));
    expect(errors?.length).toBeLessThanOrEqual(20);
  });

  it('is refused when its type is another', async () => {
    const { url } = await startTestService();
    await expectResponse('request.content-type', await post(url, small, { 'content-type': 'text/plain' }));
  });

  it('is refused when it is compressed (attack 98)', async () => {
    const { url } = await startTestService();
    await expectResponse('request.content-encoding', await post(url, small, { 'content-encoding': 'gzip' }));
  });

  it('is refused when the caller accepts no result', async () => {
    const { url } = await startTestService();
    await expectResponse('request.not-acceptable', await post(url, small, { accept: 'text/html' }));
  });

  it('is refused when it is too large, by its stated length', async () => {
    const { url } = await startTestService({ limits: { bodyBytes: 100 } });
    const { detail } = await expectResponse('request.too-large', await post(url, small));
    expect(detail).toContain('100 bytes');
  });

  it('is refused when it is too large and states no length', async () => {
    const { url } = await startTestService({ limits: { bodyBytes: 100 } });
    const body = new Blob([JSON.stringify(small)]).stream();
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body, duplex: 'half' };
    await expectResponse('request.too-large', await fetch(`${url}/v1/appraise`, request as RequestInit));
  });
});

describe('a request the service cannot answer with a result', () => {
  it('has a bundle that cannot be read', async () => {
    const { url } = await startTestService();
    const body = { ...small, bundle: { schema: 'assay.evidence/1' } };
    const { detail } = await expectResponse('evidence.unreadable', await post(url, body));
    expect(detail).toContain('bundle.invalid');
  });

  it('has a bundle whose keys are not printed as they are', async () => {
    const { url } = await startTestService();
    const body = { ...small, bundle: { 'a\u001b[31m\nb': 1 } };
    const { detail } = await expectResponse('evidence.unreadable', await post(url, body));
    expect(detail).not.toMatch(/[\u0000-\u001f]/);
  });

  it.each(['kvm-uk', 'kvm-uki ', 'KVM-UKI', '__proto__', 'constructor', 'kvm-uki\u0000'])(
    'names the policy %j, which is not loaded (attack 100)',
    async (policy) => {
      const { url } = await startTestService();
      await expectResponse('policy.unknown', await post(url, { ...capturedRequest('uki/baseline'), policy }));
    },
  );

  it('names a host the pin set does not have', async () => {
    const { url } = await startTestService();
    const response = await post(url, { ...capturedRequest('uki/baseline'), host: 'lab-' });
    await expectResponse('host.unknown', response);
  });

  it('meets a fault of our own: an id, no verdict, no cause', async () => {
    const broken = { ...POLICY, plan: null as never };
    const service = await startTestService({ policies: [broken] });
    const document = await expectResponse('service.internal', await post(service.url, capturedRequest('uki/baseline')));
    expect(JSON.stringify(document)).not.toMatch(/trusted|TypeError|plan/);
    const id = document.instance.replace('urn:uuid:', '');
    expect(service.log()).toContain(id);
    expect(service.log()).toContain('TypeError');
  });
});

describe('a path', () => {
  it.each(['/', '/v1', '/v1/appraise/', '/V1/appraise', '/healthz/', '/.well-known/jwks.JSON', '/v1/policies'])(
    'that is not there: %s',
    async (path) => {
      const { url } = await startTestService();
      await expectResponse('route.unknown', await fetch(url + path));
    },
  );

  it.each([
    ['GET', '/v1/appraise', 'POST'],
    ['PUT', '/v1/appraise', 'POST'],
    ['OPTIONS', '/v1/appraise', 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/.well-known/jwks.json', 'GET, HEAD'],
  ])('that does not take %s: %s', async (method, path, allow) => {
    const { url } = await startTestService();
    const response = await fetch(url + path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    await expectResponse('route.method', response);
  });
});

describe('too much at once', () => {
  it('is refused above the rate', async () => {
    const { url } = await startTestService({ limits: { rateBurst: 2, ratePerSecond: 1 }, context: { now: () => 0 } });
    await fetch(`${url}/healthz`);
    await fetch(`${url}/healthz`);
    const response = await fetch(`${url}/healthz`);
    expect(response.headers.get('retry-after')).toBe('1');
    await expectResponse('service.rate', response);
  });

  it('is refused above the number of appraisals, and taken again afterwards', async () => {
    const { url } = await startTestService({ limits: { concurrent: 1, rateBurst: 100_000 } });
    // A place is held while the result is signed: of several requests at once some find it taken.
    let busy: Response | undefined;
    while (busy === undefined) {
      const responses = await Promise.all(Array.from({ length: 8 }, () => post(url, small)));
      busy = responses.find(({ status }) => status !== 200);
    }
    expect(busy.headers.get('retry-after')).toBe('1');
    await expectResponse('service.busy', busy);
    expect((await post(url, small)).status).toBe(200);
  });
});

describe('a client that does not keep to HTTP', () => {
  it('is answered when its request line is none', async () => {
    const { url } = await startTestService();
    const connection = await connectRaw(url);
    connection.write('nonsense\r\n\r\n');
    expectRaw('request.malformed', await connection.ended);
  });

  it('is answered when its headers are too large', async () => {
    const { url } = await startTestService();
    const connection = await connectRaw(url);
    connection.write(`GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
    expectRaw('request.headers-too-large', await connection.ended);
  });

  it('is cut off when its headers dribble (attack 94)', async () => {
    const { url } = await startTestService({
      limits: { headersTimeout: 100, requestTimeout: 200, timeoutInterval: 20 },
    });
    const connection = await connectRaw(url);
    connection.write('GET /healthz HTTP/1.1\r\nHost: a\r\n');
    expectRaw('request.timeout', await connection.ended);
  });

  it('is cut off when its body dribbles (attack 94)', async () => {
    const { url } = await startTestService({
      limits: { headersTimeout: 100, requestTimeout: 200, timeoutInterval: 20 },
    });
    const connection = await connectRaw(url);
    connection.write(splitRequest(JSON.stringify(small))[0]);
    expectRaw('request.timeout', await connection.ended);
  });

  it('is cut off when its body comes more slowly than the rate, long before the request’s own time is over', async () => {
    const { url } = await startTestService({
      limits: { bodyBytesPerSecond: 1000, bodyGrace: 100, timeoutInterval: 20 },
    });
    const connection = await connectRaw(url);
    connection.write(splitRequest(JSON.stringify(small))[0]);
    const { detail } = expectRaw('request.timeout', await connection.ended);
    expect(detail).toContain('1000 bytes a second');
  });
});

describe('a service that is told to stop', () => {
  it('refuses what was not begun, and finishes what was', async () => {
    const service = await startTestService();
    const begun = await connectRaw(service.url);
    const late = await connectRaw(service.url);
    const [head, rest] = splitRequest(JSON.stringify(capturedRequest('uki/baseline')));
    begun.write(head);
    late.write('GET /healthz HTTP/1.1\r\n');
    // Both are under way once a third request, sent after them, is answered.
    await fetch(`${service.url}/healthz`);
    const stopped = service.stop();
    late.write('Host: localhost\r\n\r\n');
    expectRaw('service.stopping', await late.ended);
    begun.write(rest);
    expect(await begun.ended).toMatch(/^HTTP\/1\.1 200 /);
    await stopped;
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow('fetch failed');
  });

  it('does not wait longer than the grace time', async () => {
    const service = await startTestService({ limits: { shutdownGrace: 50 } });
    const begun = await connectRaw(service.url);
    begun.write(splitRequest(JSON.stringify(small))[0]);
    await fetch(`${service.url}/healthz`);
    await service.stop();
    expect(await begun.ended).toBe('');
  });
});

describe('a caller', () => {
  const ID = '00000000-0000-7000-8000-000000000000';
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  it('without a token is told to bring one', async () => {
    const { url } = await startTestService();
    const response = await fetch(`${url}/v1/tokens`);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="assay"');
    await expectResponse('auth.missing', response);
  });

  it.each(['Bearer assay_wrong', 'Basic YTpi', 'Bearer', `Bearer assay_${'A'.repeat(43)}`, '\u00ff'])(
    'with %j is refused in one way, whatever is wrong with it (attack 93)',
    async (authorization) => {
      const { url } = await startTestService();
      const response = await fetch(`${url}/v1/tokens`, { headers: { authorization } });
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="assay", error="invalid_token"');
      const { detail } = await expectResponse('auth.invalid', response);
      expect(detail).toBe('the token is unknown, expired or revoked');
    },
  );

  it('of a lower role is told which one it takes', async () => {
    const { url, context } = await startTestService();
    const response = await fetch(`${url}/v1/events`, as(await tokenOf(context, 'viewer')));
    expect(response.headers.get('www-authenticate')).toContain('insufficient_scope');
    const { detail } = await expectResponse('auth.role', response);
    expect(detail).toBe('this takes the role auditor, the token has viewer');
  });

  it.each(['?limit=0', '?limit=1001', '?limit=ten', '?limit=1&limit=2', '?after=-1', '?since=1', '?subject=host'])(
    'that asks %s is told what is wrong with it',
    async (query) => {
      const { url, context } = await startTestService();
      const response = await fetch(`${url}/v1/events${query}`, as(await tokenOf(context, 'auditor')));
      await expectResponse('request.query', response);
    },
  );

  it('that revokes a token which is not there is told so', async () => {
    const { url, context } = await startTestService();
    const admin = await tokenOf(context, 'admin');
    const response = await fetch(`${url}/v1/tokens/${ID}`, { method: 'DELETE', ...as(admin) });
    await expectResponse('token.unknown', response);
  });

  it('that revokes a join token which is not there, or trusts what is no root, is told so', async () => {
    const { url, context } = await startTestService();
    const { headers } = as(await tokenOf(context, 'admin'));
    const remove = (path: string) => fetch(url + path, { method: 'DELETE', headers });
    await expectResponse('join-token.unknown', await remove(`/v1/join-tokens/${ID}`));
    await expectResponse('ek-pin.unknown', await remove(`/v1/ek-pins/${ID}`));
    await expectResponse('trust-root.unknown', await remove(`/v1/trust-roots/sha256:${'0'.repeat(64)}`));
    await expectResponse('appraisal.unknown', await fetch(`${url}/v1/appraisals/${ID}/input`, { headers }));
    await expectResponse('crl.unknown', await remove(`/v1/crls/sha256:${'0'.repeat(64)}`));
    const send = (path: string, body: object) =>
      fetch(url + path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const trust = (certificate: Uint8Array) =>
      send('/v1/trust-roots', { certificate: toBase64url(certificate), class: 'lab', name: 'a' });
    await expectResponse('trust-root.certificate', await trust(new Uint8Array(1)));
    const maker = await makeEkAuthority();
    expect((await trust(maker.root.certificate)).status).toBe(201);
    await expectResponse('trust-root.exists', await trust(maker.root.certificate));
    const list = { list: toBase64url(await maker.revoke([])) };
    await expectResponse('crl.list', await send('/v1/crls', { list: toBase64url(maker.root.certificate) }));
    expect((await send('/v1/crls', list)).status).toBe(201);
    await expectResponse('crl.exists', await send('/v1/crls', list));
  });

  it('that pins an endorsement key twice is told which', async () => {
    const { url, context } = await startTestService();
    const pin = { kind: 'ek-spki-sha256', value: 'a'.repeat(64), name: 'a', policy: POLICY.name };
    const response = await fetch(`${url}/v1/ek-pins`, {
      method: 'POST',
      headers: { ...as(await tokenOf(context, 'operator')).headers, 'content-type': 'application/json' },
      body: JSON.stringify({ pins: [pin, pin] }),
    });
    const { errors } = await expectResponse('ek-pin.exists', response);
    expect(errors).toMatchObject([{ pointer: '/pins/1/value' }]);
  });

  it('that revokes the last administrator is kept from it', async () => {
    const { url, context } = await startTestService();
    const admin = await tokenOf(context, 'admin');
    const { tokens } = (await (await fetch(`${url}/v1/tokens`, as(admin))).json()) as { tokens: { id: string }[] };
    const response = await fetch(`${url}/v1/tokens/${tokens[0]!.id}`, { method: 'DELETE', ...as(admin) });
    await expectResponse('token.last-admin', response);
  });
});

it('a service whose database is gone is alive, and not ready', async () => {
  const { url, context } = await startTestService();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await context.store.close();
  const response = await fetch(`${url}/readyz`);
  expect(response.headers.get('retry-after')).toBe('5');
  await expectResponse('service.database', response);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

describe('a host', () => {
  /** A service with a host that is enrolled, the client that spoke to it, and how each answer came. */
  async function enrolled(limits: Partial<HostLimits> = {}) {
    const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
    const service = await startTestService({ policies: [resolvePolicy(document, catalogue)], hostLimits: limits });
    const { store } = service.context;
    const maker = await makeEkAuthority();
    await store.change(ADMIN, async (change) => {
      await insertBlob(change.keep, await packBlob(maker.root.certificate), NOW);
      await addTrustRoot(change, { certificateId: maker.root.id, class: 'discrete', name: 'maker' });
      const token = { id: 'join-1', sha256: joinTokenDigest('t'), name: 'rack', policy: 'kvm-uki', maxUses: 1 };
      await createJoinToken(change, { ...token, expiresAt: NOW + 3600_000 });
    });
    let last: ApiResponse | undefined;
    const transport = httpTransport({ server: service.url });
    const client = agentClient(async (request) => (last = await transport(request)));
    const host = new SoftwareHost(client, { maker, joinToken: 't' });
    await host.enrol();
    const expectRefused = async (code: ProblemCode, call: Promise<unknown>): Promise<Problem> => {
      await expect(call).rejects.toBeInstanceOf(ProblemResponse);
      return expectProblem(code, last!.status, 'application/problem+json', last!.body);
    };
    return { service, store, maker, client, host, expectRefused };
  }

  it('is trusted over HTTP, from enrolment to result', async () => {
    const { host, client } = await enrolled();
    expect(await host.attest()).toMatchObject({ verdict: 'trusted', weakestLink: null });
    expect(await client.enrolment(host.enrolment)).toEqual({ state: 'enrolled', host: host.id });
  });

  it('that answers twice, late, or for another is refused', async () => {
    const { host, expectRefused } = await enrolled();
    const challenge = await host.challenge();
    await host.answer(challenge);
    await expectRefused('challenge.used', host.answer(challenge));
    await expectRefused('challenge.foreign', host.attest({ nonce: 'A'.repeat(43) }));
    const expiresAt = NOW - 1;
    const { nonce } = issueChallenge(CHALLENGE_KEY, host.id, new Uint8Array(16), expiresAt);
    const late = { ...challenge, nonce: toBase64url(nonce), expiresAt: new Date(expiresAt).toISOString() };
    await expectRefused('challenge.expired', host.answer(late));
  });

  it('whose evidence is not its own, or names what nobody kept, is refused', async () => {
    const { host, client, expectRefused } = await enrolled({ partsBytes: 2 });
    await expectRefused('evidence.not-from-host', host.attest({ bundle: (bundle) => ({ ...bundle, quotes: [] }) }));
    const id = `sha256:${'0'.repeat(64)}`;
    const challenge = await host.challenge();
    const { missing, grant } = await expectRefused(
      'evidence.logs-missing',
      host.answer(challenge, { bundle: (bundle) => ({ ...bundle, imaLog: { id } }) }),
    );
    expect(missing).toEqual([id]);
    const { nonce, expiresAt } = challenge;
    const part = { nonce, expiresAt, grant: grant!, index: 0, bytes: 'AAAA' };
    await expectRefused('evidence.parts-full', client.evidencePart(host.id, part));
  });

  it('without a policy, without a decision, or out of service is refused', async () => {
    const { host, store, maker, client, expectRefused } = await enrolled();
    await store.change(ADMIN, (change) => changeHost(change, host.id, { policy: null }));
    await expectRefused('host.no-policy', host.challenge());
    await store.change(ADMIN, (change) =>
      createHost(change, { id: 'waiting', name: 'w', policy: null, state: 'pending' }),
    );
    await expectRefused('host.pending', client.challenge('waiting'));
    await store.change(ADMIN, (change) => retireHost(change, host.id));
    await expectRefused('host.retired', host.challenge());
    await expectRefused('enrolment.retired', host.enrol());
    const other = new SoftwareHost(client, { maker });
    await expectRefused(
      'enrolment.certificate',
      client.enrol({ ...(await other.request()), ek: (await host.request()).ek }),
    );
  });

  it('that is none cannot enrol', async () => {
    const { client, maker, host, expectRefused } = await enrolled({ openEnrolments: 1 });
    const other = new SoftwareHost(client, { maker });
    await expectRefused('enrolment.key', client.enrol({ ...(await other.request()), ek: 'AAAA' }));
    await other.begin();
    await expectRefused('enrolment.queue-full', host.begin());
    await expectRefused('enrolment.refused', client.activate(other.enrolment, { secret: 'AAAA' }));
    await expectRefused('enrolment.unknown', client.activate(other.enrolment, { secret: 'AAAA' }));
  });
});

// Last in the file on purpose: it asks what the tests above have met.
it('each problem of the table was met', () => {
  // A body that ends early does so with its connection: nobody is left to read that problem.
  const unseen = Object.keys(PROBLEMS).filter(
    (code) => !seen.has(code as ProblemCode) && code !== 'request.incomplete',
  );
  expect(unseen).toEqual([]);
});
