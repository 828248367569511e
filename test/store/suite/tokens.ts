/** Tokens and settings. */

import { describe, expect, it } from 'vitest';
import { listEvents } from '../../../src/store/events.ts';
import type { Store } from '../../../src/store/open.ts';
import { ensureSetting, readSetting } from '../../../src/store/settings.ts';
import { createToken, findToken, listTokens, markTokenUse, revokeToken, tokenText } from '../../../src/store/tokens.ts';
import { ADMIN, NOW, openTestStore, type MakeDatabase } from '../database.ts';

const MINUTE = 60_000;
const TEXT = tokenText(new Uint8Array(32).fill(7));
const TOKEN = { id: 't', text: TEXT, name: 'deploy', role: 'operator', expiresAt: NOW + MINUTE } as const;

async function withToken(make: MakeDatabase): Promise<Store> {
  const { store } = await openTestStore(make);
  await store.change(ADMIN, (change) => createToken(change, TOKEN));
  return store;
}

export function tokensSuite(make: MakeDatabase): void {
  describe('a token', () => {
    it('is found by its text until it expires', async () => {
      const store = await withToken(make);
      const live = { id: 't', name: 'deploy', role: 'operator', lastUsedAt: null };
      expect(await findToken(store.read, TEXT, NOW + MINUTE - 1)).toEqual(live);
      expect(await findToken(store.read, TEXT, NOW + MINUTE)).toBeUndefined();
    });

    it.each([
      ['of other bytes', tokenText(new Uint8Array(32).fill(8))],
      ['cut short', TEXT.slice(0, -1)],
      ['with more behind it', `${TEXT}A`],
      ['in other case', TEXT.toUpperCase()],
      ['without its prefix', TEXT.slice(6)],
      ['that is its digest', '0'.repeat(64)],
      ['of nothing', ''],
    ])('is not found by a text %s', async (_, text) => {
      const store = await withToken(make);
      expect(await findToken(store.read, text, NOW)).toBeUndefined();
    });

    it('is revoked once', async () => {
      const store = await withToken(make);
      expect(await store.change(ADMIN, (change) => revokeToken(change, 't'))).toBe(true);
      expect(await store.change(ADMIN, (change) => revokeToken(change, 't'))).toBe(false);
      expect(await store.change(ADMIN, (change) => revokeToken(change, 'u'))).toBe(false);
      expect(await findToken(store.read, TEXT, NOW)).toBeUndefined();
      expect((await listEvents(store.read, { limit: 9 })).map(({ action }) => action)).toEqual([
        'token.created',
        'token.revoked',
      ]);
    });

    it('is nowhere in the database, and its digest in no event', async () => {
      const store = await withToken(make);
      const rows = JSON.stringify([
        await listTokens(store.read),
        await listEvents(store.read, { limit: 9 }),
        await store.read.selectFrom('tokens').selectAll().execute(),
      ]);
      expect(rows).not.toContain(TEXT.slice(6));
      const digests = await store.read.selectFrom('tokens').select('sha256').execute();
      expect(digests[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(JSON.stringify(await listEvents(store.read, { limit: 9 }))).not.toContain(digests[0]!.sha256);
    });

    it('says when it was last used, to the minute', async () => {
      const store = await withToken(make);
      const useAt = async (at: number) => markTokenUse(store.keep, (await findToken(store.read, TEXT, NOW))!, at);
      const lastUsed = async () => (await listTokens(store.read))[0]!.lastUsedAt;
      await useAt(NOW);
      await useAt(NOW + MINUTE - 1);
      expect(await lastUsed()).toBe(NOW);
      await useAt(NOW + MINUTE);
      expect(await lastUsed()).toBe(NOW + MINUTE);
    });

    it('has one text only', async () => {
      const store = await withToken(make);
      const again = store.change(ADMIN, (change) => createToken(change, { ...TOKEN, id: 'u' }));
      await expect(again).rejects.toThrow(/unique/i);
      expect(await listTokens(store.read)).toHaveLength(1);
    });
  });

  describe('a setting', () => {
    it('is set once, and its value is in no event', async () => {
      const { store } = await openTestStore(make);
      const ensure = (value: string) => store.change(ADMIN, (change) => ensureSetting(change, 'challenge-key', value));
      expect(await readSetting(store.read, 'challenge-key')).toBeUndefined();
      expect(await ensure('first-value')).toBe('first-value');
      expect(await ensure('second-value')).toBe('first-value');
      expect(await readSetting(store.read, 'challenge-key')).toBe('first-value');
      const events = await listEvents(store.read, { limit: 9 });
      expect(events).toHaveLength(1);
      expect(JSON.stringify(events)).not.toContain('first-value');
    });
  });
}
