/** A host's answer to a challenge: recognised, appraised, recorded once, and answered with a signed result. */

import type { EvidenceResponse } from '../../api/agent-schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import { canonicalJson, type Json } from '../../bytes/json.ts';
import { fromBase64url, toBase64url } from '../../bytes/text.ts';
import { appraise } from '../../chain/appraise.ts';
import { cached } from '../../chain/cache.ts';
import type { Appraisal, AppraisalInput } from '../../chain/model.ts';
import { bundleFromJson, type EvidenceBundle } from '../../evidence/bundle.ts';
import { completeLogs } from '../../evidence/complete.ts';
import { isFact } from '../../facts/facts.ts';
import { parseImaList } from '../../logs/ima/parse.ts';
import { earClaims } from '../../results/ear.ts';
import { confirmedKey, pinnedHost } from '../../results/host.ts';
import { signEar } from '../../results/token.ts';
import { recordAppraisal } from '../../store/appraisals.ts';
import { insertBlob, packBlob, readBlob, type PackedBlob } from '../../store/blobs.ts';
import { latestBoot, saveBoot, type Boot } from '../../store/boots.ts';
import { redeemChallenge } from '../../store/challenges.ts';
import { challengeFault, type IssuedChallenge } from '../challenge.ts';
import { HttpProblem } from '../problem-error.ts';
import { attestingHost, keptLogs, type AttestingHost } from './challenge.ts';
import type { HostService } from './host-service.ts';
import { packInput } from './input-record.ts';
import { trustStore } from './trust.ts';

/** The request, its envelope validated. */
export interface EvidenceEnvelope {
  readonly nonce: string;
  readonly expiresAt: string;
  readonly bundle: Json;
}

/**
 * @throws HttpProblem `host.*`, `challenge.*`, `evidence.*`; nothing is written unless the host's AK answered this very challenge, and
 *   then once
 */
