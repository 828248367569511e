/** Tokens of those who call the service. The text of a token is known to its holder only; the database has its digest. */

import type { Role } from '../api/access.ts';
import { fromHex, toBase64url } from '../bytes/text.ts';
import { digest, digestHex, equalBytes } from '../bytes/hash.ts';
import type { Change } from './change.ts';
import type { Keeper, Reader } from './schema.ts';

/** Random bytes of a token. */
export const TOKEN_RANDOM_BYTES = 32;

/** How a token begins, so that one that leaked into a file is found. */
const PREFIX = 'assay_';

/** `assay_` and 43 characters of base64url. */
const TOKEN = /^assay_[A-Za-z0-9_-]{43}$/;

/** @param random 32 random bytes */
export function tokenText(random: Uint8Array): string {
  if (random.length !== TOKEN_RANDOM_BYTES) throw new RangeError(`a token takes ${TOKEN_RANDOM_BYTES} random bytes`);
  return PREFIX + toBase64url(random);
}

/** A token as it is shown: all but what it is used with. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  /** to the minute */
  readonly lastUsedAt: number | null;
}

export interface NewToken {
  readonly id: string;
  readonly text: string;
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: number;
}

export async function createToken(change: Change, { id, text, name, role, expiresAt }: NewToken): Promise<void> {
  const detail = { name, role, expiresAt };
  await change.record({ action: 'token.created', subject: id, detail }, (recorder) =>
    recorder
      .insertInto('tokens')
      .values({
        id,
        sha256: tokenDigest(text),
        name,
        role,
        created_by: change.by,
        created_at: change.at,
        expires_at: expiresAt,
        revoked_at: null,
      })
      .execute(),
  );
}

/** @returns whether there was such a token, not yet revoked */
export async function revokeToken(change: Change, id: string): Promise<boolean> {
  const token = await change.read
    .selectFrom('tokens')
    .select('name')
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (token === undefined) return false;
  await change.record({ action: 'token.revoked', subject: id, detail: { name: token.name } }, (recorder) =>
    recorder.updateTable('tokens').set({ revoked_at: change.at }).where('id', '=', id).execute(),
  );
  return true;
}

/** Whether an administrator's token other than this one may be used. */
export async function hasOtherAdmin(reader: Reader, id: string, at: number): Promise<boolean> {
  const other = await reader
    .selectFrom('tokens')
    .select('id')
    .where('role', '=', 'admin')
    .where('id', '!=', id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', at)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

/** Every token ever made, the newest first. */
export async function listTokens(reader: Reader): Promise<Token[]> {
  const rows = await reader
    .selectFrom('tokens')
    .leftJoin('token_uses', 'token_uses.token_id', 'tokens.id')
    .select([
      'tokens.id',
      'tokens.name',
      'tokens.role',
      'tokens.created_by as createdBy',
      'tokens.created_at as createdAt',
      'tokens.expires_at as expiresAt',
      'tokens.revoked_at as revokedAt',
      'token_uses.last_used_at as lastUsedAt',
    ])
    .orderBy('tokens.id', 'desc')
    .execute();
  return rows;
}

/** A token that may be used now. */
export interface LiveToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly lastUsedAt: number | null;
}

/**
 * The token of that text, if it may be used.
 * @param at epoch milliseconds
 */
export async function findToken(reader: Reader, text: string, at: number): Promise<LiveToken | undefined> {
  if (!TOKEN.test(text)) return undefined;
  const row = await reader
    .selectFrom('tokens')
    .leftJoin('token_uses', 'token_uses.token_id', 'tokens.id')
    .select(['tokens.id', 'name', 'role', 'sha256', 'expires_at', 'revoked_at', 'last_used_at'])
    .where('sha256', '=', tokenDigest(text))
    .executeTakeFirst();
  // The index compared byte by byte; this does not depend on where two digests differ.
  if (row === undefined || !equalBytes(fromHex(row.sha256), digest('sha256', Buffer.from(text)))) return undefined;
  if (row.revoked_at !== null || at >= row.expires_at) return undefined;
  return { id: row.id, name: row.name, role: row.role, lastUsedAt: row.last_used_at };
}

/** Uses within this many milliseconds are one, so that a busy caller does not make a write of each request. */
const USE_INTERVAL = 60_000;

/** Keeps when a token was last used, to the minute. */
export async function markTokenUse(keeper: Keeper, { id, lastUsedAt }: LiveToken, at: number): Promise<void> {
  if (lastUsedAt !== null && at - lastUsedAt < USE_INTERVAL) return;
  await keeper
    .insertInto('token_uses')
    .values({ token_id: id, last_used_at: at })
    .onConflict((conflict) => conflict.column('token_id').doUpdateSet({ last_used_at: at }))
    .execute();
}

function tokenDigest(text: string): string {
  return digestHex('sha256', Buffer.from(text));
}
