/** `/v1/join-tokens`: join tokens are made, listed and revoked. */

import type { Request, RequestHandler, Response } from 'express';
import {
  JOIN_TOKEN_LIFE,
  NewJoinToken,
  type JoinToken,
  type JoinTokenCreated,
  type JoinTokenList,
} from '../../api/join-token-schemas.ts';
import { printable } from '../../bytes/text.ts';
import { UUID_RANDOM_BYTES, uuidV7 } from '../../bytes/uuid.ts';
import {
  createJoinToken,
  JOIN_TOKEN_RANDOM_BYTES,
  joinTokenText,
  listJoinTokens,
  revokeJoinToken,
  type JoinToken as StoredJoinToken,
} from '../../store/join-tokens.ts';
import { rfc3339, sendJson } from '../answer.ts';
import { causeOf } from '../guard.ts';
import { joinTokenDigest } from '../hosts/enrol.ts';
import { readJson, receiveSmallJson } from '../json-body.ts';
import { findPolicy } from '../policies.ts';
import { HttpProblem } from '../problem-error.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';

const HOUR = 3_600_000;

export function createJoinTokenRoute(context: ServiceContext): RequestHandler[] {
  return [...receiveSmallJson(context.limits), (request, response) => create(context, request, response)];
}

async function create(context: ServiceContext, request: Request, response: Response): Promise<void> {
  const { name, policy, maxUses = 1, days, hours, reason } = readJson(NewJoinToken, request.body);
  findPolicy(context.policies, policy);
  const cause = causeOf(context, response, reason);
  const life = days === undefined ? (hours ?? JOIN_TOKEN_LIFE.defaultHours) : days * 24;
  const id = uuidV7(cause.at, context.random(UUID_RANDOM_BYTES));
  const text = joinTokenText(context.random(JOIN_TOKEN_RANDOM_BYTES));
  const expiresAt = cause.at + life * HOUR;
  const token = { id, sha256: joinTokenDigest(text), name, policy, maxUses, expiresAt };
  await context.store.change(cause, (change) => createJoinToken(change, token));
  const created: JoinTokenCreated = { id, token: text, name, policy, maxUses, expiresAt: rfc3339(expiresAt) };
  sendJson(response, 201, created);
}

export function listJoinTokensRoute({ store }: ServiceContext): RequestHandler {
  return async (request, response) => {
    readQuery(request, []);
    const list: JoinTokenList = { joinTokens: (await listJoinTokens(store.read)).map(shown) };
    sendJson(response, 200, list);
  };
}

function shown(token: StoredJoinToken): JoinToken {
  const { createdAt, expiresAt, revokedAt } = token;
  return {
    ...token,
    createdAt: rfc3339(createdAt),
    expiresAt: rfc3339(expiresAt),
    revokedAt: revokedAt === null ? null : rfc3339(revokedAt),
  };
}

export function revokeJoinTokenRoute(context: ServiceContext): RequestHandler {
  return async (request, response) => {
    const id = String(request.params['id']);
    const reason = readQuery(request, ['reason']).reason();
    await context.store.change(causeOf(context, response, reason), async (change) => {
      if (!(await revokeJoinToken(change, id))) {
        throw new HttpProblem('join-token.unknown', `no join token ${printable(id, 40)} can be revoked`);
      }
    });
    response.status(204).end();
  };
}
