/** The way to the service. */

import { agentClient, type AgentClient } from '../api/client.ts';
import { httpTransport, type TransportOptions } from '../api/transport.ts';

/** The service did not answer, or somebody else did. */
export class ServiceUnreachable extends Error {
  override readonly name = 'ServiceUnreachable';
  readonly code = 'service.unreachable';
  readonly remedy = 'check the address, the network, and the CA or pin of the service';
}

/** @throws UsageError `server.address` */
export function serviceClient(options: TransportOptions): AgentClient {
  const transport = httpTransport(options);
  return agentClient(async (request) => {
    try {
      return await transport(request);
    } catch (cause) {
      throw new ServiceUnreachable(`${options.server}: ${(cause as Error).message}`, { cause });
    }
  });
}
