/** Everything that one answer of a host leaves behind, written in one change. */

import { canonicalJson } from '../../bytes/json.ts';
import { toBase64url } from '../../bytes/text.ts';
import type { Appraisal, AppraisalInput } from '../../chain/model.ts';
import { isFact } from '../../facts/facts.ts';
import { recordAppraisal, voidStanding } from '../../store/appraisals.ts';
import { insertBlob, packBlob } from '../../store/blobs.ts';
import { forgetBoots, latestBoot, saveBoot, type Boot } from '../../store/boots.ts';
import { redeemChallenge } from '../../store/challenges.ts';
import { dropParts } from '../../store/evidence-parts.ts';
import type { Change } from '../../store/change.ts';
import { enrolmentOfHost } from '../../store/enrolments.ts';
import { findHost } from '../../store/hosts.ts';
import type { IssuedChallenge } from '../challenge.ts';
import { HttpProblem } from '../problem-error.ts';
import type { AcceptedLogs } from './accepted-logs.ts';
import type { AttestingHost } from './challenge.ts';
import type { HostService } from './host-service.ts';
import { packInput } from './input-record.ts';
import { isTrustStore } from './trust.ts';
import { voidUngenuine } from './trust-change.ts';

/** An answer that was appraised. */
export interface Outcome {
  readonly host: AttestingHost;
  readonly challenge: IssuedChallenge;
  readonly input: AppraisalInput;
  readonly appraisal: Appraisal;
  readonly appraisalId: string;
  readonly result: string;
  readonly accepted: AcceptedLogs;
}

/** Redeems the challenge and writes everything in one change: what is acknowledged is kept, and what is not redeemed leaves no trace. */
export async function record(service: HostService, outcome: Outcome): Promise<void> {
  const { host, challenge, input, appraisal, appraisalId, result, accepted } = outcome;
  const { at, policy } = input;
  const { prefix, ...logs } = accepted;
  const packed = await packInput(input);
  const document = await packBlob(new TextEncoder().encode(canonicalJson(appraisal)));
  const clock = appraisal.facts.find((fact) => isFact(fact, 'quote.clock'));
  const counters = clock !== undefined && isFact(clock, 'quote.clock') ? clock.value : null;
  await service.store.change({ actor: { kind: 'host', id: host.id }, reason: null, at }, async (change) => {
    const redeemed = await redeemChallenge(change.keep, {
      nonce: toBase64url(challenge.nonce),
      hostId: host.id,
      redeemedAt: at,
      expiresAt: challenge.expiresAt,
    });
    if (!redeemed) throw new HttpProblem('challenge.used', 'this challenge was answered before');
    for (const blob of [...packed.blobs, document, ...(prefix === null ? [] : [prefix])]) {
      await insertBlob(change.keep, blob, at);
    }
    await dropParts(change.keep, host.id);
    if (counters !== null) {
      const present = {
        hostId: host.id,
        akName: host.akName,
        resetCount: counters.resetCount,
        restartCount: counters.restartCount,
        clock: BigInt(counters.clock),
        firmwareVersion: BigInt(counters.firmwareVersion),
        ...logs,
        lastSeenAt: at,
      };
      const latest = await latestBoot(change.read, host.id, host.akName);
      if (!isOlder(present, latest)) await saveBoot(change.keep, present);
      else if (input.prior?.reactivated === true) {
        change.note({ action: 'host.tpm-cleared', subject: host.id, detail: { resetCount: latest!.resetCount } });
        await forgetBoots(change.keep, host.id, host.akName);
        await saveBoot(change.keep, present);
      }
    }
    await recordAppraisal(change, {
      id: appraisalId,
      hostId: host.id,
      at,
      verdict: appraisal.verdict,
      weakestLink: appraisal.weakestLink,
      policyId: policy.id,
      inputId: packed.id,
      documentId: document.id,
      token: result,
      attestedUntilAt: at + policy.maxAgeSeconds * 1000,
      akName: host.akName,
      resetCount: counters?.resetCount ?? null,
    });
    await settle(change, service, outcome);
  });
}

/** What an operator changed while the evidence was judged counts: the verdict was made under what was so before. */
async function settle(change: Change, service: HostService, outcome: Outcome): Promise<void> {
  const { host: judged, input, appraisalId } = outcome;
  const host = await findHost(change.read, judged.id);
  if (host?.last?.appraisalId !== appraisalId) return;
  if (host.policy !== input.policy.name) await voidStanding(change, host.id, 'another policy applies');
  const known = await enrolmentOfHost(change.read, host.id);
  if (known?.akName !== judged.akName) await voidStanding(change, host.id, 'the host has another AK');
  if (input.trust === undefined || (await isTrustStore(change.read, input.trust))) return;
  if (host.last.verdict === 'trusted') await voidUngenuine(change, service, [host]);
}

type Counters = Pick<Boot, 'resetCount' | 'restartCount' | 'clock'>;

/** An answer that was overtaken by a later one of the same host takes nothing back. */
function isOlder(present: Counters, latest: Counters | undefined): boolean {
  if (latest === undefined || present.resetCount > latest.resetCount) return false;
  if (present.resetCount < latest.resetCount) return true;
  return present.clock < latest.clock;
}
