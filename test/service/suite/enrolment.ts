/** Enrolment: genuine and ours are two questions, and one answer to a credential is all there is. */
import { describe, expect, it } from 'vitest';
import { toBase64url, toHex } from '../../../src/bytes/text.ts';
import { decide } from '../../../src/service/hosts/decide.ts';
import { activate, enrolmentState } from '../../../src/service/hosts/activate.ts';
import { enrol, joinTokenDigest, spkiDigest } from '../../../src/service/hosts/enrol.ts';
import { addEkPin } from '../../../src/store/ek-pins.ts';
import { findEnrolment } from '../../../src/store/enrolments.ts';
import { listEvents } from '../../../src/store/events.ts';
import { keysOf } from '../../../src/store/host-keys.ts';
import { findHost, listHosts, retireHost } from '../../../src/store/hosts.ts';
import { identitiesOf } from '../../../src/store/identities.ts';
import { createJoinToken } from '../../../src/store/join-tokens.ts';
import { publicName } from '../../../src/tpm/names.ts';
import { writePublic2B } from '../../../src/tpm/public.ts';
import { TPMA_OBJECT } from '../../../src/tpm/algorithms.ts';
import { ADMIN, NOW } from '../../store/database.ts';
import { file } from '../../support/ima-list-builder.ts';
import { makeAk } from '../../tpm/software-tpm.ts';
import { makeEk } from '../../tpm/endorsement-key.ts';
import { hostFixture, POLICY_NAME, type HostFixture } from '../hosts/host-fixture.ts';
import { SoftwareHost } from '../hosts/software-host.ts';
import type { OpenStore } from '../store.ts';

