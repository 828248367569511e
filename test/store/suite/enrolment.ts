/** Enrolments, and what says that a host is ours. */

import { describe, expect, it } from 'vitest';
import { contentId } from '../../../src/bytes/hash.ts';
import { insertBlob, packBlob } from '../../../src/store/blobs.ts';
import { addEkPin, findEkPin, listEkPins, removeEkPin } from '../../../src/store/ek-pins.ts';
import {
  beginEnrolment,
  countAttempt,
  countOpen,
  decideEnrolment,
  enrolmentOfHost,
  expireEnrolments,
  findEnrolment,
  forgetEnrolments,
  listEnrolments,
  proveEnrolment,
  refuseAttempt,
  type Decision,
  type NewEnrolment,
} from '../../../src/store/enrolments.ts';
import { listEvents } from '../../../src/store/events.ts';
import { createHost } from '../../../src/store/hosts.ts';
import { consumeJoinToken, createJoinToken, listJoinTokens, revokeJoinToken } from '../../../src/store/join-tokens.ts';
import type { Store } from '../../../src/store/open.ts';
import { ADMIN, NOW, openTestStore, type MakeDatabase } from '../database.ts';

const MINUTE = 60_000;
const ANSWERED = Buffer.from('request and answer');
const PROOF = {
  requestId: contentId(ANSWERED),
  hostKeyName: '000b03',
  genuine: { root: 'a' },
  name: 'hv-1',
  policy: 'kvm-uki',
  expiresAt: NOW + 9 * MINUTE,
};
const REFUSED: Decision = { state: 'refused' };
const ENROLLED: Decision = {
  state: 'enrolled',
  hostId: 'h',
  ours: 'approval',
  oursId: null,
  name: 'hv-1',
  policy: 'kvm-uki',
};

/** A store with the enrolment `a`, challenged for a minute. */
async function begun(make: MakeDatabase): Promise<Store> {
  const { store } = await openTestStore(make);
  const request = await packBlob(Buffer.from('request'));
  for (const blob of [request, await packBlob(ANSWERED)]) await insertBlob(store.keep, blob, NOW);
  const enrolment: NewEnrolment = {
    id: 'a',
    createdAt: NOW,
    expiresAt: NOW + MINUTE,
    secretSha256: 'ab'.repeat(32),
    requestId: request.id,
    ekName: '000b01',
    ekSpkiSha256: null,
    akName: '000b02',
  };
  await beginEnrolment(store.keep, enrolment);
  return store;
}

async function proved(make: MakeDatabase): Promise<Store> {
  const store = await begun(make);
  await countAttempt(store.keep, 'a', NOW);
  expect(await store.change(ADMIN, (change) => proveEnrolment(change, 'a', PROOF))).toBe(true);
  return store;
}

async function actions(store: Store): Promise<string[]> {
  return (await listEvents(store.read, { limit: 100 })).map(({ action }) => action);
}

