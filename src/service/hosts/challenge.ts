/** A challenge for an enrolled host: made, and recognised when it comes back. Nothing is stored for it. */

import type { ChallengeResponse, KeptLogs } from '../../api/agent-schemas.ts';
import { toBase64url } from '../../bytes/text.ts';
import type { ResolvedPolicy } from '../../policy/resolve.ts';
import { latestBoot, latestList, type Boot } from '../../store/boots.ts';
import { findHost } from '../../store/hosts.ts';
import { CHALLENGE_RANDOM_BYTES, issueChallenge } from '../challenge.ts';
import { HttpProblem } from '../problem-error.ts';
import { knownHost, type KnownHost } from './enrolment-record.ts';
import type { HostService } from './host-service.ts';

/** A host that may attest, with what it is judged by. */
export interface AttestingHost extends KnownHost {
  readonly id: string;
  readonly policy: ResolvedPolicy;
  /** the newest boot its AK has quoted */
  readonly boot: Boot | undefined;
  /** the newest one of which a runtime list was accepted */
  readonly listed: Boot | undefined;
}

/** @throws HttpProblem `host.unknown`, `host.pending`, `host.retired`, `host.no-policy` */
export async function attestingHost(service: HostService, id: string): Promise<AttestingHost> {
  const { store, policies } = service;
  const host = await findHost(store.read, id);
  if (host === undefined) throw new HttpProblem('host.unknown', 'no host of that id is enrolled');
  if (host.state === 'retired') throw new HttpProblem('host.retired', 'this host was taken out of service');
  const known = await knownHost(store.read, id);
  if (host.state === 'pending' || known === undefined) {
    throw new HttpProblem('host.pending', 'an operator has to decide about this host');
  }
  const policy = host.policy === null ? undefined : policies.get(host.policy);
  if (policy === undefined) {
    const detail = host.policy === null ? 'none is assigned' : 'the one assigned is not loaded by this service';
    throw new HttpProblem('host.no-policy', detail);
  }
  const boot = await latestBoot(store.read, id, known.akName);
  return { ...known, id, policy, boot, listed: await latestList(store.read, id, known.akName) };
}

export async function challengeHost(service: HostService, id: string): Promise<ChallengeResponse> {
  const host = await attestingHost(service, id);
  const expiresAt = service.now() + service.hostLimits.challengeTime;
  const { nonce } = issueChallenge(service.challengeKey, id, service.random(CHALLENGE_RANDOM_BYTES), expiresAt);
  return {
    nonce: toBase64url(nonce),
    expiresAt: new Date(expiresAt).toISOString(),
    selection: host.policy.selection,
    ak: host.akName,
    rule: 'assay-quote-1',
    logs: keptLogs(host.boot),
  };
}

/** What need not be sent again. */
export function keptLogs(
  boot: Pick<Boot, 'firmwareLogId' | 'systemdLogId' | 'imaLogId' | 'imaEntries' | 'imaBytes'> | undefined,
): KeptLogs {
  if (boot === undefined) return { firmware: null, systemd: null, ima: null };
  const { firmwareLogId: firmware, systemdLogId: systemd, imaLogId: id, imaEntries: entries, imaBytes: bytes } = boot;
  return { firmware, systemd, ima: id === null ? null : { id, entries, bytes } };
}
