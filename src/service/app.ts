/** The Express application: what every request passes, and the routes. */

import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { PATHS } from '../api/openapi.ts';
import { printable } from '../bytes/text.ts';
import { HttpProblem, problemHandler, requestId } from './problem-error.ts';
import { RateLimiter } from './rate-limiter.ts';
import { appraiseRoute } from './routes/appraise.ts';
import { healthRoute, keySetRoute, openApiRoute, readinessRoute } from './routes/documents.ts';
import type { ServiceContext } from './settings.ts';

/**
 * The application.
 * @param stopping whether the service has been told to stop: it then takes no further request
 */
export function createApp(context: ServiceContext, stopping: () => boolean): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', false);
  app.use(identify(context), helmet(), refuseWhenStopping(stopping), limitRate(context));

  const handlers: { readonly [path in keyof typeof PATHS]: RequestHandler | RequestHandler[] } = {
    '/v1/appraise': appraiseRoute(context),
    '/.well-known/jwks.json': keySetRoute(context),
    '/healthz': healthRoute(),
    '/readyz': readinessRoute(context),
    '/openapi.json': openApiRoute(context),
  };
  for (const [path, method] of Object.entries(PATHS)) {
    const route = app.route(path);
    route[method](handlers[path as keyof typeof PATHS]);
    route.all(refuseMethod(method));
  }
  app.use((request) => {
    throw new HttpProblem('route.unknown', `nothing at ${printable(request.path, 200)}`);
  });
  app.use(problemHandler(context.logger, context.limits.bodyBytes));
  return app;
}

/** Gives the request an id of our own and writes one line to the log when it ends. Nothing of the body is logged. */
function identify(context: ServiceContext): RequestHandler {
  return (request, response, next) => {
    const startedAt = context.now();
    response.locals['requestId'] = context.newId();
    response.setHeader('x-request-id', requestId(response));
    const path = Object.hasOwn(PATHS, request.path) ? request.path : printable(request.path, 200);
    response.once('close', () => {
      const { result, problem } = response.locals as { readonly result?: object; readonly problem?: string };
      context.logger.info(
        {
          id: requestId(response),
          method: request.method,
          path,
          status: response.statusCode,
          milliseconds: context.now() - startedAt,
          finished: response.writableFinished,
          ...(problem !== undefined && { problem }),
          ...result,
        },
        'request',
      );
    });
    next();
  };
}

function refuseWhenStopping(stopping: () => boolean): RequestHandler {
  return (_request, _response, next) => {
    if (!stopping()) {
      next();
      return;
    }
    throw new HttpProblem('service.stopping', 'no further requests are taken', { headers: { connection: 'close' } });
  };
}

function limitRate({ limits, now }: ServiceContext): RequestHandler {
  const limiter = new RateLimiter(limits.ratePerSecond, limits.rateBurst);
  return (request, _response, next) => {
    const wait = limiter.take(request.socket.remoteAddress ?? '', now());
    if (wait === 0) {
      next();
      return;
    }
    throw new HttpProblem('service.rate', `more than ${limits.ratePerSecond} requests a second from this address`, {
      headers: { 'retry-after': String(wait) },
    });
  };
}

function refuseMethod(method: string): RequestHandler {
  const allow = method === 'get' ? 'GET, HEAD' : method.toUpperCase();
  return (request) => {
    throw new HttpProblem('route.method', `${printable(request.method, 20)} is not ${allow}`, { headers: { allow } });
  };
}