/** @param open the database it holds on */
export function enrolmentSuite(open: OpenStore): void {
  const pinEk = ({ store }: HostFixture, host: SoftwareHost): Promise<boolean> =>
    store.change(ADMIN, (change) =>
      addEkPin(change, {
        id: 'pin-1',
        kind: 'ek-spki-sha256',
        value: spkiDigest(host.ek.area),
        name: 'hv-1',
        policy: POLICY_NAME,
      }),
    );
  const joinToken = ({ store }: HostFixture, text: string, maxUses = 1): Promise<void> =>
    store.change(ADMIN, (change) =>
      createJoinToken(change, {
        id: 'join-1',
        sha256: joinTokenDigest(text),
        name: 'rack-1',
        policy: POLICY_NAME,
        maxUses,
        expiresAt: NOW + 3600_000,
      }),
    );
  const actions = async ({ store }: HostFixture): Promise<string[]> =>
    (await listEvents(store.read, { limit: 100 })).map(({ action }) => action);

  describe('whose machine it is', () => {
    it.each(['L-1', 'L-2', 'H-3'])('an EK %s that is pinned makes a host', async (template) => {
      const fixture = await hostFixture(open);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker, ek: makeEk(template) });
      await pinEk(fixture, host);
      expect(await host.enrol()).toMatchObject({ state: 'enrolled', host: host.id });
      expect(await findHost(fixture.store.read, host.id)).toMatchObject({
        name: 'hv-1',
        policy: POLICY_NAME,
        state: 'active',
      });
      expect((await identitiesOf(fixture.store.read, host.id)).map(({ kind }) => kind)).toEqual([
        'ek-name',
        'ek-spki-sha256',
      ]);
      expect((await keysOf(fixture.store.read, host.id)).map(({ role }) => role).toSorted()).toEqual([
        'ak',
        'host-key',
      ]);
      expect(await findEnrolment(fixture.store.read, host.enrolment)).toMatchObject({
        ours: 'ek-pin',
        oursId: 'pin-1',
        genuine: { state: 'genuine', class: 'discrete' },
      });
    });

    it('a join token makes a host, as often as it may be used', async () => {
      const fixture = await hostFixture(open);
      await joinToken(fixture, 'open sesame');
      const [first, second] = [0, 1].map(
        () => new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 'open sesame' }),
      );
      expect((await first!.enrol()).state).toBe('enrolled');
      expect((await second!.enrol()).state).toBe('pending');
      const other = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 'open barley' });
      expect((await other.enrol()).state).toBe('pending');
    });

    it('attack 105: a genuine TPM by itself waits for an operator, and is no host', async () => {
      const fixture = await hostFixture(open);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker });
      expect(await host.enrol()).toEqual({ state: 'pending', host: null });
      expect(await enrolmentState(fixture.service, host.enrolment)).toEqual({ state: 'pending', host: null });
      expect(await listHosts(fixture.store.read, { limit: 9 })).toEqual([]);
    });

    it('attack 92: enrolling again under the same EK is the same host, with the new AK', async () => {
      const fixture = await hostFixture(open);
      await joinToken(fixture, 't');
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
      const { host: id } = await host.enrol();
      await host.attest();
      fixture.pass(1000);
      const again = new SoftwareHost(fixture.client, { maker: fixture.maker, ek: host.ek, ak: makeAk('rsassa') });
      expect(await again.enrol()).toEqual({ state: 'enrolled', host: id });
      const aks = (await keysOf(fixture.store.read, id!)).filter(({ role }) => role === 'ak');
      expect(aks).toHaveLength(2);
      // The challenge names the AK that was activated last.
      expect((await again.challenge()).ak).toBe(toHex(publicName(again.ak.area)));
      const reason = async () => (await findHost(fixture.store.read, id!))!.last!.voidedReason;
      expect(await reason()).toBe('another AK took the place of its own');
      await again.attest();
      // The same AK once more takes nothing back.
      await again.enrol();
      expect(await reason()).toBeNull();
    });

    it('attack 92: an AK of another host is refused, and both sides say so', async () => {
      const fixture = await hostFixture(open);
      await joinToken(fixture, 't', 2);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
      const { host: id } = await host.enrol();
      const thief = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't', ak: host.ak });
      await expect(thief.enrol()).rejects.toMatchObject({ code: 'enrolment.refused' });
      expect(await listHosts(fixture.store.read, { limit: 9 })).toHaveLength(1);
      const refused = (await listEvents(fixture.store.read, { limit: 100 })).filter(({ action }) =>
        action.endsWith('claim-refused'),
      );
      expect(refused.map(({ subject }) => subject.id)).toEqual([id, thief.enrolment]);
      expect(await enrolmentState(fixture.service, thief.enrolment)).toMatchObject({ state: 'refused' });
    });

    it('two machines of one name are two hosts, each with what it stands on', async () => {
      const fixture = await hostFixture(open);
      await joinToken(fixture, 't', 2);
      const make = () => new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
      const [one, other] = [make(), make()];
      await one.enrol();
      await other.enrol();
      await one.attest();
      await other.attest({ change: (forged) => void forged.entries.push(file('/usr/bin/miner')) });
      const verdictOf = async ({ id }: SoftwareHost) => (await findHost(fixture.store.read, id))!.last!.verdict;
      expect([await verdictOf(one), await verdictOf(other)]).toEqual(['trusted', 'untrusted']);
      const listed = await listHosts(fixture.store.read, { limit: 9 });
      expect(listed.map(({ name }) => name)).toEqual(['lab-a', 'lab-a']);
    });

    it('attack 92: two machines with one EK at once are one host, and the AK that came last is its own', async () => {
      const fixture = await hostFixture(open);
      await joinToken(fixture, 't', 2);
      const ek = makeEk('L-2');
      const make = () => new SoftwareHost(fixture.client, { maker: fixture.maker, ek, joinToken: 't' });
      const [one, other] = [make(), make()];
      await Promise.all([one.enrol(), other.enrol()]);
      expect(one.id).not.toBe('');
      expect(other.id).toBe(one.id);
      expect(await listHosts(fixture.store.read, { limit: 9 })).toHaveLength(1);
      const { ak } = await one.challenge();
      const [last, first] = ak === toHex(publicName(one.ak.area)) ? [one, other] : [other, one];
      await expect(first.attest()).rejects.toMatchObject({ code: 'evidence.not-from-host' });
      expect((await last.attest()).verdict).toBe('trusted');
      expect((await actions(fixture)).filter((action) => action === 'join-token.used')).toHaveLength(1);
    });

    it('attack 92: two machines with one EK that an operator approves are not two hosts, and both say so', async () => {
      const fixture = await hostFixture(open);
      const ek = makeEk('L-2');
      const make = () => new SoftwareHost(fixture.client, { maker: fixture.maker, ek });
      const [one, other] = [make(), make()];
      await one.enrol();
      await other.enrol();
      const approve = ({ enrolment }: SoftwareHost) =>
        decide(fixture.service, enrolment, { decision: 'approve', policy: POLICY_NAME }, ADMIN);
      const host = await approve(one);
      await expect(approve(other)).rejects.toMatchObject({ code: 'enrolment.refused' });
      expect((await listHosts(fixture.store.read, { limit: 9 })).map(({ id }) => id)).toEqual([host]);
      const refused = (await listEvents(fixture.store.read, { limit: 100 })).filter(({ action }) =>
        action.endsWith('.claim-refused'),
      );
      expect(refused.map(({ subject }) => subject.id)).toEqual([host, other.enrolment]);
    });

    it('a retired EK is refused', async () => {
      const fixture = await hostFixture(open);
      await joinToken(fixture, 't', 2);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
      const { host: id } = await host.enrol();
      await fixture.store.change(ADMIN, (change) => retireHost(change, id!));
      await expect(host.enrol()).rejects.toMatchObject({ code: 'enrolment.retired' });
      await expect(host.challenge()).rejects.toMatchObject({ code: 'host.retired' });
    });
  });

  describe('the answer of the TPM', () => {
    it('attack 93: a wrong secret ends the enrolment, and nobody is told the right one', async () => {
      const fixture = await hostFixture(open);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker });
      const secret = await host.begin();
      const wrong = activate(fixture.service, host.enrolment, { secret: toBase64url(new Uint8Array(32)) });
      await expect(wrong).rejects.toMatchObject({ code: 'enrolment.refused' });
      await expect(wrong).rejects.not.toThrow(toBase64url(secret));
      const right = activate(fixture.service, host.enrolment, { secret: toBase64url(secret) });
      await expect(right).rejects.toMatchObject({ code: 'enrolment.unknown' });
      expect(await actions(fixture)).toEqual(['trust-root.added']);
    });

    it.each(['', '*', 'AA'])('%j is no secret', async (secret) => {
      const fixture = await hostFixture(open);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker });
      await host.begin();
      await expect(activate(fixture.service, host.enrolment, { secret })).rejects.toMatchObject({
        code: 'enrolment.refused',
      });
    });

    it('comes in time', async () => {
      const fixture = await hostFixture(open);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker });
      const secret = toBase64url(await host.begin());
      fixture.pass(5 * 60_000);
      await expect(activate(fixture.service, host.enrolment, { secret })).rejects.toMatchObject({
        code: 'enrolment.unknown',
      });
      expect(await enrolmentState(fixture.service, host.enrolment)).toMatchObject({ state: 'expired' });
    });

    it('attack 71: a credential for one AK is not opened with another', async () => {
      const fixture = await hostFixture(open);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker });
      const substituted = new SoftwareHost(fixture.client, { maker: fixture.maker, ek: host.ek });
      await host.begin();
      // The software TPM opens by the name of its own AK, as a real one does.
      (substituted as { enrolment: string }).enrolment = host.enrolment;
      const secret = await substituted.begin();
      await expect(activate(fixture.service, host.enrolment, { secret: toBase64url(secret) })).rejects.toMatchObject({
        code: 'enrolment.refused',
      });
    });

    it.each<[string, (host: SoftwareHost, secret: Uint8Array) => object]>([
      ['certified for another enrolment', (host) => host.certified(new Uint8Array(32))],
      ['of another template', (host, secret) => host.certified(secret, host.ak.area)],
      [
        'another than the certified one',
        (host, secret) => ({
          ...host.certified(secret),
          public: toBase64url(writePublic2B(new SoftwareHost(null as never, { maker: null as never }).hostKeyArea)),
        }),
      ],
      [
        'certified by nobody',
        (host, secret) => ({ ...host.certified(secret), signature: host.certified(secret).attest }),
      ],
      ['that is no key', (host, secret) => ({ ...host.certified(secret), public: 'AAAA' })],
    ])('a host key %s is refused', async (_, key) => {
      const fixture = await hostFixture(open);
      const host = new SoftwareHost(fixture.client, { maker: fixture.maker });
      const secret = await host.begin();
      const request = { secret: toBase64url(secret), hostKey: key(host, secret) as never };
      await expect(activate(fixture.service, host.enrolment, request)).rejects.toMatchObject({
        code: 'enrolment.refused',
      });
    });
  });

  describe('what is refused at once', () => {
    const key = (area: Parameters<typeof writePublic2B>[0]) => toBase64url(writePublic2B(area));
    const good = {
      ek: key(makeEk('L-2').area),
      ekCertificates: [],
      ak: key(makeAk('ecdsa').area),
      akParent: 'endorsement' as const,
    };
    const weak = makeAk('ecdsa').area;

    it.each([
      [
        'an AK that is not restricted (attack 70)',
        { ak: key({ ...weak, objectAttributes: weak.objectAttributes & ~TPMA_OBJECT.restricted }) },
        'enrolment.key',
      ],
      ['an EK that is no storage key (attack 72)', { ek: good.ak }, 'enrolment.key'],
      ['bytes that are no key', { ek: 'AAAA' }, 'enrolment.key'],
      ['an AK that is an EK', { ak: good.ek }, 'enrolment.key'],
      ['a certificate that is no base64url', { ekCertificates: ['AA=='] }, 'request.invalid'],
    ])('%s', async (_, change, code) => {
      const { service } = await hostFixture(open);
      await expect(enrol(service, { ...good, ...change })).rejects.toMatchObject({ code });
    });

    it('attack 115: more enrolments than may be open', async () => {
      const { service } = await hostFixture(open, { openEnrolments: 2 });
      await enrol(service, good);
      await enrol(service, good);
      await expect(enrol(service, good)).rejects.toMatchObject({ code: 'enrolment.queue-full' });
    });

    it('attack 115: more machines than may wait for a decision', async () => {
      const fixture = await hostFixture(open, { pendingHosts: 1 });
      await new SoftwareHost(fixture.client, { maker: fixture.maker }).enrol();
      const second = new SoftwareHost(fixture.client, { maker: fixture.maker });
      await expect(second.enrol()).rejects.toMatchObject({ code: 'enrolment.queue-full' });
    });
  });
}
