/** The routes that only say what is there: keys, state, the description of the interface. */

import type { RequestHandler } from 'express';
import { openApiDocument } from '../../api/openapi.ts';
import { keySet } from '../../results/token.ts';
import type { ServiceContext } from '../settings.ts';

function fixed(document: unknown, cacheControl: string): RequestHandler {
  const text = JSON.stringify(document);
  return (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.setHeader('cache-control', cacheControl);
    response.end(text);
  };
}

export function keySetRoute(context: ServiceContext): RequestHandler {
  return fixed(keySet([context.key]), 'public, max-age=300');
}

export function healthRoute(): RequestHandler {
  return fixed({ status: 'ok' }, 'no-store');
}

export function readinessRoute(context: ServiceContext): RequestHandler {
  const policies = [...context.policies.values()].map(({ name, version, id }) => ({ name, version, id }));
  return fixed({ status: 'ready', policies }, 'no-store');
}

export function openApiRoute(context: ServiceContext): RequestHandler {
  return fixed(openApiDocument(context.version), 'no-cache');
}
