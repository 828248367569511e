/** The routes that only say what is there: keys, state, the description of the interface. */

import type { RequestHandler } from 'express';
import { openApiDocument } from '../../api/openapi.ts';
import { keySet } from '../../results/token.ts';
import { readSetting } from '../../store/settings.ts';
import { HttpProblem } from '../problem-error.ts';
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

/** Ready is who can take a request now: a database that does not answer is reason enough to send it elsewhere. */
export function readinessRoute({ policies, store }: ServiceContext): RequestHandler {
  const loaded = [...policies.values()].map(({ name, version, id }) => ({ name, version, id }));
  const answer = fixed({ status: 'ready', policies: loaded }, 'no-store');
  return async (request, response, next) => {
    try {
      await readSetting(store.read, 'first-start-at');
    } catch {
      throw new HttpProblem('service.database', 'the database does not answer', { headers: { 'retry-after': '5' } });
    }
    await answer(request, response, next);
  };
}

/** Generated when it is first asked for, which a start need not wait for. */
export function openApiRoute({ version }: ServiceContext): RequestHandler {
  let answer: RequestHandler | undefined;
  return (request, response, next) => {
    answer ??= fixed(openApiDocument(version), 'no-cache');
    return answer(request, response, next);
  };
}
