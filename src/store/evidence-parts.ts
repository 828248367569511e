/** Parts of a runtime list that does not fit into one request. They are dropped when their challenge is answered, or is over. */

import type { Keeper, Reader } from './schema.ts';

/** The challenge that parts are for. */
export interface PartsOf {
  readonly hostId: string;
  /** in the one spelling its challenge has */
  readonly nonce: string;
}

export interface EvidencePart extends PartsOf {
  /** its place, counted from 0 */
  readonly part: number;
  readonly bytes: Uint8Array;
  /** epoch milliseconds; after that the challenge itself is refused */
  readonly expiresAt: number;
}

/** Keeps a part, in place of one that came for the same place; what this host sent for other challenges goes. */
export async function keepPart(keeper: Keeper, { hostId, nonce, part, bytes, expiresAt }: EvidencePart): Promise<void> {
  await keeper.deleteFrom('evidence_parts').where('host_id', '=', hostId).where('nonce', '!=', nonce).execute();
  const content = { size: bytes.length, bytes, expires_at: expiresAt };
  await keeper
    .insertInto('evidence_parts')
    .values({ host_id: hostId, nonce, part, ...content })
    .onConflict((conflict) => conflict.columns(['host_id', 'nonce', 'part']).doUpdateSet(content))
    .execute();
}

/** Bytes of all parts of all hosts. */
export async function heldBytes(reader: Reader): Promise<number> {
  const { sum } = await reader
    .selectFrom('evidence_parts')
    .select((expression) => expression.fn.sum<string | number | null>('size').as('sum'))
    .executeTakeFirstOrThrow();
  return Number(sum ?? 0);
}

/** The parts of a challenge from the first to the last before a gap, in their order. */
export async function partsOf(reader: Reader, { hostId, nonce }: PartsOf): Promise<readonly Uint8Array[]> {
  const rows = await reader
    .selectFrom('evidence_parts')
    .select(['part', 'bytes'])
    .where('host_id', '=', hostId)
    .where('nonce', '=', nonce)
    .orderBy('part')
    .execute();
  const gap = rows.findIndex(({ part }, i) => part !== i);
  return (gap === -1 ? rows : rows.slice(0, gap)).map(({ bytes }) => bytes);
}

/** Drops what a host sent. */
export async function dropParts(keeper: Keeper, hostId: string): Promise<void> {
  await keeper.deleteFrom('evidence_parts').where('host_id', '=', hostId).execute();
}

/** Drops what came for challenges that are over. */
export async function forgetParts(keeper: Keeper, at: number): Promise<void> {
  await keeper.deleteFrom('evidence_parts').where('expires_at', '<=', at).execute();
}
