/** The service as a running HTTP server. */

import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { problem, type ProblemCode } from '../api/problems.ts';
import { UsageError } from '../bytes/errors.ts';
import { createApp } from './app.ts';
import { startHousekeeping } from './housekeeping.ts';
import type { ListenAddress } from './listen-address.ts';
import type { ServiceContext, ServiceLimits } from './settings.ts';
import { secureOptions, type TlsMaterial } from './tls.ts';

/** A service that listens. */
export interface RunningService {
  /** `https://127.0.0.1:8080`, without a slash at the end */
  readonly url: string;
  /** Takes another certificate for connections from now on. */
  renewCertificate(tls: TlsMaterial): void;
  /** Takes no further request, lets those in flight finish within the grace time, then closes. */
  stop(): Promise<void>;
}

/** The headers of any request this service takes are short. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Where and how the service listens. */
export interface ListenOptions {
  readonly listen: ListenAddress;
  /** without it the service speaks plain HTTP */
  readonly tls?: TlsMaterial;
}

/**
 * Starts the service.
 * @throws UsageError `listen.failed` when the address cannot be had
 */
export async function startService(context: ServiceContext, { listen, tls }: ListenOptions): Promise<RunningService> {
  const { limits } = context;
  let stopping = false;
  const server = createHttpServer(limits, tls);
  server.maxConnections = limits.connections;
  const sockets = limitPerAddress(server, limits.connectionsPerAddress);
  server.on(
    'request',
    createApp(context, () => stopping),
  );
  server.on('clientError', refuseUnreadable(context));
  await listening(server, listen);
  const endHousekeeping = startHousekeeping(context);
  return {
    url: urlOf(server.address() as AddressInfo, tls === undefined ? 'http' : 'https'),
    renewCertificate: (renewed) => (server as TlsServer).setSecureContext(secureOptions(renewed)),
    stop() {
      stopping = true;
      endHousekeeping();
      return close(server, sockets, limits.shutdownGrace);
    },
  };
}

function createHttpServer(limits: ServiceLimits, tls: TlsMaterial | undefined): Server | TlsServer {
  const options = {
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: limits.timeoutInterval,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  if (tls === undefined) return createServer(options);
  return createTlsServer({ ...options, ...secureOptions(tls), handshakeTimeout: limits.handshakeTimeout });
}

function listening(server: Server | TlsServer, { host, port }: ListenAddress): Promise<void> {
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

/**
 * Closes what one address opens beyond its share, so that nobody alone takes every connection there may be.
 * @returns the connections that are open
 */
function limitPerAddress(server: Server | TlsServer, limit: number): ReadonlySet<Socket> {
  const open = new Map<string, number>();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const others = open.get(address) ?? 0;
    if (others >= limit) {
      socket.destroy();
      return;
    }
    open.set(address, others + 1);
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = open.get(address)! - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
  return sockets;
}

function urlOf({ address, port, family }: AddressInfo, scheme: string): string {
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function close(server: Server | TlsServer, sockets: ReadonlySet<Socket>, grace: number): Promise<void> {
  return new Promise((resolve) => {
    // The server itself knows of connections that have brought a request only; a handshake may be under way in others.
    const cut = setTimeout(() => sockets.forEach((socket) => socket.destroy()), grace);
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
    const id = context.newId();
    // Before the end of a TLS handshake nothing can be answered; an answer would keep the connection for ever.
    if (!socket.writable || !/^(HPE_|ERR_HTTP_)/.test(error.code ?? '')) {
      context.logger.info({ id, cause: error.code }, 'connection refused');
      socket.destroy();
      return;
    }
    const code = CLIENT_ERRORS.get(error.code ?? '') ?? 'request.malformed';
    context.logger.info({ id, problem: code }, 'connection refused');
    const document = problem(code, 'the request was not read', id);
    const body = JSON.stringify(document);
    socket.end(
      `HTTP/1.1 ${document.status} ${document.title}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  };
}
