/** The service as a running HTTP server. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { problem, type ProblemCode } from '../api/problems.ts';
import { UsageError } from '../bytes/errors.ts';
import { createApp } from './app.ts';
import type { ListenAddress } from './listen-address.ts';
import type { ServiceContext } from './settings.ts';

/** A service that listens. */
export interface RunningService {
  /** `http://127.0.0.1:8080`, without a slash at the end */
  readonly url: string;
  /** Takes no further request, lets those in flight finish within the grace time, then closes. */
  stop(): Promise<void>;
}

/** The headers of any request this service takes are short. */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Starts the service.
 * @throws UsageError `listen.failed` when the address cannot be had
 */
export async function startService(context: ServiceContext, listen: ListenAddress): Promise<RunningService> {
  const { limits } = context;
  let stopping = false;
  const server = createServer({
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: limits.timeoutInterval,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  server.maxConnections = limits.connections;
  limitPerAddress(server, limits.connectionsPerAddress);
  server.on(
    'request',
    createApp(context, () => stopping),
  );
  server.on('clientError', refuseUnreadable(context));
  await listening(server, listen);
  return {
    url: urlOf(server.address() as AddressInfo),
    stop() {
      stopping = true;
      return close(server, limits.shutdownGrace);
    },
  };
}

function listening(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message;
      reject(
        new UsageError(
          'listen.failed',
          `cannot listen on ${host}:${port}: ${why}`,
          'choose another port with --listen',
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** Closes what one address opens beyond its share, so that nobody alone takes every connection there may be. */
function limitPerAddress(server: Server, limit: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const others = open.get(address) ?? 0;
    if (others >= limit) {
      socket.destroy();
      return;
    }
    open.set(address, others + 1);
    socket.once('close', () => {
      const left = open.get(address)! - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function close(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

const CLIENT_ERRORS = new Map<string, ProblemCode>([
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request.timeout'],
  ['HPE_HEADER_OVERFLOW', 'request.headers-too-large'],
]);

/** What Node's parser refuses never reaches the application; it gets its problem here, and the connection ends. */
function refuseUnreadable(context: ServiceContext): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    const code = CLIENT_ERRORS.get(error.code ?? '') ?? 'request.malformed';
    const id = context.newId();
    context.logger.info({ id, problem: code }, 'connection refused');
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const document = problem(code, 'the request was not read', id);
    const body = JSON.stringify(document);
    socket.end(
      `HTTP/1.1 ${document.status} ${document.title}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  };
}
