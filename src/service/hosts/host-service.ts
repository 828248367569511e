/** What the work with hosts needs of the service. */

import { MAX_RUNTIME_LIST_BYTES } from '../../evidence/bundle.ts';
import type { AppraisalCache } from '../../chain/cache.ts';
import type { ResolvedPolicy } from '../../policy/resolve.ts';
import type { VerifierId } from '../../results/ear.ts';
import type { SigningKey } from '../../results/token.ts';
import type { Store } from '../../store/open.ts';

/** Bounds on what hosts, and those who say they are hosts, may make the service keep. */
export interface HostLimits {
  /** challenges of enrolments that are not answered yet */
  readonly openEnrolments: number;
  /** hosts that wait for an operator's decision */
  readonly pendingHosts: number;
  /** milliseconds an enrolment may be answered */
  readonly enrolmentTime: number;
  /** milliseconds a decision is waited for */
  readonly decisionTime: number;
  /** milliseconds a challenge may be answered: a TPM takes seconds, a slow one with a long list half a minute */
  readonly challengeTime: number;
  /** bytes of parts of runtime lists that all hosts together may have here; one host has the longest list at most */
  readonly partsBytes: number;
}

export const HOST_LIMITS: HostLimits = {
  openEnrolments: 1000,
  pendingHosts: 1000,
  enrolmentTime: 5 * 60_000,
  decisionTime: 7 * 24 * 3600_000,
  challengeTime: 2 * 60_000,
  partsBytes: 4 * MAX_RUNTIME_LIST_BYTES,
};

/** The parts of the service that enrolment and attestation work with. Time and randomness come in. */
export interface HostService {
  readonly store: Store;
  readonly policies: ReadonlyMap<string, ResolvedPolicy>;
  readonly cache: AppraisalCache;
  readonly key: SigningKey;
  readonly verifier: VerifierId;
  readonly issuer?: string;
  /** secret that challenges are known by */
  readonly challengeKey: Uint8Array;
  readonly hostLimits: HostLimits;
  /** epoch milliseconds */
  readonly now: () => number;
  /** a new UUIDv7 */
  readonly newId: () => string;
  readonly random: (size: number) => Uint8Array;
}
