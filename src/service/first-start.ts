/** The first start on a database: without a token nobody could make one, so the service makes the first and tells where it lies. */

import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { UsageError } from '../bytes/errors.ts';
import { UUID_RANDOM_BYTES, uuidV7 } from '../bytes/uuid.ts';
import type { Cause } from '../store/events.ts';
import type { Store } from '../store/open.ts';
import { ensureSetting, readSetting } from '../store/settings.ts';
import { createToken, TOKEN_RANDOM_BYTES, tokenText } from '../store/tokens.ts';

/** Long enough to set up, and to make tokens that are somebody's. */
const LIFETIME = 90 * 86_400_000;

interface Means {
  /** epoch milliseconds */
  readonly at: number;
  readonly random: (bytes: number) => Uint8Array;
}

/**
 * Makes the first token of an administrator, on a database that has not been started on.
 * @param file where its text is written; nothing may be there
 * @returns whether this was the first start
 * @throws UsageError `data.admin-token`
 */
export async function firstStart(store: Store, file: string, means: Means): Promise<boolean> {
  if ((await readSetting(store.read, 'first-start-at')) !== undefined) return false;
  return writeAdminToken(store, file, {
    ...means,
    name: 'first administrator',
    cause: { actor: { kind: 'service' }, reason: 'first start', at: means.at },
    first: true,
  });
}

/**
 * Makes a token of an administrator for whoever may write the database, when there is none left to make one with.
 * @throws UsageError `data.admin-token`
 */
export async function makeAdminToken(store: Store, file: string, means: Means): Promise<void> {
  await writeAdminToken(store, file, {
    ...means,
    name: 'administrator, made on the database',
    cause: { actor: { kind: 'command-line' }, reason: null, at: means.at },
    first: false,
  });
}

interface AdminToken extends Means {
  readonly name: string;
  readonly cause: Cause;
  readonly first: boolean;
}

async function writeAdminToken(
  store: Store,
  file: string,
  { at, random, name, cause, first }: AdminToken,
): Promise<boolean> {
  const text = tokenText(random(TOKEN_RANDOM_BYTES));
  const id = uuidV7(at, random(UUID_RANDOM_BYTES));
  let written = false;
  try {
    return await store.change(cause, async (change) => {
      // Of two that start at once, the second finds the first one's mark.
      if (first && (await readSetting(change.read, 'first-start-at')) !== undefined) return false;
      if (first) await ensureSetting(change, 'first-start-at', String(at));
      await createToken(change, { id, text, name, role: 'admin', expiresAt: at + LIFETIME });
      await writeNew(file, `${text}\n`);
      written = true;
      return true;
    });
  } catch (cause) {
    // The token that the file holds was never made.
    if (written) await unlink(file);
    throw cause;
  }
}

/** For its user alone, and never over something else. */
async function writeNew(path: string, text: string): Promise<void> {
  let file;
  try {
    file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(
      'data.admin-token',
      code === 'EEXIST' ? `${path} is there already` : `${path} cannot be written (${code})`,
      code === 'EEXIST' ? 'move it away: it belongs to another database' : 'check the path and its rights',
    );
  }
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
