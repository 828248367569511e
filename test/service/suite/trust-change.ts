/** Roots and revocation lists change: what hosts stand on is taken back in the same moment, and only from those it concerns. */
import { beforeEach, describe, expect, it } from 'vitest';
import { digestHex } from '../../../src/bytes/hash.ts';
import { resolvePolicy } from '../../../src/policy/resolve.ts';
import { joinTokenDigest } from '../../../src/service/hosts/enrol.ts';
import { changeTrust } from '../../../src/service/hosts/trust-change.ts';
import { standingOf } from '../../../src/service/standing.ts';
import { insertBlob, packBlob } from '../../../src/store/blobs.ts';
import type { Change } from '../../../src/store/change.ts';
import { listEvents } from '../../../src/store/events.ts';
import { changeHost, findHost, type Host } from '../../../src/store/hosts.ts';
import { createJoinToken } from '../../../src/store/join-tokens.ts';
import { addCrl, addTrustRoot, removeCrl, removeTrustRoot } from '../../../src/store/trust-roots.ts';
import { parseCrl } from '../../../src/x509/crl.ts';
import { makeEkAuthority, type EkAuthority } from '../../support/ek-authority.ts';
import { catalogue, readPolicy } from '../../support/fixtures.ts';
import { ADMIN, NOW } from '../../store/database.ts';
import { hostFixture, POLICY_NAME, type HostFixture } from '../hosts/host-fixture.ts';
import { SoftwareHost } from '../hosts/software-host.ts';
import type { OpenStore } from '../store.ts';

