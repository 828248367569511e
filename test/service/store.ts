/** Databases that services of tests keep what they keep in. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type Store } from '../../src/store/open.ts';

/** Opens an empty database of the test's own, closed after it. */
export type OpenStore = () => Promise<Store>;

let empty: Buffer | undefined;

/** A SQLite file. Copied, as making one takes five times as long. */
export const emptyDatabase: OpenStore = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'assay.db');
  if (empty === undefined) {
    await (await openStore(path)).close();
    empty = readFileSync(path);
  } else writeFileSync(path, empty, { mode: 0o600 });
  return opened(path);
};

/** Another database, by its address. */
export function storeAt(address: () => Promise<string>): OpenStore {
  return async () => opened(await address());
}

async function opened(address: string): Promise<Store> {
  const store = await openStore(address);
  onTestFinished(() => store.close());
  return store;
}
