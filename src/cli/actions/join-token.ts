/** What `assay join-token …` does. */

import type { JoinToken, JoinTokenCreated, JoinTokenList, NewJoinToken } from '../../api/join-token-schemas.ts';
import { UsageError } from '../../bytes/errors.ts';
import type { CreateJoinTokenOptions, RevokeJoinTokenOptions } from '../commands/join-token.ts';
import type { OperatorOptions } from '../commands/operator-options.ts';
import type { Io } from '../io.ts';
import { operatorClient, withReason } from '../operator-client.ts';
import { renderTable } from '../render/table.ts';

/** @throws UsageError `join-token.number`, and as {@link operatorClient} */
export async function createJoinToken(io: Io, name: string, options: CreateJoinTokenOptions): Promise<void> {
  const { policy, uses, hours, days, reason } = options;
  const body = {
    name,
    policy,
    ...(uses !== undefined && { maxUses: readCount('--uses', uses) }),
    ...(hours !== undefined && { hours: readCount('--hours', hours) }),
    ...(days !== undefined && { days: readCount('--days', days) }),
    ...(reason !== undefined && { reason }),
  } satisfies NewJoinToken;
  const call = operatorClient(io, options);
  const created = await call<JoinTokenCreated>({ method: 'POST', path: '/v1/join-tokens', body });
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.join-token/1', ...created })}\n`);
    return;
  }
  // The token alone goes to standard output, so that it can go into a file.
  io.err(`join token ${created.id}, for ${created.maxUses}, until ${created.expiresAt}\n`);
  io.out(`${created.token}\n`);
}

function readCount(option: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError('join-token.number', `${option} ${text} is not a number`, 'write for example 12');
}

export async function listJoinTokens(io: Io, options: OperatorOptions): Promise<void> {
  const call = operatorClient(io, options);
  const { joinTokens } = await call<JoinTokenList>({ method: 'GET', path: '/v1/join-tokens' });
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.join-tokens/1', joinTokens })}\n`);
    return;
  }
  const now = new Date(io.now()).toISOString();
  const rows = joinTokens.map((token) => [
    token.id,
    token.name,
    token.policy ?? '',
    `${token.uses} of ${token.maxUses}`,
    state(token, now),
  ]);
  io.out(renderTable(io.outStyle, ['id', 'name', 'policy', 'used', 'valid'], rows));
}

function state({ revokedAt, expiresAt }: JoinToken, now: string): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  return expiresAt <= now ? `expired ${expiresAt}` : `until ${expiresAt}`;
}

export async function revokeJoinToken(io: Io, id: string, options: RevokeJoinTokenOptions): Promise<void> {
  const path = withReason(`/v1/join-tokens/${encodeURIComponent(id)}`, options.reason);
  await operatorClient(io, options)<undefined>({ method: 'DELETE', path });
  const document = { schema: 'assay.join-token-revoked/1', id };
  io.out(options.json === true ? `${JSON.stringify(document)}\n` : `${id} revoked\n`);
}
