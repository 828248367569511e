/** Join tokens: whoever has one may bring so many hosts. The database has the digest of the text. */

import { toBase64url } from '../bytes/text.ts';
import type { Change } from './change.ts';
import type { Reader } from './schema.ts';

/** Random bytes of a join token. */
export const JOIN_TOKEN_RANDOM_BYTES = 32;

/** @param random 32 random bytes */
export function joinTokenText(random: Uint8Array): string {
  if (random.length !== JOIN_TOKEN_RANDOM_BYTES) {
    throw new RangeError(`a join token takes ${JOIN_TOKEN_RANDOM_BYTES} random bytes`);
  }
  // How it begins tells it from a token of the service, and lets one that leaked into a file be found.
  return `assay_join_${toBase64url(random)}`;
}

export interface JoinToken {
  readonly id: string;
  /** label, and policy of the hosts it brings */
  readonly name: string;
  readonly policy: string | null;
  readonly uses: number;
  readonly maxUses: number;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

export interface NewJoinToken {
  readonly id: string;
  /** lower-case hexadecimal SHA-256 of the token's text */
  readonly sha256: string;
  readonly name: string;
  readonly policy: string | null;
  readonly maxUses: number;
  readonly expiresAt: number;
}

export async function createJoinToken(change: Change, token: NewJoinToken): Promise<void> {
  const { id, sha256, name, policy, maxUses, expiresAt } = token;
  const detail = { name, policy, maxUses, expiresAt };
  await change.record({ action: 'join-token.created', subject: id, detail }, (recorder) =>
    recorder
      .insertInto('join_tokens')
      .values({
        id,
        sha256,
        name,
        policy,
        uses: 0,
        max_uses: maxUses,
        created_by: change.by,
        created_at: change.at,
        expires_at: expiresAt,
        revoked_at: null,
      })
      .execute(),
  );
}

/**
 * Uses a token once.
 * @returns the token as it is now; nothing when there is none of that digest that may still be used
 */
export async function consumeJoinToken(change: Change, sha256: string): Promise<JoinToken | undefined> {
  const token = await selectTokens(change.read).where('sha256', '=', sha256).executeTakeFirst();
  if (token === undefined || token.revokedAt !== null) return undefined;
  if (token.expiresAt <= change.at || token.uses >= token.maxUses) return undefined;
  const uses = token.uses + 1;
  await change.record({ action: 'join-token.used', subject: token.id, detail: { uses } }, (recorder) =>
    recorder.updateTable('join_tokens').set({ uses }).where('id', '=', token.id).execute(),
  );
  return { ...token, uses };
}

/** @returns whether there was one, not yet revoked */
export async function revokeJoinToken(change: Change, id: string): Promise<boolean> {
  const token = await selectTokens(change.read).where('id', '=', id).executeTakeFirst();
  if (token === undefined || token.revokedAt !== null) return false;
  await change.record({ action: 'join-token.revoked', subject: id, detail: { name: token.name } }, (recorder) =>
    recorder.updateTable('join_tokens').set({ revoked_at: change.at }).where('id', '=', id).execute(),
  );
  return true;
}

/** Every join token ever made, the newest first. */
export function listJoinTokens(reader: Reader): Promise<JoinToken[]> {
  return selectTokens(reader).orderBy('id', 'desc').execute();
}

function selectTokens(reader: Reader) {
  return reader
    .selectFrom('join_tokens')
    .select(['id', 'name', 'policy', 'uses', 'max_uses as maxUses', 'created_by as createdBy'])
    .select(['created_at as createdAt', 'expires_at as expiresAt', 'revoked_at as revokedAt']);
}
