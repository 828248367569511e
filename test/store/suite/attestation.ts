/** Trust roots, boots, redeemed challenges and appraisals. */

import { describe, expect, it } from 'vitest';
import {
  findAppraisal,
  listAppraisals,
  recordAppraisal,
  voidStanding,
  type Appraisal,
} from '../../../src/store/appraisals.ts';
import { insertBlob, packBlob } from '../../../src/store/blobs.ts';
import { latestBoot, listBoots, saveBoot, type Boot } from '../../../src/store/boots.ts';
import { forgetRedeemedChallenges, redeemChallenge, wasRedeemed } from '../../../src/store/challenges.ts';
import { dropParts, forgetParts, heldBytes, keepPart, partsOf } from '../../../src/store/evidence-parts.ts';
import { listEvents } from '../../../src/store/events.ts';
import { createHost, findHost } from '../../../src/store/hosts.ts';
import type { Store } from '../../../src/store/open.ts';
import {
  addCrl,
  addTrustRoot,
  findTrustRoot,
  listCrls,
  removeCrl,
  listTrustRoots,
  removeTrustRoot,
} from '../../../src/store/trust-roots.ts';
import { ADMIN, NOW, openTestStore, type MakeDatabase } from '../database.ts';

/** A store with the host h and one blob. */
async function withHost(make: MakeDatabase): Promise<{ readonly store: Store; readonly blob: string }> {
  const { store } = await openTestStore(make);
  const blob = await packBlob(Buffer.from('content'));
  await insertBlob(store.keep, blob, NOW);
  await store.change(ADMIN, (change) => createHost(change, { id: 'h', name: 'h', policy: null, state: 'active' }));
  return { store, blob: blob.id };
}

const boot = (resetCount: number, lastSeenAt = NOW): Omit<Boot, 'firstSeenAt'> => ({
  hostId: 'h',
  akName: '000b02',
  resetCount,
  restartCount: 1,
  clock: 2n ** 64n - 1n,
  firmwareVersion: 2n ** 63n,
  firmwareLogId: null,
  systemdLogId: null,
  imaLogId: null,
  imaEntries: 3,
  imaBytes: 300,
  pcr10: { sha256: 'ab'.repeat(32) },
  lastSeenAt,
});

async function verdictEvents(store: Store): Promise<unknown[]> {
  const events = await listEvents(store.read, { subject: { kind: 'host', id: 'h' }, limit: 100 });
  return events.filter(({ action }) => action !== 'host.created').map(({ action, detail }) => [action, detail]);
}

