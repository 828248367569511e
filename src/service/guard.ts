/** Who calls, and whether that one may: asked before anything else of a request is looked at. */

import type { Request, RequestHandler, Response } from 'express';
import { mayAct, type Access, type Role } from '../api/access.ts';
import type { Cause } from '../store/events.ts';
import { findToken, markTokenUse } from '../store/tokens.ts';
import { isLoopback } from './listen-address.ts';
import { HttpProblem } from './problem-error.ts';
import type { ServiceContext } from './settings.ts';

/** Who calls: the holder of a token, or somebody on this machine where that is enough. */
interface Caller {
  readonly token: string | null;
  readonly role: Role;
}

/** The first handler of every operation. It asks nobody who is let in without. */
export function guard(context: ServiceContext, access: Access): RequestHandler {
  if ('public' in access) return (_request, _response, next) => next();
  return async (request, response, next) => {
    const caller = await findCaller(context, access, request);
    response.locals['caller'] = caller;
    if (!mayAct(caller.role, access.role)) {
      throw new HttpProblem('auth.role', `this takes the role ${access.role}, the token has ${caller.role}`, {
        headers: { 'www-authenticate': 'Bearer realm="assay", error="insufficient_scope"' },
      });
    }
    next();
  };
}

type Guarded = Exclude<Access, { readonly public: string }>;

async function findCaller(context: ServiceContext, access: Guarded, request: Request): Promise<Caller> {
  const header = request.get('authorization');
  if (header === undefined) {
    if ('orLocal' in access && context.localCallers && isLocal(request)) return { token: null, role: access.role };
    throw new HttpProblem('auth.missing', 'there is no Authorization header', {
      headers: { 'www-authenticate': 'Bearer realm="assay"' },
    });
  }
  const text = /^Bearer +([^\s]+) *$/i.exec(header)?.[1] ?? '';
  const at = context.now();
  const token = await findToken(context.store.read, text, at);
  if (token === undefined) {
    throw new HttpProblem('auth.invalid', 'the token is unknown, expired or revoked', {
      headers: { 'www-authenticate': 'Bearer realm="assay", error="invalid_token"' },
    });
  }
  await markTokenUse(context.store.keep, token, at);
  return { token: token.id, role: token.role };
}

/** Headers of a proxy: what it passes on was not sent from this machine, though the proxy is on it. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

function isLocal(request: Request): boolean {
  const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return isLoopback(address) && FORWARDED.every((name) => request.get(name) === undefined);
}

/** Id of the token that called; null for a caller without one. */
export function callerToken(response: Response): string | null {
  return (response.locals['caller'] as Caller | undefined)?.token ?? null;
}

/** The cause of what the caller changes. Only operations that take a token change anything. */
export function causeOf(context: ServiceContext, response: Response, reason: string | undefined): Cause {
  const token = callerToken(response);
  if (token === null) throw new Error('a change by nobody');
  return { actor: { kind: 'token', id: token }, reason: reason ?? null, at: context.now() };
}
