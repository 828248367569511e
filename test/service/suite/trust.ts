/** What an operator says about which machines are genuine and ours, over HTTP. */

import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { agentClient } from '../../../src/api/client.ts';
import { EkPinList, EkPinsAdded } from '../../../src/api/ek-pin-schemas.ts';
import { EventList } from '../../../src/api/event-schemas.ts';
import { JoinTokenCreated, JoinTokenList } from '../../../src/api/join-token-schemas.ts';
import { httpTransport } from '../../../src/api/transport.ts';
import { CrlDetail, CrlList } from '../../../src/api/crl-schemas.ts';
import { HostDetail } from '../../../src/api/host-schemas.ts';
import { TrustRootDetail, TrustRootList } from '../../../src/api/trust-schemas.ts';
import { toBase64url } from '../../../src/bytes/text.ts';
import { resolvePolicy } from '../../../src/policy/resolve.ts';
import { spkiDigest } from '../../../src/service/hosts/enrol.ts';
import { makeEkAuthority, type EkAuthority } from '../../support/ek-authority.ts';
import { catalogue, readPolicy } from '../../support/fixtures.ts';
import { makeEk, makeRoot } from '../../support/test-pki.ts';
import { SoftwareHost } from '../hosts/software-host.ts';
import { NOW, startTestService, tokenOf } from '../running.ts';
import type { OpenStore } from '../store.ts';