/** @param open the database it holds on */
export function trustChangeSuite(open: OpenStore): void {
  let fixture: HostFixture;
  let other: EkAuthority;
  let ours: SoftwareHost;
  let theirs: SoftwareHost;
  /** that of their EK */
  let certificate: Uint8Array | undefined;

  /** Two trusted hosts, each with a TPM of another maker. */
  beforeEach(async () => {
    fixture = await hostFixture(open);
    other = await makeEkAuthority('another maker');
    await fixture.store.change(ADMIN, async (change) => {
      await insertBlob(change.keep, await packBlob(other.root.certificate), NOW);
      await addTrustRoot(change, { certificateId: other.root.id, class: 'discrete', name: other.root.name });
      const token = { id: 'join-1', sha256: joinTokenDigest('t'), name: 'rack-1', policy: POLICY_NAME };
      await createJoinToken(change, { ...token, maxUses: 9, expiresAt: NOW + 3600_000 });
    });
    certificate = undefined;
    const certify: EkAuthority['certify'] = async (area) => (certificate ??= await other.certify(area));
    ours = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
    theirs = new SoftwareHost(fixture.client, { maker: { ...other, certify }, joinToken: 't' });
    for (const host of [ours, theirs]) {
      await host.enrol();
      await host.attest();
    }
  });

  const hostOf = async ({ id }: SoftwareHost): Promise<Host> => (await findHost(fixture.store.read, id))!;
  const standings = async (): Promise<string[]> => [
    standingOf(await hostOf(ours), NOW),
    standingOf(await hostOf(theirs), NOW),
  ];
  const reasonOf = async (host: SoftwareHost): Promise<string | null> => (await hostOf(host)).last!.voidedReason;
  const trust = <T>(work: (change: Change) => Promise<T>): Promise<T> => changeTrust(fixture.service, ADMIN, work);

  async function addList(der: Uint8Array): Promise<string> {
    const list = parseCrl(der, 'list');
    const blob = await packBlob(der);
    await trust(async (change) => {
      await insertBlob(change.keep, blob, NOW);
      await addCrl(change, {
        crlId: blob.id,
        issuerSha256: digestHex('sha256', Buffer.from(list.issuerName, 'hex')),
        thisUpdateAt: list.thisUpdate,
        nextUpdateAt: list.nextUpdate ?? null,
      });
    });
    return blob.id;
  }

  describe('a root that is removed', () => {
    it('attack 102: takes what its hosts stand on with it, with the reason and an event, and leaves the others', async () => {
      await trust((change) => removeTrustRoot(change, other.root.id));
      expect(await standings()).toEqual(['trusted', 'stale']);
      expect(await reasonOf(theirs)).toMatch(/^identity\.ek-root-unknown: path\./);
      const events = await listEvents(fixture.store.read, { limit: 100 });
      const last = events.slice(-2).map(({ action, subject, actor }) => [action, subject.id, actor]);
      expect(last).toEqual([
        ['trust-root.removed', other.root.id, 'token:token-1'],
        ['host.standing-voided', theirs.id, 'token:token-1'],
      ]);
      // The verdict itself stays what it was.
      expect((await hostOf(theirs)).last!.verdict).toBe('trusted');
    });

    it('leaves the root of another class in its place to be judged as such', async () => {
      await trust(async (change) => {
        await removeTrustRoot(change, other.root.id);
        await addTrustRoot(change, { certificateId: other.root.id, class: 'lab', name: other.root.name });
      });
      expect(await standings()).toEqual(['trusted', 'stale']);
      expect(await reasonOf(theirs)).toMatch(/^identity\.ek-class: /);
    });

    it('takes nothing back when the change is not made', async () => {
      const failed = trust(async (change) => {
        await removeTrustRoot(change, other.root.id);
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await standings()).toEqual(['trusted', 'trusted']);
    });
  });

  describe('a revocation list that is added', () => {
    it('takes back what the host of a revoked EK certificate stands on; attesting again does not help', async () => {
      await addList(await other.revoke([certificate!]));
      expect(await standings()).toEqual(['trusted', 'stale']);
      expect(await reasonOf(theirs)).toMatch(/^identity\.ek-certificate: path\.revoked: revoked at .*: keyCompromise$/);
      fixture.pass(1);
      expect(await theirs.attest()).toMatchObject({ verdict: 'untrusted', weakestLink: 'identity' });
    });

    it('that is current and lists nobody leaves everybody, and one that is out of date does not', async () => {
      await addList(await other.revoke([]));
      expect(await standings()).toEqual(['trusted', 'trusted']);
      await addList(await fixture.maker.revoke([], '2021-01-01T00:00:00Z'));
      expect(await standings()).toEqual(['stale', 'trusted']);
      expect(await reasonOf(ours)).toMatch(/^identity\.ek-unsure: .*not current/);
    });

    it('by somebody who only has the name of the issuer counts for nothing', async () => {
      const impostor = await makeEkAuthority('another maker');
      await addList(await impostor.revoke([certificate!]));
      expect(await standings()).toEqual(['trusted', 'trusted']);
    });
  });

  it('a list that is removed takes back what stood on it, where the policy requires lists', async () => {
    const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
    const checks = { ...document.checks, 'identity.ek-genuine': { revocation: 'required' as const } };
    const policy = resolvePolicy({ ...document, checks, name: 'lists' }, catalogue);
    const policies = new Map([...fixture.service.policies, ['lists', policy] as const]);
    Object.assign(fixture.service, { policies });
    const [list] = [await addList(await other.revoke([])), await addList(await fixture.maker.revoke([]))];
    await fixture.store.change(ADMIN, (change) => changeHost(change, theirs.id, { policy: 'lists' }));
    fixture.pass(1);
    expect((await theirs.attest()).verdict).toBe('trusted');
    await trust((change) => removeCrl(change, list));
    expect(await standings()).toEqual(['trusted', 'stale']);
    expect(await reasonOf(theirs)).toMatch(/^identity\.ek-unsure: no revocation list covers/);
  });

  describe('what is changed while evidence is judged counts', () => {
    /** Runs between the appraisal and its record: the identifier of the appraisal is drawn there. */
    const meanwhile = (work: () => Promise<unknown>): void => {
      const change = fixture.store.change.bind(fixture.store);
      let done = false;
      Object.assign(fixture.store, {
        change: async (...args: Parameters<typeof change>) => {
          if (!done) {
            done = true;
            await work();
          }
          return change(...args);
        },
      });
    };

    it.each<[string, () => Promise<unknown>, RegExp]>([
      ['a root', () => trust((change) => removeTrustRoot(change, other.root.id)), /^identity\.ek-root-unknown/],
      [
        'the policy',
        () => fixture.store.change(ADMIN, (change) => changeHost(change, theirs.id, { policy: null })),
        /^another policy applies$/,
      ],
      [
        'the AK',
        async () => {
          const renewed = new SoftwareHost(fixture.client, { maker: other, ek: theirs.ek });
          await renewed.enrol();
          expect(renewed.id).toBe(theirs.id);
        },
        /^the host has another AK$/,
      ],
    ])('%s', async (_, work, reason) => {
      fixture.pass(1);
      const challenge = await theirs.challenge();
      meanwhile(work);
      await theirs.answer(challenge);
      expect(await standings()).toEqual(['trusted', 'stale']);
      expect(await reasonOf(theirs)).toMatch(reason);
    });
  });
}
