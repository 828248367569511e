/** A host's answer to a challenge: recognised, appraised, recorded once, and answered with a signed result. */

import type { EvidenceResponse } from '../../api/agent-schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import type { Json } from '../../bytes/json.ts';
import { toBase64url } from '../../bytes/text.ts';
import { appraise } from '../../chain/appraise.ts';
import type { Appraisal, AppraisalInput } from '../../chain/model.ts';
import { bundleFromJson, type EvidenceBundle } from '../../evidence/bundle.ts';
import { isFact } from '../../facts/facts.ts';
import { earClaims } from '../../results/ear.ts';
import { confirmedKey, pinnedHost } from '../../results/host.ts';
import { signEar } from '../../results/token.ts';
import { partsGrant } from '../challenge.ts';
import { HttpProblem } from '../problem-error.ts';
import { acceptedLogs } from './accepted-logs.ts';
import { attestingHost, keptLogs } from './challenge.ts';
import { givenChallenge, type GivenChallenge } from './given-challenge.ts';
import type { HostService } from './host-service.ts';
import { record } from './record-attestation.ts';
import { priorOf } from './prior.ts';
import { trustStore } from './trust.ts';
import { wholeEvidence } from './whole-evidence.ts';

/** The request, its envelope validated. */
export interface EvidenceEnvelope extends GivenChallenge {
  readonly bundle: Json;
}

/**
 * @throws HttpProblem `host.*`, `challenge.*`, `evidence.*`; nothing is written unless the host's AK answered this very challenge, and
 *   then once
 */
export async function attest(service: HostService, id: string, message: EvidenceEnvelope): Promise<EvidenceResponse> {
  const host = await attestingHost(service, id);
  const challenge = givenChallenge(service, id, message);
  const answered = { hostId: id, nonce: toBase64url(challenge.nonce) };
  const given = readBundle(message.bundle);
  const { bundle: evidence, missing } = await wholeEvidence(service.store.read, host.boot, answered, given);
  const at = service.now();
  const input: AppraisalInput = {
    evidence,
    policy: host.policy,
    pins: [],
    enrolment: host.enrolment,
    trust: await trustStore(service.store.read),
    challenge: { nonce: challenge.nonce, selection: host.policy.selection, rule: 'assay-quote-1' },
    ...priorOf(host),
    at,
  };
  const appraisal = appraise(input, service.cache);
  refuseStrangers(appraisal);
  if (missing.length > 0) {
    const grant = toBase64url(partsGrant(service.challengeKey, id, challenge));
    const detail = `${missing.length} of the logs are not kept for this host`;
    throw new HttpProblem('evidence.logs-missing', detail, { missing, grant });
  }

  const appraisalId = service.newId();
  const claims = earClaims(appraisal, {
    nonce: challenge.nonce,
    maxAgeSeconds: host.policy.maxAgeSeconds,
    host: pinnedHost(appraisal),
    confirmedKey: confirmedKey(appraisal, host.hostKey),
    verifier: service.verifier,
    tokenId: appraisalId,
    ...(service.issuer !== undefined && { issuer: service.issuer }),
  });
  const result = await signEar(claims, service.key);
  const accepted = await acceptedLogs(service, input, appraisal);
  await record(service, { host, challenge, input, appraisal, appraisalId, result, accepted });
  return {
    result,
    verdict: appraisal.verdict,
    weakestLink: appraisal.weakestLink,
    nextAttestationSeconds: Math.max(1, Math.floor(host.policy.maxAgeSeconds / ATTESTATIONS_PER_AGE)),
    logs: keptLogs(accepted),
  };
}

/** A host that misses an attestation or two still has a result that stands. */
const ATTESTATIONS_PER_AGE = 3;

function readBundle(bundle: Json): EvidenceBundle {
  try {
    return bundleFromJson(bundle);
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw new HttpProblem('evidence.unreadable', `${cause.code}: ${cause.message}`);
  }
}

/** Steps that say whose quote it is and what it answers; the others say what it proves. */
const AUTHENTIC = ['signature', 'magic', 'type', 'extra-data'];

/**
 * Anyone may send anything to the address of a host. What its AK did not sign for this challenge says nothing about the host, so
 * that nobody else can turn it red.
 */
function refuseStrangers(appraisal: Appraisal): void {
  const { facts } = appraisal;
  const pinned = facts.some((fact) => isFact(fact, 'ak.pin') && fact.value.state === 'pinned');
  const steps = facts.filter((fact) => isFact(fact, 'quote.step') && AUTHENTIC.includes(fact.subject));
  const answers = steps.map((fact) => isFact(fact, 'quote.step') && fact.value.answer === 'yes');
  if (pinned && answers.length > 0 && answers.every(Boolean)) return;
  const finding = appraisal.links.flatMap(({ findings }) => findings)[0];
  throw new HttpProblem(
    'evidence.not-from-host',
    finding === undefined ? 'no quote' : `${finding.code}: expected ${finding.expected}, found ${finding.observed}`,
  );
}
