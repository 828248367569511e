/** Registers operations: each with its guard, none without. */

import type { Express, RequestHandler } from 'express';
import type { Access } from '../api/access.ts';
import type { Operation } from '../api/operation.ts';
import { printable } from '../bytes/text.ts';
import { guard } from './guard.ts';
import { HttpProblem } from './problem-error.ts';
import type { ServiceContext } from './settings.ts';

/** What answers an operation. */
export type Handlers = RequestHandler | readonly RequestHandler[];

/** An operation and what answers it. */
export type Route = readonly [operation: Operation, handlers: Handlers];

/**
 * Registers routes. A path answers the methods of its operations and refuses the others.
 * @throws Error for an operation that does not say who may call it
 */
export function registerRoutes(app: Express, context: ServiceContext, routes: readonly Route[]): void {
  for (const path of new Set(routes.map(([operation]) => operation.path))) {
    const same = routes.filter(([operation]) => operation.path === path);
    const route = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const [{ method, access }, handlers] of same) {
      requireAccess(`${method} ${path}`, access);
      route[method](name(path), guard(context, access), ...[handlers].flat());
    }
    route.all(refuseMethod(same.map(([{ method }]) => method)));
  }
}

/** The types ask for it too; a route that slipped by them is not registered. */
function requireAccess(route: string, access: Access | undefined): void {
  if (access !== undefined && ('public' in access || 'role' in access)) return;
  throw new Error(`${route} does not say who may call it`);
}

/** The path as it is declared, for the log: what a caller put into it stays out. */
function name(path: string): RequestHandler {
  return (_request, response, next) => {
    response.locals['path'] = path;
    next();
  };
}

function refuseMethod(methods: readonly string[]): RequestHandler {
  const allow = methods.map((method) => (method === 'get' ? 'GET, HEAD' : method.toUpperCase())).join(', ');
  return (request) => {
    throw new HttpProblem('route.method', `${printable(request.method, 20)} is not ${allow}`, { headers: { allow } });
  };
}
