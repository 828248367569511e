/** The verifier of these tests behind TLS, as agents in processes of their own reach it. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiRequest } from '../../src/api/client.ts';
import { makeIdentity, tlsServer, type Identity } from '../support/tls-server.ts';
import { Verifier } from './verifier.ts';

export interface AgentService {
  readonly url: string;
  readonly identity: Identity;
  verifier: Verifier;
  /** told of each answer before it is sent; where it never resolves, the answer is never sent */
  answering: (path: string) => Promise<void> | void;
  /** told when the agent has read an answer and closed its connection */
  answered: (path: string) => void;
  stop(): Promise<void>;
}

export async function agentService(): Promise<AgentService> {
  const identity = await makeIdentity();
  const server = await tlsServer(identity, (request, response) => void listen(request, response));
  const service: AgentService = {
    url: server.url,
    identity,
    verifier: new Verifier(),
    answering: () => undefined,
    answered: () => undefined,
    stop: () => server.stop(),
  };

  async function listen(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { method, url } = request as { method: ApiRequest['method']; url: string };
    request.socket.once('close', () => service.answered(url));
    const { status, body, retryAfterSeconds } = await service.verifier.transport({
      method,
      path: url,
      ...(text !== '' && { body: JSON.parse(text) as unknown }),
    });
    await service.answering(url);
    if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  }
  return service;
}
