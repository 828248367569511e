/** Hosts and enrolments over HTTP, as an operator and as somebody who watches. */
import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { agentClient } from '../../../src/api/client.ts';
import { EnrolmentList, HostDetail, HostList } from '../../../src/api/host-schemas.ts';
import { httpTransport } from '../../../src/api/transport.ts';
import { resolvePolicy } from '../../../src/policy/resolve.ts';
import { joinTokenDigest } from '../../../src/service/hosts/enrol.ts';
import { keepHouse } from '../../../src/service/housekeeping.ts';
import { standingOf } from '../../../src/service/standing.ts';
import { insertBlob, packBlob } from '../../../src/store/blobs.ts';
import { listEvents } from '../../../src/store/events.ts';
import type { LastAppraisal } from '../../../src/store/hosts.ts';
import { createJoinToken } from '../../../src/store/join-tokens.ts';
import { addTrustRoot } from '../../../src/store/trust-roots.ts';
import { ADMIN } from '../../store/database.ts';
import { makeEkAuthority } from '../../support/ek-authority.ts';
import { catalogue, readPolicy } from '../../support/fixtures.ts';
import { SoftwareHost } from '../hosts/software-host.ts';
import { NOW, startTestService, tokenOf } from '../running.ts';
import type { OpenStore } from '../store.ts';