export async function attest(service: HostService, id: string, message: EvidenceEnvelope): Promise<EvidenceResponse> {
  const host = await attestingHost(service, id);
  const challenge = readChallenge(message);
  const fault = challengeFault(service.challengeKey, id, challenge, service.now());
  if (fault !== null) {
    throw new HttpProblem(`challenge.${fault}`, fault === 'expired' ? `it expired ${message.expiresAt}` : 'not ours');
  }
  const evidence = await wholeEvidence(service, host, readBundle(message.bundle));
  const at = service.now();
  const input: AppraisalInput = {
    evidence,
    policy: host.policy,
    pins: [],
    enrolment: host.enrolment,
    trust: await trustStore(service.store.read),
    challenge: { nonce: challenge.nonce, selection: host.policy.selection, rule: 'assay-quote-1' },
    ...(host.boot !== undefined && { prior: priorOf(host.boot) }),
    at,
  };
  const appraisal = appraise(input, service.cache);
  refuseStrangers(appraisal);

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

function readChallenge({ nonce, expiresAt }: EvidenceEnvelope): IssuedChallenge {
  const time = Date.parse(expiresAt);
  try {
    // One spelling: what was issued comes back as it was.
    if (Number.isNaN(time) || new Date(time).toISOString() !== expiresAt)
      throw new EvidenceError('time', 'not RFC 3339');
    return { nonce: fromBase64url(nonce), expiresAt: time };
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw new HttpProblem('challenge.foreign', `nonce or expiresAt: ${cause.message}`);
  }
}

function readBundle(bundle: Json): EvidenceBundle {
  try {
    return bundleFromJson(bundle);
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw new HttpProblem('evidence.unreadable', `${cause.code}: ${cause.message}`);
  }
}

/** The evidence with whole logs. Only what this host itself sent in its last boot completes them. */
async function wholeEvidence(
  { store }: HostService,
  { boot }: AttestingHost,
  bundle: EvidenceBundle,
): Promise<EvidenceBundle> {
  const kept = new Map<string, Uint8Array>();
  for (const id of [boot?.firmwareLogId, boot?.imaLogId]) {
    const named = [bundle.firmwareLog, bundle.imaLog].some((log) => log?.bytes === undefined && log?.id === id);
    if (typeof id !== 'string' || !named) continue;
    const bytes = await readBlob(store.read, id);
    if (bytes !== undefined) kept.set(id, bytes);
  }
  const { bundle: whole, missing } = completeLogs(bundle, (id) => kept.get(id));
  if (missing.length === 0) return whole;
  throw new HttpProblem('evidence.logs-missing', `${missing.length} of the logs are not kept for this host`, {
    missing,
  });
}

function priorOf({ resetCount, restartCount, clock, firmwareVersion }: Boot): NonNullable<AppraisalInput['prior']> {
  return { resetCount, restartCount, clock, firmwareVersion };
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

/** What of the logs is acknowledged, and the blob of it where it is not a part of the evidence itself. */
interface AcceptedLogs extends Pick<Boot, 'firmwareLogId' | 'imaLogId' | 'imaEntries' | 'imaBytes' | 'pcr10'> {
  readonly prefix: PackedBlob | null;
}

async function acceptedLogs(
  { cache }: HostService,
  { evidence }: AppraisalInput,
  { facts }: Appraisal,
): Promise<AcceptedLogs> {
  const nothing = { imaLogId: null, imaEntries: 0, imaBytes: 0, prefix: null };
  const values = facts.flatMap((fact) => {
    if (!isFact(fact, 'pcr') || !/^(\w+:)?10$/.test(fact.subject)) return [];
    return [[fact.source.bank ?? fact.subject.replace(/:?10$/, ''), fact.value.quoted] as const];
  });
  const common = { firmwareLogId: evidence.firmwareLog?.id ?? null, pcr10: Object.fromEntries(values) };
  const list = evidence.imaLog;
  const proved = facts.find((fact) => isFact(fact, 'ima'));
  if (list?.bytes === undefined || proved === undefined || !isFact(proved, 'ima')) return { ...common, ...nothing };
  const { bytes, id } = list;
  const { untrusted: parsed } = cached(cache, `ima/${id}`, () => parseImaList(bytes));
  const { entries } = proved.value;
  // Where the list ends in a cut entry, what is acknowledged has no end to go on from.
  if (parsed.truncated) return { ...common, ...nothing };
  const end = entries < parsed.count ? parsed.columns.sourceOffset[entries]! : bytes.length;
  if (end === bytes.length) return { ...common, imaLogId: id, imaEntries: entries, imaBytes: end, prefix: null };
  const prefix = await packBlob(bytes.subarray(0, end));
  return { ...common, imaLogId: prefix.id, imaEntries: entries, imaBytes: end, prefix };
}

interface Outcome {
  readonly host: AttestingHost;
  readonly challenge: IssuedChallenge;
  readonly input: AppraisalInput;
  readonly appraisal: Appraisal;
  readonly appraisalId: string;
  readonly result: string;
  readonly accepted: AcceptedLogs;
}

/** Redeems the challenge and writes everything in one change: what is acknowledged is kept, and what is not redeemed leaves no trace. */
async function record({ store }: HostService, outcome: Outcome): Promise<void> {
  const { host, challenge, input, appraisal, appraisalId, result, accepted } = outcome;
  const { at, policy } = input;
  const { prefix, ...logs } = accepted;
  const packed = await packInput(input);
  const document = await packBlob(new TextEncoder().encode(canonicalJson(appraisal)));
  const clock = appraisal.facts.find((fact) => isFact(fact, 'quote.clock'));
  const counters = clock !== undefined && isFact(clock, 'quote.clock') ? clock.value : null;
  await store.change({ actor: { kind: 'host', id: host.id }, reason: null, at }, async (change) => {
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
  });
}

type Counters = Pick<Boot, 'resetCount' | 'restartCount' | 'clock'>;

/** An answer that was overtaken by a later one of the same host takes nothing back. */
function isOlder(present: Counters, latest: Counters | undefined): boolean {
  if (latest === undefined || present.resetCount > latest.resetCount) return false;
  if (present.resetCount < latest.resetCount) return true;
  return present.clock < latest.clock;
}
