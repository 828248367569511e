/**
 * Another process on a database, for database.test.ts: `second-process.ts ADDRESS hold` stops in the middle of a change and says so;
 * `second-process.ts ADDRESS add NAME COUNT` makes so many changes.
 */

import { insertBlob, packBlob } from '../../src/store/blobs.ts';
import { createHost } from '../../src/store/hosts.ts';
import { openStore } from '../../src/store/open.ts';
import { ADMIN, NOW } from '../store/database.ts';

const [address, mode, name, count] = process.argv.slice(2) as [string, string, string?, string?];
const store = await openStore(address);

if (mode === 'hold') {
  const noise = await packBlob(crypto.getRandomValues(new Uint8Array(65_536)));
  await store.change(ADMIN, async (change) => {
    await createHost(change, { id: 'held', name: 'held', policy: null, state: 'active' });
    await insertBlob(change.keep, noise, NOW);
    process.stdout.write('holding\n');
    await new Promise(() => setInterval(() => undefined, 1000));
  });
} else {
  for (let i = 0; i < Number(count); i++) {
    const id = `${name}-${i}`;
    await store.change(ADMIN, (change) => createHost(change, { id, name: id, policy: null, state: 'active' }));
  }
  await store.close();
}
