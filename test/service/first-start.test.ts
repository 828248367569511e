import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { firstStart, makeAdminToken } from '../../src/service/first-start.ts';
import { listEvents } from '../../src/store/events.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { findToken, listTokens } from '../../src/store/tokens.ts';
import { NOW, temporaryFolder } from './running.ts';

const MEANS = { at: NOW, random: randomBytes };
const refusal = expect.objectContaining({ name: 'UsageError', code: 'data.admin-token' }) as Error;

async function empty(): Promise<{ store: Store; folder: string; file: string }> {
  const folder = temporaryFolder();
  const store = await openStore(join(temporaryFolder(), 'assay.db'));
  onTestFinished(() => store.close());
  return { store, folder, file: join(folder, 'admin-token') };
}

describe('the first start', () => {
  it('makes one token of an administrator, for the service’s user alone (attack 98)', async () => {
    const { store, file } = await empty();
    expect(await firstStart(store, file, MEANS)).toBe(true);
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8').trimEnd();
    expect(await findToken(store.read, text, NOW)).toMatchObject({ role: 'admin' });
    const actors = (await listEvents(store.read, { limit: 9 })).map(({ actor, action }) => `${actor} ${action}`);
    expect(actors).toEqual(['service setting.changed', 'service token.created']);
  });

  it('is the first only once', async () => {
    const { store, file } = await empty();
    await firstStart(store, file, MEANS);
    expect(await firstStart(store, file, { ...MEANS, at: NOW + 1 })).toBe(false);
    expect(await listTokens(store.read)).toHaveLength(1);
  });

  it('of two at once makes one token', async () => {
    const { store, file } = await empty();
    const starts = await Promise.all([firstStart(store, file, MEANS), firstStart(store, file, MEANS)]);
    expect(starts.toSorted()).toEqual([false, true]);
    expect(await listTokens(store.read)).toHaveLength(1);
  });

  it.each(['file', 'link'])('overwrites nothing, and makes no token then: a %s', async (kind) => {
    const { store, folder, file } = await empty();
    writeFileSync(join(folder, 'precious'), 'kept');
    if (kind === 'file') writeFileSync(file, 'kept');
    else symlinkSync(join(folder, 'precious'), file);
    await expect(firstStart(store, file, MEANS)).rejects.toThrow(refusal);
    expect([readFileSync(file, 'utf8'), readFileSync(join(folder, 'precious'), 'utf8')]).toEqual(['kept', 'kept']);
    expect(await listTokens(store.read)).toEqual([]);
    expect(await listEvents(store.read, { limit: 9 })).toEqual([]);
  });

  it('leaves no file behind when the token was not made', async () => {
    const { store, folder, file } = await empty();
    const failing: Store = {
      ...store,
      read: store.read,
      get keep() {
        return store.keep;
      },
      change: (cause, work) =>
        store.change(cause, async (change) => {
          await work(change);
          throw new Error('the disk is full');
        }),
    };
    await expect(firstStart(failing, file, MEANS)).rejects.toThrow('the disk is full');
    expect(readdirSync(folder)).toEqual([]);
  });
});

it('a token made on the database is an administrator’s, and says so', async () => {
  const { store, folder, file } = await empty();
  await firstStart(store, file, MEANS);
  await makeAdminToken(store, join(folder, 'another'), MEANS);
  const text = readFileSync(join(folder, 'another'), 'utf8').trimEnd();
  expect(await findToken(store.read, text, NOW)).toMatchObject({ role: 'admin' });
  expect((await listEvents(store.read, { after: 2, limit: 9 })).map(({ actor }) => actor)).toEqual(['command-line']);
});
