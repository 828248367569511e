/** Content by its digest. */

import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { contentId } from '../bytes/hash.ts';
import type { Keeper, Reader } from './schema.ts';

/** An evidence bundle is the largest thing kept, and as long as that (64 MiB), with its fields around it. */
const MAX_BLOB_BYTES = 128 * 1024 * 1024;

/** Below this, compression saves less than it costs. */
const MIN_COMPRESSED = 512;

/** Content ready to be inserted. */
export interface PackedBlob {
  /** `sha256:<hex>` of the content */
  readonly id: string;
  readonly size: number;
  readonly encoding: 'identity' | 'gzip';
  readonly bytes: Uint8Array;
}

/**
 * Compresses content and names it. It takes time: do it before a change, not in it.
 * @throws RangeError above 128 MiB
 */
export async function packBlob(content: Uint8Array): Promise<PackedBlob> {
  if (content.length > MAX_BLOB_BYTES) throw new RangeError(`a blob of ${content.length} bytes`);
  const common = { id: contentId(content), size: content.length };
  if (content.length >= MIN_COMPRESSED) {
    const bytes = await promisify(gzip)(content, { level: 6 });
    if (bytes.length < content.length) return { ...common, encoding: 'gzip', bytes };
  }
  return { ...common, encoding: 'identity', bytes: content };
}

/** Inserts content that is not there yet. */
export async function insertBlob(keeper: Keeper, blob: PackedBlob, at: number): Promise<void> {
  const { id, size, encoding, bytes } = blob;
  await keeper
    .insertInto('blobs')
    .values({ id, size, encoding, bytes, created_at: at })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/**
 * The content of that id.
 * @throws Error when the database holds something else under the id
 */
export async function readBlob(reader: Reader, id: string): Promise<Uint8Array | undefined> {
  const row = await reader.selectFrom('blobs').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const { size, encoding, bytes } = row;
  const content = encoding === 'gzip' ? await promisify(gunzip)(bytes, { maxOutputLength: size }) : bytes;
  if (contentId(content) !== id) throw new Error(`the content stored as ${id} has another digest`);
  return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
}

/**
 * The content of an id that a row names.
 * @throws Error when it is not there: rows and content are written together
 */
export async function namedBlob(reader: Reader, id: string): Promise<Uint8Array> {
  const bytes = await readBlob(reader, id);
  if (bytes === undefined) throw new Error(`${id} is named and not there`);
  return bytes;
}

/** Which of the ids have content here. */
export async function knownBlobs(reader: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await reader.selectFrom('blobs').select('id').where('id', 'in', ids).execute();
  return new Set(rows.map(({ id }) => id));
}
