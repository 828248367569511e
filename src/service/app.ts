/** The Express application: what every request passes, and the routes. */

import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { OPERATIONS, type OperationId } from '../api/operations.ts';
import { printable } from '../bytes/text.ts';
import { limitConcurrency } from './concurrency.ts';
import { callerToken } from './guard.ts';
import { HttpProblem, problemHandler, requestId } from './problem-error.ts';
import { RateLimiter } from './rate-limiter.ts';
import { registerRoutes, type Handlers, type Route } from './router.ts';
import { exportAppraisalRoute } from './routes/appraisals.ts';
import { appraiseRoute } from './routes/appraise.ts';
import { addCrlRoute, listCrlsRoute, removeCrlRoute } from './routes/crls.ts';
import { healthRoute, keySetRoute, openApiRoute, readinessRoute } from './routes/documents.ts';
import { addEkPinsRoute, listEkPinsRoute, removeEkPinRoute } from './routes/ek-pins.ts';
import { listEventsRoute } from './routes/events.ts';
import {
  changeHostRoute,
  decideEnrolmentRoute,
  listEnrolmentsRoute,
  listHostsRoute,
  retireHostRoute,
  showHostRoute,
} from './routes/host-records.ts';
import {
  activateRoute,
  attestRoute,
  challengeRoute,
  enrolmentStateRoute,
  enrolRoute,
  evidencePartRoute,
} from './routes/hosts.ts';
import { createJoinTokenRoute, listJoinTokensRoute, revokeJoinTokenRoute } from './routes/join-tokens.ts';
import { createTokenRoute, listTokensRoute, revokeTokenRoute } from './routes/tokens.ts';
import { addTrustRootRoute, listTrustRootsRoute, removeTrustRootRoute, showTrustRootRoute } from './routes/trust.ts';
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

  const place = limitConcurrency(context.limits.concurrent);
  const handlers: { readonly [id in OperationId]: Handlers } = {
    appraise: appraiseRoute(context, place),
    enrol: enrolRoute(context),
    activate: activateRoute(context),
    enrolmentState: enrolmentStateRoute(context),
    challenge: challengeRoute(context),
    evidencePart: evidencePartRoute(context),
    attest: attestRoute(context, place),
    listHosts: listHostsRoute(context),
    showHost: showHostRoute(context),
    changeHost: changeHostRoute(context),
    retireHost: retireHostRoute(context),
    listEnrolments: listEnrolmentsRoute(context),
    decideEnrolment: decideEnrolmentRoute(context),
    exportAppraisal: exportAppraisalRoute(context, place),
    addTrustRoot: addTrustRootRoute(context),
    listTrustRoots: listTrustRootsRoute(context),
    showTrustRoot: showTrustRootRoute(context),
    removeTrustRoot: removeTrustRootRoute(context),
    addCrl: addCrlRoute(context),
    listCrls: listCrlsRoute(context),
    removeCrl: removeCrlRoute(context),
    createJoinToken: createJoinTokenRoute(context),
    listJoinTokens: listJoinTokensRoute(context),
    revokeJoinToken: revokeJoinTokenRoute(context),
    addEkPins: addEkPinsRoute(context),
    listEkPins: listEkPinsRoute(context),
    removeEkPin: removeEkPinRoute(context),
    createToken: createTokenRoute(context),
    listTokens: listTokensRoute(context),
    revokeToken: revokeTokenRoute(context),
    listEvents: listEventsRoute(context),
    keySet: keySetRoute(context),
    health: healthRoute(),
    readiness: readinessRoute(context),
    openApi: openApiRoute(context),
  };
  const routes = Object.entries(OPERATIONS).map(([id, operation]): Route => [operation, handlers[id as OperationId]]);
  registerRoutes(app, context, routes);
  app.use((request) => {
    throw new HttpProblem('route.unknown', `nothing at ${printable(request.path, 200)}`);
  });
  app.use(problemHandler(context.logger));
  return app;
}

/** What handlers leave for the log. */
interface RequestNotes {
  readonly result?: object;
  readonly problem?: string;
  /** as declared */
  readonly path?: string;
}

/** Gives the request an id of our own and writes one line to the log when it ends. Nothing of the body is logged. */
function identify(context: ServiceContext): RequestHandler {
  return (request, response, next) => {
    const startedAt = context.now();
    response.locals['requestId'] = context.newId();
    response.setHeader('x-request-id', requestId(response));
    // Of a path that is not there, what looks like a token stays out.
    const asked = printable(request.path, 200).replaceAll(/assay_[\w-]+/g, 'assay_…');
    response.once('close', () => {
      const { result, problem, path = asked } = response.locals as RequestNotes;
      const token = callerToken(response);
      context.logger.info(
        {
          id: requestId(response),
          method: request.method,
          path,
          status: response.statusCode,
          milliseconds: context.now() - startedAt,
          finished: response.writableFinished,
          ...(token !== null && { token }),
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