export function enrolmentSuite(make: MakeDatabase): void {
  describe('an enrolment', () => {
    it('that nobody has proved leaves no event (attack 115)', async () => {
      const store = await begun(make);
      await countAttempt(store.keep, 'a', NOW);
      await refuseAttempt(store.keep, 'a', NOW, 'the secret is another');
      expect(await findEnrolment(store.read, 'a')).toMatchObject({
        state: 'refused',
        reason: 'the secret is another',
      });
      expect(await actions(store)).toEqual([]);
    });

    it('has one attempt, also when many come at once (attack 93)', async () => {
      const store = await begun(make);
      const tries = await Promise.all(Array.from({ length: 5 }, () => countAttempt(store.keep, 'a', NOW)));
      expect(tries.filter((one) => one !== undefined)).toHaveLength(1);
      expect(await countAttempt(store.keep, 'b', NOW)).toBeUndefined();
    });

    it('is not answered when its time is over', async () => {
      const store = await begun(make);
      expect(await countAttempt(store.keep, 'a', NOW + MINUTE)).toBeUndefined();
      expect(await countAttempt(store.keep, 'a', NOW + MINUTE - 1)).toMatchObject({ id: 'a', attempts: 1 });
    });

    it('is not proved without an answer, nor twice', async () => {
      const store = await begun(make);
      const prove = () => store.change(ADMIN, (change) => proveEnrolment(change, 'a', PROOF));
      expect(await prove()).toBe(false);
      await countAttempt(store.keep, 'a', NOW);
      expect(await prove()).toBe(true);
      expect(await prove()).toBe(false);
      expect(await actions(store)).toEqual(['enrolment.proved']);
      expect(await findEnrolment(store.read, 'a')).toMatchObject({
        state: 'pending',
        genuine: { root: 'a' },
        requestId: PROOF.requestId,
        hostKeyName: '000b03',
      });
    });

    it('is decided once, with who and why', async () => {
      const store = await proved(make);
      await store.change(ADMIN, async (change) => {
        await createHost(change, { id: 'h', name: 'hv-1', policy: 'kvm-uki', state: 'active' });
        expect(await decideEnrolment(change, 'a', ENROLLED)).toBe(true);
      });
      expect(await store.change(ADMIN, (change) => decideEnrolment(change, 'a', REFUSED))).toBe(false);
      expect(await findEnrolment(store.read, 'a')).toMatchObject({
        state: 'enrolled',
        hostId: 'h',
        ours: 'approval',
        decidedBy: 'token:token-1',
        decidedAt: NOW,
        reason: 'because',
      });
      expect(await enrolmentOfHost(store.read, 'h')).toMatchObject({ id: 'a' });
      expect(await enrolmentOfHost(store.read, 'i')).toBeUndefined();
    });

    it('is not decided before it is proved, nor when nobody decided in time', async () => {
      const store = await begun(make);
      const decide = (at: number) => store.change({ ...ADMIN, at }, (change) => decideEnrolment(change, 'a', REFUSED));
      expect(await decide(NOW)).toBe(false);
      await countAttempt(store.keep, 'a', NOW);
      await store.change(ADMIN, (change) => proveEnrolment(change, 'a', PROOF));
      expect(await decide(PROOF.expiresAt)).toBe(false);
      expect(await decide(PROOF.expiresAt - 1)).toBe(true);
    });

    it('expires, and is forgotten when it got nowhere', async () => {
      const store = await begun(make);
      expect(await countOpen(store.read, 'challenged', NOW + MINUTE - 1)).toBe(1);
      expect(await countOpen(store.read, 'challenged', NOW + MINUTE)).toBe(0);
      expect(await countOpen(store.read, 'pending', NOW)).toBe(0);
      await expireEnrolments(store.keep, NOW + MINUTE - 1);
      expect(await findEnrolment(store.read, 'a')).toMatchObject({ state: 'challenged' });
      await expireEnrolments(store.keep, NOW + MINUTE);
      expect(await findEnrolment(store.read, 'a')).toMatchObject({ state: 'expired' });
      await forgetEnrolments(store.keep, NOW + MINUTE);
      expect(await findEnrolment(store.read, 'a')).toBeDefined();
      await forgetEnrolments(store.keep, NOW + MINUTE + 1);
      expect(await findEnrolment(store.read, 'a')).toBeUndefined();
    });

    it('that was proved is not forgotten', async () => {
      const store = await proved(make);
      await expireEnrolments(store.keep, PROOF.expiresAt);
      await forgetEnrolments(store.keep, PROOF.expiresAt + 1);
      expect(await findEnrolment(store.read, 'a')).toMatchObject({ state: 'expired' });
    });

    it('is listed by its state', async () => {
      const store = await proved(make);
      const ids = async (query: Parameters<typeof listEnrolments>[1]) =>
        (await listEnrolments(store.read, query)).map(({ id }) => id);
      expect(await ids({ state: 'pending', limit: 9 })).toEqual(['a']);
      expect(await ids({ state: 'pending', after: 'a', limit: 9 })).toEqual([]);
      expect(await ids({ state: 'challenged', limit: 9 })).toEqual([]);
    });
  });

  describe('a pin of an EK', () => {
    const pin = { id: 'p', kind: 'ek-name', value: '000b01', name: 'hv-1', policy: null } as const;

    it('is there once, by kind and value, until it is removed', async () => {
      const { store } = await openTestStore(make);
      expect(await store.change(ADMIN, (change) => addEkPin(change, pin))).toBe(true);
      expect(await store.change(ADMIN, (change) => addEkPin(change, { ...pin, id: 'q' }))).toBe(false);
      expect(await findEkPin(store.read, 'ek-spki-sha256', pin.value)).toBeUndefined();
      expect(await findEkPin(store.read, 'ek-name', pin.value)).toMatchObject({ ...pin, createdBy: 'token:token-1' });
      expect(await listEkPins(store.read, { limit: 9 })).toHaveLength(1);
      expect(await listEkPins(store.read, { after: 'p', limit: 9 })).toEqual([]);
      expect(await store.change(ADMIN, (change) => removeEkPin(change, 'p'))).toBe(true);
      expect(await store.change(ADMIN, (change) => removeEkPin(change, 'p'))).toBe(false);
      expect(await actions(store)).toEqual(['ek-pin.added', 'ek-pin.removed']);
    });
  });

  describe('a join token', () => {
    const token = { id: 'j', sha256: 'cd'.repeat(32), name: 'rack', policy: null, maxUses: 2, expiresAt: NOW + 1 };
    const consume = (store: Store, at = NOW, sha256 = token.sha256) =>
      store.change({ ...ADMIN, at }, (change) => consumeJoinToken(change, sha256));

    async function withToken(): Promise<Store> {
      const { store } = await openTestStore(make);
      await store.change(ADMIN, (change) => createJoinToken(change, token));
      return store;
    }

    it('is used as often as it may be, also when many come at once', async () => {
      const store = await withToken();
      const uses = await Promise.all(Array.from({ length: 5 }, () => consume(store)));
      expect(uses.flatMap((use) => use?.uses ?? []).toSorted((a, b) => a - b)).toEqual([1, 2]);
      expect((await listJoinTokens(store.read))[0]).toMatchObject({ uses: 2, maxUses: 2 });
    });

    it('is not used after its time, under another digest, or revoked', async () => {
      const store = await withToken();
      expect(await consume(store, token.expiresAt)).toBeUndefined();
      expect(await consume(store, NOW, 'ce'.repeat(32))).toBeUndefined();
      expect(await store.change(ADMIN, (change) => revokeJoinToken(change, 'j'))).toBe(true);
      expect(await store.change(ADMIN, (change) => revokeJoinToken(change, 'j'))).toBe(false);
      expect(await consume(store)).toBeUndefined();
      expect(await actions(store)).toEqual(['join-token.created', 'join-token.revoked']);
    });

    it('leaves its digest in no event', async () => {
      const store = await withToken();
      await consume(store);
      expect(JSON.stringify(await listEvents(store.read, { limit: 9 }))).not.toContain(token.sha256);
    });
  });
}
