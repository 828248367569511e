/** Content by its digest. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentId } from '../../../src/bytes/hash.ts';
import { insertBlob, knownBlobs, packBlob, readBlob } from '../../../src/store/blobs.ts';
import { NOW, openTestStore, type MakeDatabase } from '../database.ts';

export function blobsSuite(make: MakeDatabase): void {
  describe('a blob', () => {
    it('comes back as it was put in, whatever it is', async () => {
      const { store } = await openTestStore(make);
      const content = fc.oneof(
        fc.uint8Array({ maxLength: 2000 }),
        fc.integer({ min: 0, max: 100_000 }).map((size) => new Uint8Array(size)),
      );
      await fc.assert(
        fc.asyncProperty(content, async (bytes) => {
          const packed = await packBlob(bytes);
          expect(packed.id).toBe(contentId(bytes));
          await insertBlob(store.keep, packed, NOW);
          const back = await readBlob(store.read, packed.id);
          expect(back?.length).toBe(bytes.length);
          expect(Buffer.compare(back!, bytes)).toBe(0);
        }),
        { numRuns: 30 },
      );
    });

    it('is there once, and takes less room than it has bytes', async () => {
      const { store, database } = await openTestStore(make);
      const packed = await packBlob(Buffer.alloc(5_000_000, 'a log repeats itself '));
      await insertBlob(store.keep, packed, NOW);
      await insertBlob(store.keep, packed, NOW + 1);
      const rows = await database.execute('select size, length(bytes) as stored, created_at from blobs');
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ size: 5_000_000, created_at: NOW });
      expect(rows[0]!['stored']).toBeLessThan(50_000);
    });

    it('is known by its id or not at all', async () => {
      const { store } = await openTestStore(make);
      const packed = await packBlob(Buffer.from('one'));
      await insertBlob(store.keep, packed, NOW);
      const other = contentId(Buffer.from('other'));
      expect(await knownBlobs(store.read, [packed.id, other])).toEqual(new Set([packed.id]));
      expect(await knownBlobs(store.read, [])).toEqual(new Set());
      expect(await readBlob(store.read, other)).toBeUndefined();
    });

    it('is refused when the database holds something else under its id', async () => {
      const { store } = await openTestStore(make);
      const { id } = await packBlob(Buffer.from('one'));
      await insertBlob(store.keep, { ...(await packBlob(Buffer.from('two'))), id }, NOW);
      await expect(readBlob(store.read, id)).rejects.toThrow('another digest');
      const bomb = await packBlob(Buffer.alloc(100_000));
      await insertBlob(store.keep, { ...bomb, size: 1000 }, NOW);
      await expect(readBlob(store.read, bomb.id)).rejects.toThrow(RangeError);
    });

    it('is not changed in place', async () => {
      const { store, database } = await openTestStore(make);
      await insertBlob(store.keep, await packBlob(Buffer.from('one')), NOW);
      await expect(database.execute('update blobs set size = 1')).rejects.toThrow('is refused');
    });
  });
}