export function attestationSuite(make: MakeDatabase): void {
  describe('a trust root', () => {
    it('is believed until it is removed, and again when it is added again', async () => {
      const { store, blob } = await withHost(make);
      const root = { certificateId: blob, class: 'discrete', name: 'maker' } as const;
      const add = () => store.change(ADMIN, (change) => addTrustRoot(change, root));
      const remove = () => store.change(ADMIN, (change) => removeTrustRoot(change, blob));
      expect([await add(), await add()]).toEqual([true, false]);
      expect(await listTrustRoots(store.read)).toEqual([{ ...root, addedBy: 'token:token-1', addedAt: NOW }]);
      expect([await remove(), await remove()]).toEqual([true, false]);
      expect(await listTrustRoots(store.read)).toEqual([]);
      expect(await findTrustRoot(store.read, blob)).toBeUndefined();
      expect(await add()).toBe(true);
      expect(await findTrustRoot(store.read, blob)).toBeDefined();
    });

    it('has its revocation lists, the newest first', async () => {
      const { store, blob } = await withHost(make);
      const other = await packBlob(Buffer.from('newer'));
      await insertBlob(store.keep, other, NOW);
      const crl = (crlId: string, thisUpdateAt: number) => ({
        crlId,
        issuerSha256: 'ab'.repeat(32),
        thisUpdateAt,
        nextUpdateAt: null,
      });
      const add = (one: ReturnType<typeof crl>) => store.change(ADMIN, (change) => addCrl(change, one));
      expect([await add(crl(blob, 1)), await add(crl(other.id, 2)), await add(crl(blob, 1))]).toEqual([
        true,
        true,
        false,
      ]);
      expect((await listCrls(store.read)).map(({ crlId }) => crlId)).toEqual([other.id, blob]);
      const remove = () => store.change(ADMIN, (change) => removeCrl(change, other.id));
      expect([await remove(), await remove()]).toEqual([true, false]);
      expect((await listCrls(store.read)).map(({ crlId }) => crlId)).toEqual([blob]);
      expect(await add(crl(other.id, 2))).toBe(true);
    });
  });

  describe('a boot', () => {
    it('comes back as it was last seen, with the time of the first sight', async () => {
      const { store } = await withHost(make);
      await saveBoot(store.keep, boot(7));
      const later = { ...boot(7, NOW + 5), imaEntries: 4 };
      await saveBoot(store.keep, later);
      expect(await latestBoot(store.read, 'h', '000b02')).toEqual({ ...later, firstSeenAt: NOW });
    });

    it('is the latest by its reset count, for its own key', async () => {
      const { store } = await withHost(make);
      for (const one of [boot(10), boot(9, NOW + 1), { ...boot(11), akName: '000b03' }])
        await saveBoot(store.keep, one);
      expect((await latestBoot(store.read, 'h', '000b02'))?.resetCount).toBe(10);
      expect(await latestBoot(store.read, 'h', '000b04')).toBeUndefined();
      expect((await listBoots(store.read, 'h', 2)).map(({ resetCount }) => resetCount)).toEqual([9, 11]);
    });
  });

  describe('parts of a runtime list', () => {
    const part = (nonce: string, index: number, text: string, hostId = 'h') => ({
      hostId,
      nonce,
      part: index,
      bytes: new Uint8Array(Buffer.from(text)),
      expiresAt: NOW + 1,
    });
    const texts = async (store: Store, nonce: string, hostId = 'h') =>
      (await partsOf(store.read, { hostId, nonce })).map((bytes) => Buffer.from(bytes).toString());

    it('are given in their order up to a gap, each as it came last', async () => {
      const { store } = await withHost(make);
      expect([await texts(store, 'n'), await heldBytes(store.read)]).toEqual([[], 0]);
      for (const [at, text] of [
        [1, 'two'],
        [0, 'one'],
        [3, 'four'],
        [0, 'ONE!'],
      ] as const) {
        await keepPart(store.keep, part('n', at, text));
      }
      expect([await texts(store, 'n'), await heldBytes(store.read)]).toEqual([['ONE!', 'two'], 11]);
    });

    it('are of one challenge, and of one host', async () => {
      const { store } = await withHost(make);
      await store.change(ADMIN, (change) => createHost(change, { id: 'i', name: 'i', policy: null, state: 'active' }));
      await keepPart(store.keep, part('n', 0, 'one'));
      await keepPart(store.keep, part('n', 0, 'of another', 'i'));
      await keepPart(store.keep, part('m', 0, 'new'));
      expect([await texts(store, 'n'), await texts(store, 'm'), await texts(store, 'n', 'i')]).toEqual([
        [],
        ['new'],
        ['of another'],
      ]);
      await dropParts(store.keep, 'i');
      expect([await texts(store, 'm'), await texts(store, 'n', 'i')]).toEqual([['new'], []]);
    });

    it('are forgotten when their challenge is over', async () => {
      const { store } = await withHost(make);
      await keepPart(store.keep, part('n', 0, 'one'));
      await forgetParts(store.keep, NOW);
      expect(await texts(store, 'n')).toEqual(['one']);
      await forgetParts(store.keep, NOW + 1);
      expect(await heldBytes(store.read)).toBe(0);
    });
  });

  describe('a challenge', () => {
    const challenge = (nonce: string, expiresAt: number) => ({ nonce, hostId: null, redeemedAt: NOW, expiresAt });

    it('is redeemed once, also when many come at once (attack 53)', async () => {
      const { store } = await withHost(make);
      const tries = Array.from({ length: 5 }, () => redeemChallenge(store.keep, challenge('n', NOW + 1)));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
      expect(await redeemChallenge(store.keep, challenge('m', NOW + 1))).toBe(true);
    });

    it('is remembered until it has expired', async () => {
      const { store } = await withHost(make);
      expect(await wasRedeemed(store.read, 'n')).toBe(false);
      await redeemChallenge(store.keep, challenge('n', NOW + 1));
      expect(await wasRedeemed(store.read, 'n')).toBe(true);
      await forgetRedeemedChallenges(store.keep, NOW + 1);
      expect(await redeemChallenge(store.keep, challenge('n', NOW + 1))).toBe(false);
      await forgetRedeemedChallenges(store.keep, NOW + 2);
      expect(await redeemChallenge(store.keep, challenge('n', NOW + 1))).toBe(true);
    });
  });

  describe('an appraisal', () => {
    const appraisal = (blob: string, id: string, verdict: Appraisal['verdict'], at = NOW): Appraisal => ({
      id,
      hostId: 'h',
      at,
      verdict,
      weakestLink: verdict === 'trusted' ? null : 'boot',
      policyId: blob,
      inputId: blob,
      documentId: blob,
      token: 'a.b.c',
      attestedUntilAt: verdict === 'trusted' ? at + 900_000 : null,
      akName: '000b02',
      resetCount: 7,
    });

    it('is kept, and is what the host stands on', async () => {
      const { store, blob } = await withHost(make);
      const first = appraisal(blob, '1', 'trusted');
      await store.change(ADMIN, (change) => recordAppraisal(change, first));
      expect(await findAppraisal(store.read, '1')).toEqual(first);
      expect((await findHost(store.read, 'h'))?.last).toEqual({
        appraisalId: '1',
        verdict: 'trusted',
        weakestLink: null,
        at: NOW,
        attestedUntilAt: NOW + 900_000,
        akName: '000b02',
        resetCount: 7,
        voidedAt: null,
        voidedReason: null,
      });
    });

    it('is an event when the verdict is another', async () => {
      const { store, blob } = await withHost(make);
      const verdicts = ['trusted', 'trusted', 'untrusted', 'untrusted', 'trusted'] as const;
      for (const [index, verdict] of verdicts.entries()) {
        const one = appraisal(blob, String(index), verdict, NOW + index);
        await store.change(ADMIN, (change) => recordAppraisal(change, one));
      }
      expect(await verdictEvents(store)).toEqual([
        ['host.verdict-changed', { from: null, to: 'trusted', weakestLink: null, appraisal: '0' }],
        ['host.verdict-changed', { from: 'trusted', to: 'untrusted', weakestLink: 'boot', appraisal: '2' }],
        ['host.verdict-changed', { from: 'untrusted', to: 'trusted', weakestLink: null, appraisal: '4' }],
      ]);
    });

    it('of an earlier time than the last one changes no standing (attack 102)', async () => {
      const { store, blob } = await withHost(make);
      await store.change(ADMIN, (change) => recordAppraisal(change, appraisal(blob, '1', 'untrusted', NOW + 1)));
      await store.change(ADMIN, (change) => recordAppraisal(change, appraisal(blob, '2', 'trusted', NOW)));
      expect((await findHost(store.read, 'h'))?.last?.verdict).toBe('untrusted');
      expect((await listAppraisals(store.read, { hostId: 'h', limit: 9 })).map(({ id }) => id)).toEqual(['2', '1']);
      const earlier = await listAppraisals(store.read, { hostId: 'h', before: '2', limit: 9 });
      expect(earlier.map(({ id }) => id)).toEqual(['1']);
    });

    it('stands no more once it was taken back, until the next one (attack 89)', async () => {
      const { store, blob } = await withHost(make);
      const takeBack = () => store.change(ADMIN, (change) => voidStanding(change, 'h', 'newer boot'));
      expect(await takeBack()).toBe(false);
      await store.change(ADMIN, (change) => recordAppraisal(change, appraisal(blob, '1', 'trusted')));
      expect([await takeBack(), await takeBack()]).toEqual([true, false]);
      expect((await findHost(store.read, 'h'))?.last).toMatchObject({ voidedAt: NOW, voidedReason: 'newer boot' });
      await store.change(ADMIN, (change) => recordAppraisal(change, appraisal(blob, '2', 'trusted', NOW + 1)));
      expect((await findHost(store.read, 'h'))?.last).toMatchObject({ appraisalId: '2', voidedAt: null });
    });
  });
}