/** @param open the database it holds on */
export function hostRecordsSuite(open: OpenStore): void {
  const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
  const POLICY = resolvePolicy(document, catalogue);

  async function started() {
    let now = NOW;
    const service = await startTestService({ open, policies: [POLICY], context: { now: () => now } });
    const { context } = service;
    const maker = await makeEkAuthority();
    await context.store.change(ADMIN, async (change) => {
      await insertBlob(change.keep, await packBlob(maker.root.certificate), NOW);
      await addTrustRoot(change, { certificateId: maker.root.id, class: 'discrete', name: 'maker' });
      const token = { id: 'join-1', sha256: joinTokenDigest('t'), name: 'rack', policy: 'kvm-uki', maxUses: 9 };
      await createJoinToken(change, { ...token, expiresAt: NOW + 3600_000 });
    });
    const call = async (method: string, path: string, body?: unknown) => {
      // A token of a test lives for a minute of the service's clock.
      const token = await tokenOf(context, 'operator');
      const response = await fetch(service.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as { readonly code?: string } };
    };
    const host = (joinToken?: string): SoftwareHost =>
      new SoftwareHost(agentClient(httpTransport({ server: service.url })), {
        maker,
        ...(joinToken !== undefined && { joinToken }),
      });
    return { ...service, call, host, pass: (milliseconds: number) => void (now += milliseconds) };
  }

  const hostsOf = async ({ call }: Awaited<ReturnType<typeof started>>, query = '') =>
    z.parse(HostList, (await call('GET', `/v1/hosts${query}`)).body);

  describe('hosts', () => {
    it('are listed with their standing, which ends with the age of the evidence', async () => {
      const service = await started();
      const host = service.host('t');
      await host.enrol();
      expect((await hostsOf(service)).hosts).toMatchObject([{ id: host.id, standing: 'never', attestedUntil: null }]);
      await host.attest();
      const until = new Date(NOW + 900_000).toISOString();
      expect((await hostsOf(service)).hosts).toMatchObject([{ standing: 'trusted', attestedUntil: until }]);
      // attack 102: a verdict is worth nothing after its time.
      service.pass(900_000);
      expect((await hostsOf(service)).hosts).toMatchObject([{ standing: 'stale' }]);
    });

    it('come page by page', async () => {
      const service = await started();
      for (let i = 0; i < 3; i++) {
        service.pass(10);
        await service.host('t').enrol();
      }
      const first = await hostsOf(service, '?limit=2&state=active');
      expect(first.hosts).toHaveLength(2);
      const second = await hostsOf(service, `?limit=2&after=${first.next}`);
      expect(second).toMatchObject({ next: null });
      expect(second.hosts).toHaveLength(1);
      expect((await hostsOf(service, '?state=retired')).hosts).toEqual([]);
    });

    it('are shown with what makes them the ones they are', async () => {
      const service = await started();
      const host = service.host('t');
      await host.enrol();
      await host.attest();
      const shown = z.parse(HostDetail, (await service.call('GET', `/v1/hosts/${host.id}`)).body);
      expect(shown).toMatchObject({ standing: 'trusted', ours: { by: 'join-token', detail: 'join-1' } });
      expect(shown.identities).toHaveLength(2);
      expect(shown.keys.map(({ role }) => role).toSorted()).toEqual(['ak', 'host-key']);
      expect(shown.appraisals).toMatchObject([{ verdict: 'trusted', weakestLink: null }]);
    });

    it('lose what they stand on when another policy applies', async () => {
      const service = await started();
      const host = service.host('t');
      await host.enrol();
      await host.attest();
      const change = (body: object) => service.call('PATCH', `/v1/hosts/${host.id}`, body);
      expect(await change({ name: 'hv-1', reason: 'a better name' })).toMatchObject({ status: 204 });
      expect((await hostsOf(service)).hosts).toMatchObject([{ name: 'hv-1', standing: 'trusted' }]);
      expect(await change({ policy: 'accept-all' })).toMatchObject({ status: 422, body: { code: 'policy.unknown' } });
      expect(await change({ policy: null })).toMatchObject({ status: 204 });
      expect((await hostsOf(service)).hosts).toMatchObject([{ policy: null, standing: 'stale' }]);
      await expect(host.attest()).rejects.toMatchObject({ code: 'host.no-policy' });
    });

    it('that are retired stand on nothing and are refused', async () => {
      const service = await started();
      const host = service.host('t');
      await host.enrol();
      await host.attest();
      expect(await service.call('DELETE', `/v1/hosts/${host.id}?reason=sold`)).toMatchObject({ status: 204 });
      expect((await hostsOf(service)).hosts).toMatchObject([{ state: 'retired', standing: 'stale' }]);
      await expect(host.challenge()).rejects.toMatchObject({ code: 'host.retired' });
      expect(await service.call('DELETE', `/v1/hosts/${host.id}`)).toMatchObject({ status: 404 });
      const events = await listEvents(service.context.store.read, { limit: 100 });
      expect(events.find(({ action }) => action === 'host.retired')).toMatchObject({ reason: 'sold' });
    });
  });

  describe('a machine that waits', () => {
    const waiting = async (service: Awaited<ReturnType<typeof started>>) =>
      z.parse(EnrolmentList, (await service.call('GET', '/v1/enrolments')).body).enrolments;

    it('is approved by an operator, and attests', async () => {
      const service = await started();
      const host = service.host();
      await host.enrol();
      const [enrolment] = await waiting(service);
      expect(enrolment).toMatchObject({
        id: host.enrolment,
        name: 'lab-a',
        genuine: { state: 'genuine', root: 'maker' },
      });
      const path = `/v1/enrolments/${host.enrolment}/decision`;
      const wrong = await service.call('POST', path, { decision: 'approve', policy: 'accept-all' });
      expect(wrong).toMatchObject({ status: 422, body: { code: 'policy.unknown' } });
      const { status, body } = await service.call('POST', path, {
        decision: 'approve',
        policy: 'kvm-uki',
        reason: 'rack 4',
      });
      expect(status).toBe(200);
      host.id = (body as unknown as { readonly host: string }).host;
      expect(await host.attest()).toMatchObject({ verdict: 'trusted' });
      expect(await waiting(service)).toEqual([]);
      const again = await service.call('POST', path, { decision: 'refuse' });
      expect(again).toMatchObject({ status: 404, body: { code: 'enrolment.unknown' } });
    });

    it('is refused by an operator, and learns it', async () => {
      const service = await started();
      const host = service.host();
      await host.enrol();
      await service.call('POST', `/v1/enrolments/${host.enrolment}/decision`, { decision: 'refuse' });
      const state = await agentClient(httpTransport({ server: service.url })).enrolment(host.enrolment);
      expect(state).toEqual({ state: 'refused', host: null });
    });

    it('takes the place of a host whose board was exchanged: its history stays, its old EK serves no more', async () => {
      const service = await started();
      const old = service.host('t');
      await old.enrol();
      await old.attest();
      const board = service.host();
      await board.enrol();
      service.pass(1000);
      const path = `/v1/enrolments/${board.enrolment}/decision`;
      const replaces = '019ab000-0000-7000-8000-0000000000ff';
      expect(await service.call('POST', path, { decision: 'approve', replaces })).toMatchObject({ status: 404 });
      const { body } = await service.call('POST', path, { decision: 'approve', replaces: old.id });
      expect(body).toEqual({ host: old.id });
      const voided = { why: 'another EK took the place of its own' };
      expect((await hostsOf(service)).hosts).toMatchObject([{ standing: 'stale', voided }]);
      board.id = old.id;
      expect(await board.attest()).toMatchObject({ verdict: 'trusted' });
      await expect(old.attest()).rejects.toMatchObject({ code: 'evidence.not-from-host' });
      await expect(old.enrol()).rejects.toMatchObject({ code: 'enrolment.retired' });
      const shown = z.parse(HostDetail, (await service.call('GET', `/v1/hosts/${old.id}`)).body);
      expect(shown.identities.map(({ state }) => state).toSorted()).toEqual(['active', 'active', 'retired', 'retired']);
      expect(shown.appraisals).toHaveLength(2);
    });

    it('is not waited for without end', async () => {
      const service = await started();
      const host = service.host();
      await host.enrol();
      service.pass(7 * 24 * 3600_000);
      await keepHouse(service.context);
      expect(await waiting(service)).toEqual([]);
      const expired = z.parse(EnrolmentList, (await service.call('GET', '/v1/enrolments?state=expired')).body);
      expect(expired.enrolments).toMatchObject([{ id: host.enrolment }]);
    });
  });

  describe('the standing', () => {
    const last: LastAppraisal = {
      appraisalId: 'a',
      verdict: 'trusted',
      weakestLink: null,
      at: 0,
      attestedUntilAt: 100,
      akName: null,
      resetCount: null,
      voidedAt: null,
      voidedReason: null,
    };
    it.each([
      ['never judged', 'active', null, 50, 'never'],
      ['judged and in time', 'active', last, 99, 'trusted'],
      ['at the end of its time', 'active', last, 100, 'stale'],
      ['without a time', 'active', { ...last, attestedUntilAt: null }, 50, 'stale'],
      ['taken back', 'active', { ...last, voidedAt: 10 }, 50, 'stale'],
      ['untrusted', 'active', { ...last, verdict: 'untrusted' }, 50, 'untrusted'],
      ['of a retired host', 'retired', last, 50, 'stale'],
      ['of a host nobody decided about', 'pending', last, 50, 'stale'],
    ] as const)('%s', (_, state, appraisal, at, expected) => {
      expect(standingOf({ state, last: appraisal }, at)).toBe(expected);
    });
  });
}
