/** Requests over HTTP and TLS, with the service authenticated by a CA or by its pinned key before a byte is sent. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { addAbortSignal, Readable } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { UsageError } from '../bytes/errors.ts';
import type { ApiRequest, ApiResponse, Transport } from './client.ts';

/** Where the service is and how it is known. */
export interface TransportOptions {
  /** `https://host:port`; `http://` to loopback only */
  readonly server: string;
  /** PEM of the CAs that may vouch for the service; absent: those Node was built with */
  readonly ca?: string;
  /** base64 of SHA-256 over the service key's SubjectPublicKeyInfo (RFC 7469, 2.4): this key counts, whatever name or CA is beside it */
  readonly pin?: string;
  /** bearer token */
  readonly token?: string;
  /** milliseconds without a byte until the exchange is given up */
  readonly timeout?: number;
  /** bytes of an answer that are read; default 16 MiB: a result and what stands around it is small */
  readonly maxAnswer?: number;
  /** when aborted, exchanges under way are given up, and no other begins */
  readonly signal?: AbortSignal;
}

const MAX_ANSWER = 16 * 1024 * 1024;
const TIMEOUT = 60_000;

/** @throws UsageError `server.address` for an address that is no URL, or plain HTTP to another machine */
export function httpTransport(options: TransportOptions): Transport {
  const url = serverUrl(options.server);
  const base = url.pathname.replace(/\/$/, '');
  return async ({ method, path, body }: ApiRequest): Promise<ApiResponse> => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const socket = await connect(url, options);
    try {
      const sent = {
        method,
        path: base + path,
        body: text,
        headers: {
          host: url.host,
          connection: 'close',
          accept: 'application/json, application/problem+json',
          ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
          ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      };
      return await exchange(socket, sent, options.maxAnswer ?? MAX_ANSWER);
    } finally {
      socket.destroy();
    }
  };
}

function serverUrl(server: string): URL {
  const remedy = 'give the address of the service as https://host:port; http:// goes to loopback only';
  let url: URL;
  try {
    url = new URL(server);
  } catch {
    throw new UsageError('server.address', `${server} is no address of a service`, remedy);
  }
  const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) return url;
  throw new UsageError('server.address', `${server} is not https, and not on this machine`, remedy);
}

/** A connection whose other end is the service. */
function connect(url: URL, options: TransportOptions): Promise<Socket> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return new Promise((resolve, reject) => {
    const tls = url.protocol === 'https:';
    const socket = tls
      ? connectTls({
          host,
          port,
          minVersion: 'TLSv1.2',
          ...(isIP(host) === 0 && { servername: host }),
          ...(options.ca !== undefined && { ca: options.ca }),
          // A pinned key needs nobody who vouches for it; it is compared below, before anything is sent.
          ...(options.pin !== undefined && { rejectUnauthorized: false }),
        })
      : connectPlain({ host, port });
    if (options.signal !== undefined) addAbortSignal(options.signal, socket);
    socket.setTimeout(options.timeout ?? TIMEOUT, () => socket.destroy(new Error('the service does not answer')));
    socket.once('error', reject);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      if (options.pin === undefined || pinned(socket as TLSSocket, options.pin)) resolve(socket);
      else socket.destroy(new Error('the service has another key than the pinned one'));
    });
  });
}

function pinned(socket: TLSSocket, pin: string): boolean {
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
  if (key === undefined) return false;
  const seen = createHash('sha256').update(key).digest();
  const wanted = Buffer.from(pin, 'base64');
  return wanted.length === seen.length && timingSafeEqual(seen, wanted);
}

interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string;
}

function exchange(socket: Socket, { method, path, headers, body }: Message, maxAnswer: number): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const sent = request({ method, path, headers, createConnection: () => socket }, (response) => {
      readAnswer(response, maxAnswer).then(resolve, reject);
    });
    sent.once('error', reject);
    Readable.from(pieces(body)).pipe(sent);
  });
}

/** Evidence may be long; what is written at once is held by Node, and by TLS, once more. */
const PIECE = 1 << 16;

function* pieces(text: string): Generator<string> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = start + PIECE;
    // A character of two halves stays whole.
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end++;
    yield text.slice(start, end);
  }
}

async function readAnswer(response: IncomingMessage, maxAnswer: number): Promise<ApiResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswer) throw new Error(`the answer is larger than ${maxAnswer} bytes`);
    chunks.push(chunk);
  }
  const wait = Number(response.headers['retry-after']);
  return {
    status: response.statusCode ?? 0,
    retryAfterSeconds: Number.isInteger(wait) && wait > 0 ? wait : undefined,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
