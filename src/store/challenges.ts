/** Challenges that were answered: each counts once. */

import type { Keeper, Reader } from './schema.ts';

export interface RedeemedChallenge {
  /** the nonce, in the one spelling its challenge has */
  readonly nonce: string;
  readonly hostId: string | null;
  readonly redeemedAt: number;
  /** after this the challenge itself is refused, and the row may go */
  readonly expiresAt: number;
}

/** @returns whether the challenge was not answered before */
export async function redeemChallenge(keeper: Keeper, challenge: RedeemedChallenge): Promise<boolean> {
  const { nonce, hostId, redeemedAt, expiresAt } = challenge;
  const { numInsertedOrUpdatedRows } = await keeper
    .insertInto('redeemed_challenges')
    .values({ nonce, host_id: hostId, redeemed_at: redeemedAt, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('nonce').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Whether a challenge was answered. */
export async function wasRedeemed(reader: Reader, nonce: string): Promise<boolean> {
  const row = await reader
    .selectFrom('redeemed_challenges')
    .select('nonce')
    .where('nonce', '=', nonce)
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes out those whose challenge has expired. */
export async function forgetRedeemedChallenges(keeper: Keeper, at: number): Promise<void> {
  await keeper.deleteFrom('redeemed_challenges').where('expires_at', '<', at).execute();
}
