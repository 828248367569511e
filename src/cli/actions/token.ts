/** What `assay token …` does. */

import type { NewToken, TokenCreated, TokenList } from '../../api/token-schemas.ts';
import { UsageError } from '../../bytes/errors.ts';
import type { CreateTokenOptions, RevokeTokenOptions } from '../commands/token.ts';
import type { OperatorOptions } from '../commands/operator-options.ts';
import type { Io } from '../io.ts';
import { operatorClient, withReason } from '../operator-client.ts';
import { renderTable } from '../render/table.ts';

/** @throws UsageError `token.days`, and as {@link operatorClient} */
export async function createToken(io: Io, name: string, options: CreateTokenOptions): Promise<void> {
  const { role, days, reason } = options;
  const body = {
    name,
    // The service knows which roles there are.
    role: role as NewToken['role'],
    ...(days !== undefined && { days: readDays(days) }),
    ...(reason !== undefined && { reason }),
  } satisfies NewToken;
  const created = await operatorClient(io, options)<TokenCreated>({ method: 'POST', path: '/v1/tokens', body });
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.token/1', ...created })}\n`);
    return;
  }
  // The token alone goes to standard output, so that it can go into a file.
  io.err(`token ${created.id}, ${created.role}, until ${created.expiresAt}\n`);
  io.out(`${created.token}\n`);
}

function readDays(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new UsageError('token.days', `--days ${text} is not a number of days`, 'write for example 30');
}

export async function listTokens(io: Io, options: OperatorOptions): Promise<void> {
  const { tokens } = await operatorClient(io, options)<TokenList>({ method: 'GET', path: '/v1/tokens' });
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.tokens/1', tokens })}\n`);
    return;
  }
  const now = new Date(io.now()).toISOString();
  const state = ({ revokedAt, expiresAt }: TokenList['tokens'][number]): string => {
    if (revokedAt !== null) return `revoked ${revokedAt}`;
    return expiresAt <= now ? `expired ${expiresAt}` : `until ${expiresAt}`;
  };
  const rows = tokens.map((token) => [token.id, token.role, token.name, state(token), token.lastUsedAt ?? 'never']);
  io.out(renderTable(io.outStyle, ['id', 'role', 'name', 'valid', 'last used'], rows));
}

export async function revokeToken(io: Io, id: string, options: RevokeTokenOptions): Promise<void> {
  const path = withReason(`/v1/tokens/${encodeURIComponent(id)}`, options.reason);
  await operatorClient(io, options)<undefined>({ method: 'DELETE', path });
  io.out(options.json === true ? `${JSON.stringify({ schema: 'assay.token-revoked/1', id })}\n` : `${id} revoked\n`);
}
