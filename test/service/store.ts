/** Databases that services of tests keep what they keep in. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type Store } from '../../src/store/open.ts';

/** Has work done at the end: of the test, unless something longer is meant. */
export type AtEnd = (work: () => Promise<void> | void) => void;

/** Opens an empty database, closed at the end. */
export type OpenStore = (atEnd?: AtEnd) => Promise<Store>;

let empty: Buffer | undefined;

/** A SQLite file. Copied, as making one takes five times as long. */
export const emptyDatabase: OpenStore = async (atEnd = onTestFinished) => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'assay.db');
  if (empty === undefined) {
    await (await openStore(path)).close();
    empty = readFileSync(path);
  } else writeFileSync(path, empty, { mode: 0o600 });
  return opened(path, atEnd);
};

/** Another database, by its address. */
export function storeAt(address: () => Promise<string>): OpenStore {
  return async (atEnd = onTestFinished) => opened(await address(), atEnd);
}

async function opened(address: string, atEnd: AtEnd): Promise<Store> {
  const store = await openStore(address);
  atEnd(() => store.close());
  return store;
}
