/** Hosts, their identities and keys. */

import { describe, expect, it } from 'vitest';
import { insertBlob, packBlob } from '../../../src/store/blobs.ts';
import { listEvents } from '../../../src/store/events.ts';
import { addHostKey, findHostKey, keysOf, retireHostKey, type NewHostKey } from '../../../src/store/host-keys.ts';
import { changeHost, createHost, findHost, listHosts, retireHost } from '../../../src/store/hosts.ts';
import { addIdentity, findIdentity, identitiesOf, retireIdentity } from '../../../src/store/identities.ts';
import type { Store } from '../../../src/store/open.ts';
import { ADMIN, NOW, openTestStore, type MakeDatabase } from '../database.ts';

const EK = { kind: 'ek-name', value: '000b01' } as const;

/** A store with the active hosts a, b and c. */
async function withHosts(make: MakeDatabase): Promise<Store> {
  const { store } = await openTestStore(make);
  await store.change(ADMIN, async (change) => {
    for (const id of ['a', 'b', 'c']) await createHost(change, { id, name: 'same', policy: null, state: 'active' });
  });
  return store;
}

/** What was recorded about a host after it was created. */
async function actions(store: Store, id: string): Promise<string[]> {
  const events = await listEvents(store.read, { subject: { kind: 'host', id }, limit: 100 });
  return events.map(({ action }) => action).slice(1);
}

async function akOf(store: Store, hostId: string, name: string): Promise<NewHostKey> {
  const blob = await packBlob(Buffer.from(`public area of ${name}`));
  await insertBlob(store.keep, blob, NOW);
  return { name, hostId, role: 'ak', publicAreaId: blob.id, parent: 'endorsement', certification: null };
}

