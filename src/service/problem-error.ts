/** How a route refuses a request, and how every error becomes a problem document. */

import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { problem, type ProblemCode, type ProblemError } from '../api/problems.ts';

/** Thrown by a route to answer with a problem. `detail` is written for the caller and holds no secret. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: ProblemCode;
  readonly errors: readonly ProblemError[];
  readonly missing: readonly string[];
  readonly grant: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: {
      readonly errors?: readonly ProblemError[];
      readonly missing?: readonly string[];
      readonly grant?: string;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
    this.code = code;
    this.errors = more.errors ?? [];
    this.missing = more.missing ?? [];
    this.grant = more.grant;
    this.headers = more.headers ?? {};
  }
}

/** What Express and its body reader throw, by their `type`; anything else of theirs is a malformed request. */
const BODY_PROBLEMS = new Map<string, readonly [ProblemCode, string]>([
  ['entity.too.large', ['request.too-large', 'the body exceeds the limit']],
  ['encoding.unsupported', ['request.content-encoding', 'Content-Encoding must be identity']],
  ['request.aborted', ['request.incomplete', 'the connection ended inside the body']],
  ['request.size.invalid', ['request.incomplete', 'the body has another size than Content-Length says']],
]);

/** The last handler: a refusal as its problem, anything else as `service.internal` with the cause in the log only. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const refusal = asRefusal(error);
    if (refusal === undefined) {
      logger.error({ id: requestId(response), err: forLog(error) }, 'request failed');
      send(response, new HttpProblem('service.internal', 'the request could not be carried out'));
    } else send(response, refusal);
  };
}

function asRefusal(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error;
  const { type, status, limit } = error as {
    readonly type?: unknown;
    readonly status?: unknown;
    readonly limit?: number;
  };
  const known = typeof type === 'string' ? BODY_PROBLEMS.get(type) : undefined;
  if (known !== undefined) {
    const [code, detail] = known;
    return new HttpProblem(code, code === 'request.too-large' ? `${detail} of ${limit} bytes` : detail, {
      // What is left of the body is not read.
      headers: { connection: 'close' },
    });
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new HttpProblem('request.malformed', 'the request line or a header cannot be read');
  }
  return undefined;
}

/** What a log may hold of an error: databases put the values at fault into further fields. */
function forLog(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  return { name, message, stack };
}

/** UUID of the request, set by the first handler. */
export function requestId(response: Response): string {
  return response.locals['requestId'] as string;
}

function send(response: Response, refusal: HttpProblem): void {
  const document = problem(refusal.code, refusal.message, requestId(response), refusal);
  response.locals['problem'] = refusal.code;
  response.status(document.status);
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  response.setHeader('content-type', 'application/problem+json');
  response.setHeader('cache-control', 'no-store');
  response.end(JSON.stringify(document));
}
