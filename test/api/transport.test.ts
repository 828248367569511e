import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentClient, ProblemResponse } from '../../src/api/client.ts';
import { problem } from '../../src/api/problems.ts';
import { httpTransport } from '../../src/api/transport.ts';
import { makeIdentity, tlsServer, type Identity, type TlsServer } from '../support/tls-server.ts';

/** Says what it was asked; nothing but the paths below is asked. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { method, url, headers } = request;
  if (url === '/busy') {
    const document = problem('service.busy', 'two appraisals are running', '00000000-0000-4000-8000-000000000000');
    response.writeHead(503, { 'retry-after': '7', 'content-type': 'application/problem+json' });
    response.end(JSON.stringify(document));
  } else if (url === '/page') response.end('<html>');
  else if (url === '/endless') {
    const block = Buffer.alloc(1 << 20);
    const write = (): void => {
      while (response.write(block));
      response.once('drain', write);
    };
    response.once('error', () => undefined);
    write();
  } else {
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  }
}

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const seen: string[] = [];
let identity: Identity;
let other: Identity;
let server: TlsServer;
let plain: Server;
let plainUrl: string;

beforeAll(async () => {
  [identity, other] = await Promise.all([makeIdentity(), makeIdentity()]);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(request.url ?? '');
    void echo(request, response);
  };
  server = await tlsServer(identity, listener);
  plain = createServer(listener);
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await server.stop();
  plain.closeAllConnections();
  await new Promise((resolve) => plain.close(resolve));
});

async function ask(options: Omit<Parameters<typeof httpTransport>[0], 'server'>, path = '/x'): Promise<Echo> {
  const { body } = await httpTransport({ server: server.url, ...options })({ method: 'POST', path, body: { a: 1 } });
  return JSON.parse(body) as Echo;
}

describe('who answers', () => {
  it('a service under the given CA gets the request and the token', async () => {
    const { method, url, headers, body } = await ask({ ca: identity.ca, token: 'assay_t' });
    expect([method, url, body]).toEqual(['POST', '/x', '{"a":1}']);
    expect(headers['authorization']).toBe('Bearer assay_t');
    expect(headers['content-type']).toBe('application/json');
  });

  it('a service with the pinned key gets it, whoever vouches for that key', async () => {
    expect((await ask({ pin: identity.pin })).url).toBe('/x');
  });

  it.each([
    ['no CA that is known to Node', () => ({}), /certificate/],
    ['another CA', () => ({ ca: other.ca }), /certificate/],
    ['another key than the pinned one', () => ({ pin: other.pin }), /another key/],
    ['a pin that is none', () => ({ pin: 'AA==' }), /another key/],
    ['another key than the pinned one under the right CA', () => ({ pin: other.pin, ca: identity.ca }), /another key/],
  ])('%s: not a byte of the request is sent', async (_, options, why) => {
    seen.length = 0;
    await expect(ask({ ...options(), token: 'assay_t' })).rejects.toThrow(why);
    expect(seen).toEqual([]);
  });
});

describe('addresses', () => {
  it.each(['ftp://127.0.0.1', 'http://192.0.2.1', 'http://localhost.example.org', 'assay', ''])(
    '%s is refused',
    (at) => {
      expect(() => httpTransport({ server: at })).toThrow(expect.objectContaining({ code: 'server.address' }));
    },
  );
  it('plain HTTP goes to loopback, and a path of the address stays before the path', async () => {
    const transport = httpTransport({ server: `${plainUrl}/assay/` });
    const { body } = await transport({ method: 'GET', path: '/v1/x?y=1' });
    expect((JSON.parse(body) as Echo).url).toBe('/assay/v1/x?y=1');
  });
});

it.each([65_529, 65_530, 65_531, 65_532])('a long body arrives as it was, wherever it is cut: %d', async (length) => {
  const long = `${'x'.repeat(length)}😀${'ü'.repeat(70_000)}😀`;
  const { body } = await httpTransport({ server: plainUrl })({ method: 'POST', path: '/x', body: { long } });
  expect(JSON.parse((JSON.parse(body) as Echo).body)).toEqual({ long });
});

describe('answers', () => {
  const transport = (): ReturnType<typeof httpTransport> => httpTransport({ server: plainUrl });

  it('a problem is an error with its code, remedy and waiting time', async () => {
    const busy: typeof transport = () => (request) => transport()({ ...request, path: '/busy' });
    const error: unknown = await agentClient(busy())
      .challenge('h')
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ProblemResponse);
    expect(error).toMatchObject({ status: 503, code: 'service.busy', retryAfterSeconds: 7 });
    expect((error as ProblemResponse).remedy).not.toBe('');
  });

  it('what is no JSON is an error too', async () => {
    const page: typeof transport = () => (request) => transport()({ ...request, path: '/page' });
    await expect(agentClient(page()).challenge('h')).rejects.toMatchObject({ code: 'response.unreadable' });
  });

  it('an answer without end is given up', async () => {
    await expect(transport()({ method: 'GET', path: '/endless' })).rejects.toThrow(/larger than/);
  });

  it('ids stand in the path as one segment', async () => {
    const answer = (await agentClient(transport()).challenge('../a?b')) as unknown as Echo;
    expect(answer.url).toBe('/v1/hosts/..%2Fa%3Fb/challenge');
  });

  it('an exchange is given up when the caller aborts it, and no other begins', async () => {
    const silent = createSocketServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const stop = new AbortController();
    silent.once('connection', () => stop.abort());
    const { port } = silent.address() as AddressInfo;
    const ask = httpTransport({ server: `http://127.0.0.1:${port}`, signal: stop.signal });
    await expect(ask({ method: 'GET', path: '/' })).rejects.toThrow('aborted');
    await expect(ask({ method: 'GET', path: '/' })).rejects.toThrow('aborted');
    silent.close();
  });

  it('a service that never answers is given up', async () => {
    const silent = createSocketServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const quiet = httpTransport({ server: `http://127.0.0.1:${port}`, timeout: 50 });
    await expect(quiet({ method: 'GET', path: '/' })).rejects.toThrow('the service does not answer');
    silent.close();
  });
});