export function hostsSuite(make: MakeDatabase): void {
  describe('a host', () => {
    it('is found as it was made', async () => {
      const store = await withHosts(make);
      const host = { id: 'a', name: 'same', policy: null, state: 'active', createdAt: NOW, retiredAt: null };
      expect(await findHost(store.read, 'a')).toEqual({ ...host, last: null });
      expect(await findHost(store.read, 'z')).toBeUndefined();
    });

    it('is listed page by page, and by state', async () => {
      const store = await withHosts(make);
      await store.change(ADMIN, (change) => retireHost(change, 'b'));
      const ids = async (query: Parameters<typeof listHosts>[1]) =>
        (await listHosts(store.read, query)).map(({ id }) => id);
      expect(await ids({ limit: 2 })).toEqual(['a', 'b']);
      expect(await ids({ after: 'b', limit: 2 })).toEqual(['c']);
      expect(await ids({ state: 'active', limit: 9 })).toEqual(['a', 'c']);
    });

    it('changes with what is given only, and not once retired', async () => {
      const store = await withHosts(make);
      expect(await store.change(ADMIN, (change) => changeHost(change, 'a', { policy: 'kvm-uki' }))).toBe(true);
      expect(await findHost(store.read, 'a')).toMatchObject({ name: 'same', policy: 'kvm-uki' });
      expect(await store.change(ADMIN, (change) => retireHost(change, 'a'))).toBe(true);
      expect(await store.change(ADMIN, (change) => retireHost(change, 'a'))).toBe(false);
      expect(await store.change(ADMIN, (change) => changeHost(change, 'a', { name: 'x' }))).toBe(false);
      expect(await store.change(ADMIN, (change) => changeHost(change, 'z', { name: 'x' }))).toBe(false);
      expect(await findHost(store.read, 'a')).toMatchObject({ name: 'same', state: 'retired', retiredAt: NOW });
      expect(await actions(store, 'a')).toEqual(['host.changed', 'host.retired']);
    });
  });

  describe('an identity', () => {
    it('is of one host: another that brings it is refused and changes nothing (attack 92)', async () => {
      const store = await withHosts(make);
      expect(await store.change(ADMIN, (change) => addIdentity(change, 'a', EK))).toBe('a');
      expect(await store.change(ADMIN, (change) => addIdentity(change, 'b', EK))).toBe('a');
      expect(await findIdentity(store.read, EK)).toMatchObject({ hostId: 'a', state: 'active' });
      expect(await identitiesOf(store.read, 'b')).toEqual([]);
      expect(await actions(store, 'b')).toEqual([]);
    });

    it('stays of its host when that is retired', async () => {
      const store = await withHosts(make);
      await store.change(ADMIN, (change) => addIdentity(change, 'a', EK));
      await store.change(ADMIN, (change) => retireHost(change, 'a'));
      expect(await findIdentity(store.read, EK)).toMatchObject({ state: 'retired', untilAt: NOW });
      expect(await store.change(ADMIN, (change) => addIdentity(change, 'b', EK))).toBe('a');
    });

    it('is taken from its host and given back, by name of the host only', async () => {
      const store = await withHosts(make);
      await store.change(ADMIN, (change) => addIdentity(change, 'a', EK));
      expect(await store.change(ADMIN, (change) => retireIdentity(change, 'b', EK))).toBe(false);
      expect(await store.change(ADMIN, (change) => retireIdentity(change, 'a', EK))).toBe(true);
      expect(await store.change(ADMIN, (change) => retireIdentity(change, 'a', EK))).toBe(false);
      await store.change(ADMIN, (change) => addIdentity(change, 'a', EK));
      await store.change(ADMIN, (change) => addIdentity(change, 'a', EK));
      expect(await identitiesOf(store.read, 'a')).toEqual([
        { ...EK, hostId: 'a', state: 'active', sinceAt: NOW, untilAt: null },
      ]);
      const all = ['host.identity-added', 'host.identity-retired', 'host.identity-added'];
      expect(await actions(store, 'a')).toEqual(all);
    });

    it('of the same value and another kind is another', async () => {
      const store = await withHosts(make);
      await store.change(ADMIN, (change) => addIdentity(change, 'a', EK));
      const other = { ...EK, kind: 'iak-name' } as const;
      expect(await store.change(ADMIN, (change) => addIdentity(change, 'b', other))).toBe('b');
    });
  });

  describe('a key of a host', () => {
    it('is of one host, and comes back with its certification', async () => {
      const store = await withHosts(make);
      const ak = await akOf(store, 'a', '000baa');
      expect(await store.change(ADMIN, (change) => addHostKey(change, ak))).toBe('a');
      expect(await store.change(ADMIN, (change) => addHostKey(change, { ...ak, hostId: 'b' }))).toBe('a');
      const certification = { infoId: ak.publicAreaId, signatureId: ak.publicAreaId, by: ak.name };
      const key = { ...(await akOf(store, 'a', '000bbb')), role: 'host-key', certification } as const;
      await store.change(ADMIN, (change) => addHostKey(change, key));
      expect(await keysOf(store.read, 'a')).toEqual([
        { ...ak, activatedAt: NOW, retiredAt: null },
        { ...key, activatedAt: NOW, retiredAt: null },
      ]);
      expect(await keysOf(store.read, 'b')).toEqual([]);
    });

    it('does not come back once it was retired, with its host or by itself', async () => {
      const store = await withHosts(make);
      const [one, two] = [await akOf(store, 'a', '000baa'), await akOf(store, 'b', '000bbb')];
      await store.change(ADMIN, async (change) => {
        await addHostKey(change, one);
        await addHostKey(change, two);
        await retireHost(change, 'a');
        expect(await retireHostKey(change, two.name)).toBe(true);
        expect(await retireHostKey(change, two.name)).toBe(false);
        expect(await retireHostKey(change, '000bcc')).toBe(false);
      });
      expect((await findHostKey(store.read, one.name))?.retiredAt).toBe(NOW);
      expect(await store.change(ADMIN, (change) => addHostKey(change, one))).toBeNull();
      expect(await store.change(ADMIN, (change) => addHostKey(change, two))).toBeNull();
    });

    it('needs its public area', async () => {
      const store = await withHosts(make);
      const ak = { ...(await akOf(store, 'a', '000baa')), publicAreaId: `sha256:${'0'.repeat(64)}` };
      await expect(store.change(ADMIN, (change) => addHostKey(change, ak))).rejects.toThrow(/foreign key/i);
      expect(await actions(store, 'a')).toEqual([]);
    });
  });
}