/** @param open the database it holds on */
export function trustSuite(open: OpenStore): void {
  const HOUR = 3_600_000;

  /** A service that judges hosts by their EKs, and its administrator. */
  async function operated() {
    const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
    const { url, context, log } = await startTestService({ open, policies: [resolvePolicy(document, catalogue)] });
    const token = await tokenOf(context, 'admin');
    const send = (method: string, path: string, body?: unknown): Promise<Response> =>
      fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    const answer = async <T>(
      schema: z.ZodMiniType<T>,
      status: number,
      ...request: Parameters<typeof send>
    ): Promise<T> => {
      const response = await send(...request);
      const text = await response.text();
      expect(text === '' ? response.status : [response.status, text]).toEqual([status, text]);
      return z.parse(schema, JSON.parse(text));
    };
    const problem = async (...request: Parameters<typeof send>): Promise<{ code: string; pointers: string[] }> => {
      const { code, errors = [] } = (await (await send(...request)).json()) as {
        code: string;
        errors?: { pointer: string }[];
      };
      return { code, pointers: errors.map(({ pointer }) => pointer) };
    };
    const actions = async (): Promise<string[]> =>
      (await answer(EventList, 200, 'GET', '/v1/events')).events.map(({ action }) => action);
    const host = (maker: EkAuthority, joinToken?: string): SoftwareHost =>
      new SoftwareHost(agentClient(httpTransport({ server: url })), {
        maker,
        ...(joinToken !== undefined && { joinToken }),
      });
    return { send, answer, problem, actions, host, log };
  }

  const rootOf = (maker: EkAuthority) => ({
    certificate: toBase64url(maker.root.certificate),
    class: 'discrete',
    name: 'the maker',
  });

  describe('a join token', () => {
    const NEW = { name: 'rack 7', policy: 'kvm-uki' };

    it('brings as many hosts as it says, and is listed without its text', async () => {
      const { answer, host, log, actions } = await operated();
      const maker = await makeEkAuthority();
      await answer(TrustRootDetail, 201, 'POST', '/v1/trust-roots', rootOf(maker));
      const made = await answer(JoinTokenCreated, 201, 'POST', '/v1/join-tokens', { ...NEW, hours: 2 });
      expect(made.token).toMatch(/^assay_join_[\w-]{43}$/);
      expect(made).toMatchObject({ ...NEW, maxUses: 1, expiresAt: new Date(NOW + 2 * HOUR).toISOString() });
      const first = host(maker, made.token);
      await first.enrol();
      expect(await first.attest()).toMatchObject({ verdict: 'trusted' });
      const second = host(maker, made.token);
      await second.enrol();
      expect(second.id).toBe('');
      const { joinTokens } = await answer(JoinTokenList, 200, 'GET', '/v1/join-tokens');
      expect(joinTokens).toMatchObject([{ id: made.id, ...NEW, uses: 1, maxUses: 1, revokedAt: null }]);
      expect(JSON.stringify(joinTokens) + log()).not.toContain(made.token.slice(11));
      expect((await actions()).filter((action) => action.startsWith('join-token.'))).toEqual([
        'join-token.created',
        'join-token.used',
      ]);
    });

    it('brings nobody once revoked', async () => {
      const { answer, send, problem, host } = await operated();
      const maker = await makeEkAuthority();
      await answer(TrustRootDetail, 201, 'POST', '/v1/trust-roots', rootOf(maker));
      const { id, token } = await answer(JoinTokenCreated, 201, 'POST', '/v1/join-tokens', { ...NEW, maxUses: 5 });
      expect((await send('DELETE', `/v1/join-tokens/${id}?reason=it+leaked`)).status).toBe(204);
      const late = host(maker, token);
      await late.enrol();
      expect(late.id).toBe('');
      const { joinTokens } = await answer(JoinTokenList, 200, 'GET', '/v1/join-tokens');
      expect(joinTokens).toMatchObject([{ uses: 0, revokedAt: new Date(NOW).toISOString() }]);
      expect((await problem('DELETE', `/v1/join-tokens/${id}`)).code).toBe('join-token.unknown');
    });

    it.each([
      [{}, 24],
      [{ days: 3 }, 72],
    ])('lives as long as is said: %j', async (life, hours) => {
      const { answer } = await operated();
      const { expiresAt } = await answer(JoinTokenCreated, 201, 'POST', '/v1/join-tokens', { ...NEW, ...life });
      expect(expiresAt).toBe(new Date(NOW + hours * HOUR).toISOString());
    });

    it.each([
      [{ name: '' }, '/name'],
      [{ name: 'a\u001b[31m' }, '/name'],
      [{ policy: undefined }, '/policy'],
      [{ maxUses: 0 }, '/maxUses'],
      [{ maxUses: 10_001 }, '/maxUses'],
      [{ days: 367 }, '/days'],
      [{ hours: 0 }, '/hours'],
      [{ days: 1, hours: 1 }, '/hours'],
      [{ token: 'assay_join_mine' }, '/token'],
    ])('is not made of %j', async (bend, pointer) => {
      const { problem } = await operated();
      expect(await problem('POST', '/v1/join-tokens', { ...NEW, ...bend })).toEqual({
        code: 'request.invalid',
        pointers: [pointer],
      });
    });

    it('is not made for a policy that nobody loaded', async () => {
      const { problem } = await operated();
      expect((await problem('POST', '/v1/join-tokens', { ...NEW, policy: 'kvm-oki' })).code).toBe('policy.unknown');
    });
  });

  describe('a pinned endorsement key', () => {
    const pinOf = (value: string, name = 'host-1') => ({ kind: 'ek-spki-sha256', value, name, policy: 'kvm-uki' });

    it('makes the host that brings it ours, under the name and policy said', async () => {
      const { answer, host } = await operated();
      const maker = await makeEkAuthority();
      await answer(TrustRootDetail, 201, 'POST', '/v1/trust-roots', rootOf(maker));
      const ours = host(maker);
      const value = spkiDigest(ours.ek.area);
      const { ids } = await answer(EkPinsAdded, 201, 'POST', '/v1/ek-pins', { pins: [pinOf(value)], reason: 'bought' });
      await ours.enrol();
      expect(await ours.attest()).toMatchObject({ verdict: 'trusted' });
      const { pins } = await answer(EkPinList, 200, 'GET', '/v1/ek-pins');
      expect(pins).toMatchObject([{ id: ids[0], ...pinOf(value) }]);
    });

    it('is listed page by page, and brings nobody once removed', async () => {
      const { answer, send, problem } = await operated();
      const pins = ['a', 'b', 'c'].map((digit) => pinOf(digit.repeat(64), digit));
      const { ids } = await answer(EkPinsAdded, 201, 'POST', '/v1/ek-pins', { pins });
      const first = await answer(EkPinList, 200, 'GET', '/v1/ek-pins?limit=2');
      const rest = await answer(EkPinList, 200, 'GET', `/v1/ek-pins?after=${first.next}`);
      expect([...first.pins, ...rest.pins].map(({ id }) => id)).toEqual(ids.toSorted());
      expect([rest.pins.length, rest.next]).toEqual([1, null]);
      expect((await send('DELETE', `/v1/ek-pins/${ids[0]}?reason=sold`)).status).toBe(204);
      expect((await problem('DELETE', `/v1/ek-pins/${ids[0]}`)).code).toBe('ek-pin.unknown');
      expect((await answer(EkPinList, 200, 'GET', '/v1/ek-pins')).pins.length).toBe(2);
    });

    it.each([
      [{ value: 'A'.repeat(64) }, 'request.invalid', ['/pins/1/value']],
      [{ kind: 'ek-name' }, 'request.invalid', ['/pins/1/value']],
      [{ name: '' }, 'request.invalid', ['/pins/1/name']],
      [{ policy: 'kvm-oki' }, 'policy.unknown', []],
      [{ value: 'a'.repeat(64) }, 'ek-pin.exists', ['/pins/1/value']],
    ])('is not added beside one that is wrong: %j', async (bend, code, pointers) => {
      const { answer, problem } = await operated();
      const pins = [pinOf('a'.repeat(64)), { ...pinOf('b'.repeat(64)), ...bend }];
      expect(await problem('POST', '/v1/ek-pins', { pins })).toEqual({ code, pointers });
      expect((await answer(EkPinList, 200, 'GET', '/v1/ek-pins')).pins).toEqual([]);
    });
  });

  describe('a root', () => {
    it('makes TPMs genuine that lead to it, until it is removed', async () => {
      const { answer, send, problem, host, actions } = await operated();
      const maker = await makeEkAuthority();
      const { id } = maker.root;
      const added = await answer(TrustRootDetail, 201, 'POST', '/v1/trust-roots', {
        ...rootOf(maker),
        reason: 'bought',
      });
      expect(added).toMatchObject({ id, ...rootOf(maker), subject: 'CN=test-maker', issuer: 'CN=test-maker' });
      expect(added.notAfter).toBe('2090-01-01T00:00:00.000Z');
      expect(await answer(TrustRootDetail, 200, 'GET', `/v1/trust-roots/${id}`)).toEqual(added);
      const { trustRoots } = await answer(TrustRootList, 200, 'GET', '/v1/trust-roots');
      expect(trustRoots).toMatchObject([{ id, class: 'discrete', name: 'the maker' }]);

      const { token } = await answer(JoinTokenCreated, 201, 'POST', '/v1/join-tokens', {
        name: 'a',
        policy: 'kvm-uki',
      });
      const judged = host(maker, token);
      await judged.enrol();
      expect(await judged.attest()).toMatchObject({ verdict: 'trusted' });
      expect((await problem('POST', '/v1/trust-roots', rootOf(maker))).code).toBe('trust-root.exists');
      expect((await send('DELETE', `/v1/trust-roots/${id}?reason=theirs+leaked`)).status).toBe(204);
      const { standing, voided } = await answer(HostDetail, 200, 'GET', `/v1/hosts/${judged.id}`);
      expect([standing, voided!.why]).toEqual(['stale', expect.stringMatching(/^identity\.ek-root-unknown: /)]);
      expect(await judged.attest()).toMatchObject({ weakestLink: 'identity' });
      expect((await problem('GET', `/v1/trust-roots/${id}`)).code).toBe('trust-root.unknown');
      expect((await problem('DELETE', `/v1/trust-roots/${id}`)).code).toBe('trust-root.unknown');
      await answer(TrustRootDetail, 201, 'POST', '/v1/trust-roots', rootOf(maker));
      expect((await actions()).filter((action) => action.startsWith('trust-root.'))).toEqual([
        'trust-root.added',
        'trust-root.removed',
        'trust-root.added',
      ]);
    });

    it.each([
      ['no certificate', Buffer.from('a')],
      ['a certificate with a byte behind it', Buffer.concat([makeRoot(), Buffer.from([0])])],
      ['a certificate of no CA', makeEk()],
    ])('is none that is %s', async (_, bytes) => {
      const { problem } = await operated();
      const body = { certificate: toBase64url(bytes), class: 'discrete', name: 'a' };
      expect((await problem('POST', '/v1/trust-roots', body)).code).toBe('trust-root.certificate');
    });

    it.each([
      [{ certificate: 'MII=' }, '/certificate'],
      [{ certificate: '' }, '/certificate'],
      [{ class: 'physical' }, '/class'],
      [{ name: 'a\nb' }, '/name'],
    ])('is not added of %j', async (bend, pointer) => {
      const { problem } = await operated();
      const body = { certificate: toBase64url(makeRoot()), class: 'lab', name: 'a', ...bend };
      expect(await problem('POST', '/v1/trust-roots', body)).toEqual({ code: 'request.invalid', pointers: [pointer] });
    });
  });

  describe('a revocation list', () => {
    it('is added, listed with what it says, and removed', async () => {
      const { answer, send, actions } = await operated();
      const maker = await makeEkAuthority();
      const list = await maker.revoke([maker.root.certificate], '2026-12-01T00:00:00Z');
      const added = await answer(CrlDetail, 201, 'POST', '/v1/crls', { list: toBase64url(list), reason: 'weekly' });
      expect(added).toMatchObject({ issuer: 'CN=test-maker', revoked: 1, nextUpdate: '2026-12-01T00:00:00.000Z' });
      // Out of date from the very moment that nextUpdate names.
      expect(added.current).toBe(false);
      const newer = await answer(CrlDetail, 201, 'POST', '/v1/crls', { list: toBase64url(await maker.revoke([])) });
      expect(newer).toMatchObject({ revoked: 0, current: true });
      const { crls } = await answer(CrlList, 200, 'GET', '/v1/crls');
      expect(crls.map(({ id }) => id).toSorted()).toEqual([added.id, newer.id].toSorted());
      expect((await send('DELETE', `/v1/crls/${added.id}?reason=superseded`)).status).toBe(204);
      expect(await answer(CrlList, 200, 'GET', '/v1/crls')).toEqual({ crls: [newer] });
      expect((await actions()).filter((action) => action.startsWith('crl.'))).toEqual([
        'crl.added',
        'crl.added',
        'crl.removed',
      ]);
    });
  });
}
