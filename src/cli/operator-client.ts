/** The way from the command line to a service. */

import { call, ProblemResponse, type ApiRequest } from '../api/client.ts';
import { httpTransport } from '../api/transport.ts';
import { UsageError } from '../bytes/errors.ts';
import type { OperatorOptions } from './commands/operator-options.ts';
import { readText } from './input.ts';
import type { Io } from './io.ts';

const DEFAULT_SERVER = 'http://127.0.0.1:8480';

/** Sends one request and gives its answer. */
export type Call = <T>(request: ApiRequest) => Promise<T>;

/**
 * A caller with the operator's token.
 * @param maxAnswer bytes of an answer that are read; default 16 MiB
 * @throws UsageError `operator.no-token`, `server.address`, `input.*`; the call: `server.unreachable`, or the code of the problem
 */
export function operatorClient(io: Io, options: OperatorOptions, maxAnswer?: number): Call {
  const variable = (name: string): string | undefined => io.env[name] || undefined;
  const server = options.server ?? variable('ASSAY_SERVER') ?? DEFAULT_SERVER;
  const ca = options.ca ?? variable('ASSAY_CA');
  const pin = options.pin ?? variable('ASSAY_PIN');
  const transport = httpTransport({
    server,
    token: operatorToken(options, variable),
    ...(ca !== undefined && { ca: readText(ca, '--ca') }),
    ...(pin !== undefined && { pin }),
    ...(maxAnswer !== undefined && { maxAnswer }),
  });
  return async <T>(request: ApiRequest): Promise<T> => {
    try {
      return await call<T>(transport, request);
    } catch (cause) {
      if (cause instanceof ProblemResponse) throw new UsageError(cause.code, cause.message, cause.remedy);
      throw new UsageError(
        'server.unreachable',
        `${server}: ${(cause as Error).message}`,
        'check --server, that the service runs, and --ca or --pin',
      );
    }
  };
}

/** All pages of a list: an operator asks for the fleet, not for a page of it. */
export async function allPages<T extends { readonly next: string | null }>(
  send: Call,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  const pages: T[] = [];
  let next: string | null = null;
  do {
    const parameters = new URLSearchParams({ ...query, limit: '1000', ...(next !== null && { after: next }) });
    const page: T = await send<T>({ method: 'GET', path: `${path}?${parameters.toString()}` });
    pages.push(page);
    next = page.next;
  } while (next !== null);
  return pages;
}

/** The path of a request that takes something away, with the reason for the record of changes. */
export function withReason(path: string, reason: string | undefined): string {
  return reason === undefined ? path : `${path}?reason=${encodeURIComponent(reason)}`;
}

function operatorToken({ tokenFile }: OperatorOptions, variable: (name: string) => string | undefined): string {
  const file = tokenFile ?? (variable('ASSAY_TOKEN') === undefined ? variable('ASSAY_TOKEN_FILE') : undefined);
  const token = file === undefined ? variable('ASSAY_TOKEN') : readText(file, '--token-file').trim();
  // What is sent is a header: nothing but a token may be in it, and the message does not repeat it.
  if (token !== undefined && /^assay_[\w-]+$/.test(token)) return token;
  throw new UsageError(
    'operator.no-token',
    token === undefined
      ? 'no token is given'
      : `${file === undefined ? 'ASSAY_TOKEN' : file} holds no token of a service`,
    'give --token-file FILE, ASSAY_TOKEN_FILE or ASSAY_TOKEN; the first one is admin-token in the data folder of the service',
  );
}
