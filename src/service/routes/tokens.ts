/** `/v1/tokens`: tokens are made, listed and revoked. */

import type { Request, RequestHandler, Response } from 'express';
import { NewToken, TOKEN_DAYS, type Token, type TokenCreated, type TokenList } from '../../api/token-schemas.ts';
import { printable } from '../../bytes/text.ts';
import { UUID_RANDOM_BYTES, uuidV7 } from '../../bytes/uuid.ts';
import {
  createToken,
  hasOtherAdmin,
  listTokens,
  revokeToken,
  TOKEN_RANDOM_BYTES,
  tokenText,
  type Token as StoredToken,
} from '../../store/tokens.ts';
import { rfc3339, sendJson } from '../answer.ts';
import { causeOf } from '../guard.ts';
import { readJson, receiveSmallJson } from '../json-body.ts';
import { HttpProblem } from '../problem-error.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';

const DAY = 86_400_000;

export function createTokenRoute(context: ServiceContext): RequestHandler[] {
  return [...receiveSmallJson(context.limits), (request, response) => create(context, request, response)];
}

async function create(context: ServiceContext, request: Request, response: Response): Promise<void> {
  const { name, role, days = TOKEN_DAYS.default, reason } = readJson(NewToken, request.body);
  const cause = causeOf(context, response, reason);
  const token = {
    id: uuidV7(cause.at, context.random(UUID_RANDOM_BYTES)),
    text: tokenText(context.random(TOKEN_RANDOM_BYTES)),
    name,
    role,
    expiresAt: cause.at + days * DAY,
  };
  await context.store.change(cause, (change) => createToken(change, token));
  const created: TokenCreated = {
    id: token.id,
    token: token.text,
    name,
    role,
    expiresAt: rfc3339(token.expiresAt),
  };
  sendJson(response, 201, created);
}

export function listTokensRoute({ store }: ServiceContext): RequestHandler {
  return async (request, response) => {
    readQuery(request, []);
    const list: TokenList = { tokens: (await listTokens(store.read)).map(shown) };
    sendJson(response, 200, list);
  };
}

function shown({ id, name, role, createdBy, createdAt, expiresAt, revokedAt, lastUsedAt }: StoredToken): Token {
  return {
    id,
    name,
    role,
    createdBy,
    createdAt: rfc3339(createdAt),
    expiresAt: rfc3339(expiresAt),
    revokedAt: revokedAt === null ? null : rfc3339(revokedAt),
    lastUsedAt: lastUsedAt === null ? null : rfc3339(lastUsedAt),
  };
}

export function revokeTokenRoute(context: ServiceContext): RequestHandler {
  return async (request, response) => {
    const id = String(request.params['id']);
    const reason = readQuery(request, ['reason']).reason();
    await context.store.change(causeOf(context, response, reason), async (change) => {
      if (!(await hasOtherAdmin(change.read, id, change.at))) {
        throw new HttpProblem('token.last-admin', 'no other token of an administrator is valid now');
      }
      if (!(await revokeToken(change, id))) {
        throw new HttpProblem('token.unknown', `no token ${printable(id, 40)} can be revoked`);
      }
    });
    response.status(204).end();
  };
}
