/** What the service is started with, and its limits with their reasons. */

import { MAX_BUNDLE_BYTES } from '../evidence/bundle.ts';
import type { ResolvedPolicy } from '../policy/resolve.ts';
import type { VerifierId } from '../results/ear.ts';
import type { SigningKey } from '../results/token.ts';
import type { HostService } from './hosts/host-service.ts';
import type { Store } from '../store/open.ts';
import type { Logger } from 'pino';

/** What one client, or all together, may ask of the service. */
export interface ServiceLimits {
  /** bytes of a request body: one bundle and the fields around it */
  readonly bodyBytes: number;
  /** Bytes that all bodies under way hold together; at least one whole body. */
  readonly receivingBytes: number;
  /** Appraisals in flight. Each may hold a whole body, so this bounds memory. */
  readonly concurrent: number;
  /** requests per second and client address, and how many may come at once */
  readonly ratePerSecond: number;
  readonly rateBurst: number;
  /** milliseconds from the connection to the end of the TLS handshake */
  readonly handshakeTimeout: number;
  /** milliseconds for the headers, and for the whole request: a client that dribbles is cut off */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** bytes a second that a body must come at, and by how many milliseconds it may lag behind */
  readonly bodyBytesPerSecond: number;
  readonly bodyGrace: number;
  /** milliseconds an unused connection stays open */
  readonly keepAliveTimeout: number;
  /** how often, in milliseconds, the time-outs are looked at */
  readonly timeoutInterval: number;
  readonly connections: number;
  /** of one client address */
  readonly connectionsPerAddress: number;
  /** milliseconds that requests in flight have to finish when the service stops */
  readonly shutdownGrace: number;
}

export const DEFAULT_LIMITS: ServiceLimits = {
  bodyBytes: MAX_BUNDLE_BYTES + 64 * 1024,
  receivingBytes: 2 * (MAX_BUNDLE_BYTES + 64 * 1024),
  concurrent: 4,
  ratePerSecond: 50,
  rateBurst: 200,
  handshakeTimeout: 5_000,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  bodyBytesPerSecond: 64 * 1024,
  bodyGrace: 10_000,
  keepAliveTimeout: 5_000,
  timeoutInterval: 1_000,
  connections: 256,
  connectionsPerAddress: 128,
  shutdownGrace: 10_000,
};

/** Everything the routes need. Time and ids come in, so that tests choose them. */
export interface ServiceContext {
  /** loaded and resolved at start; a request names one */
  readonly policies: ReadonlyMap<string, ResolvedPolicy>;
  readonly key: SigningKey;
  readonly verifier: VerifierId;
  /** `iss` of the results; left out when not configured */
  readonly issuer?: string;
  readonly version: string;
  readonly store: Store;
  /** enrolment and attestation of hosts */
  readonly hosts: HostService;
  /** Whether callers of this machine may do without a token what says so: only where nobody else can reach the service. */
  readonly localCallers: boolean;
  readonly limits: ServiceLimits;
  readonly logger: Logger;
  /** epoch milliseconds */
  readonly now: () => number;
  /** a new UUID */
  readonly newId: () => string;
  /** so many random bytes */
  readonly random: (bytes: number) => Uint8Array;
}
