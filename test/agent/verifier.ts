/**
 * The other end of the agent's protocol, in memory: it checks what a verifier checks (credential, host key, signature, challenge,
 * claims, logs) and judges no log. Tests make it answer with problems, or not at all.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { ActivateRequest, EnrolRequest, EvidencePart, EvidenceRequest } from '../../src/api/agent-schemas.ts';
import type {
  ApiRequest,
  ApiResponse,
  ChallengeResponse,
  EnrolmentState,
  EnrolResponse,
  EvidenceResponse,
  KeptLogs,
  Transport,
} from '../../src/api/client.ts';
import { contentId, digest } from '../../src/bytes/hash.ts';
import type { Json } from '../../src/bytes/json.ts';
import { fromBase64url, toBase64url, toHex } from '../../src/bytes/text.ts';
import { bundleFromJson, type EvidenceBundle } from '../../src/evidence/bundle.ts';
import { boundExtraData, hintsId } from '../../src/evidence/claims.ts';
import { completeLogs } from '../../src/evidence/complete.ts';
import { checkCertification } from '../../src/tpm/certify.ts';
import { attestationKey, type AttestationKey } from '../../src/tpm/key.ts';
import { credentialRandomSize, makeCredential } from '../../src/tpm/make-credential.ts';
import { publicName } from '../../src/tpm/names.ts';
import { readPublic2B } from '../../src/tpm/public.ts';
import { checkQuote } from '../../src/tpm/quote.ts';
import { parseSelection } from '../../src/tpm/selection.ts';

/** One host, as this verifier knows it. */
interface Host {
  readonly id: string;
  readonly ak: AttestationKey;
  readonly kept: Map<string, Uint8Array>;
  /** of a list for the challenge at hand, in their order */
  readonly parts: Uint8Array[];
  logs: KeptLogs;
}

interface Pending {
  readonly request: EnrolRequest;
  readonly secret: Uint8Array;
  readonly host: string;
  state: EnrolmentState;
}

type Answer = { readonly status: number; readonly body: unknown; readonly retryAfterSeconds?: number };

const GRANT = 'grant-of-this-verifier';

export class Verifier {
  /** `METHOD /path` of every request, ids left out */
  readonly requests: string[] = [];
  readonly enrolments: EnrolRequest[] = [];
  /** bundles it accepted, logs completed */
  readonly accepted: EvidenceBundle[] = [];
  /** as they were sent */
  readonly received: EvidenceBundle[] = [];
  /** whether the next to enrol has to wait for an operator */
  approves = true;
  nextAttestationSeconds = 300;
  verdict: EvidenceResponse['verdict'] = 'trusted';
  readonly #hosts = new Map<string, Host>();
  readonly #enrolments = new Map<string, Pending>();
  readonly #challenges = new Map<string, string>();
  readonly #scripted = new Map<string, (Answer | Error)[]>();

  /**
   * The next requests whose path ends so are answered so, and not looked at.
   * @param to last part of the path: `enrol`, `activate`, `challenge`, `evidence`
   */
  answerNext(to: string, ...answers: readonly (Answer | Error)[]): void {
    this.#scripted.set(to, [...(this.#scripted.get(to) ?? []), ...answers]);
  }

  /** Whatever it knew is gone, as after a restore of an old backup. */
  forget(): void {
    this.#hosts.clear();
    this.#enrolments.clear();
  }

  /** Logs are gone, hosts are not. */
  forgetLogs(): void {
    for (const host of this.#hosts.values()) host.kept.clear();
  }

  /** The operator decides about all that wait. */
  decide(state: 'enrolled' | 'refused'): void {
    for (const pending of this.#enrolments.values()) {
      if (pending.state.state === 'pending') pending.state = { state, host: state === 'refused' ? null : pending.host };
    }
  }

  readonly transport: Transport = async (request: ApiRequest): Promise<ApiResponse> => {
    this.requests.push(`${request.method} ${request.path.replaceAll(/[0-9a-f-]{36}/g, '*')}`);
    const scripted = this.#scripted.get(request.path.split('/').at(-1)!)?.shift();
    if (scripted instanceof Error) throw scripted;
    const { status, body, retryAfterSeconds } = scripted ?? this.#answer(request);
    return { status, retryAfterSeconds, body: JSON.stringify(body) ?? '' };
  };

  #answer({ path, body }: ApiRequest): Answer {
    const [, , room, id = '', action] = path.split('/');
    if (room === 'enrol' && id === '') return this.#enrol(z.parse(EnrolRequest, body));
    if (room === 'enrol' && action === 'activate') return this.#activate(id, z.parse(ActivateRequest, body));
    if (room === 'enrol') {
      const pending = this.#enrolments.get(id);
      return pending === undefined ? problem(404, 'enrolment.unknown') : { status: 200, body: pending.state };
    }
    const host = this.#hosts.get(id);
    if (host === undefined) return problem(404, 'host.unknown');
    if (action === 'challenge') return this.#challenge(host);
    if (action === 'evidence-parts') return this.#part(host, z.parse(EvidencePart, body));
    return this.#evidence(host, z.parse(EvidenceRequest, body));
  }

  #enrol(request: EnrolRequest): Answer {
    this.enrolments.push(request);
    const ek = readPublic2B(fromBase64url(request.ek)).public;
    const ak = readPublic2B(fromBase64url(request.ak)).public;
    const secret = new Uint8Array(randomBytes(32));
    const made = makeCredential(ek, publicName(ak), secret, new Uint8Array(randomBytes(credentialRandomSize(ek))));
    const enrolment = randomUUID();
    this.#enrolments.set(enrolment, {
      request,
      secret,
      host: randomUUID(),
      state: { state: 'challenged', host: null },
    });
    const credential = { idObject: toBase64url(made.credentialBlob), encryptedSecret: toBase64url(made.secret) };
    return { status: 201, body: { enrolment, credential, expiresAt: '2090-01-01T00:00:00Z' } satisfies EnrolResponse };
  }

  #activate(id: string, { secret, hostKey }: ActivateRequest): Answer {
    const pending = this.#enrolments.get(id)!;
    if (secret !== toBase64url(pending.secret)) return problem(403, 'enrolment.secret');
    const ak = attestationKey(readPublic2B(fromBase64url(pending.request.ak)).public);
    if (hostKey !== undefined && !isCertified(hostKey, ak, pending.secret)) return problem(403, 'enrolment.host-key');
    const { host } = pending;
    this.#hosts.set(host, {
      id: host,
      ak,
      kept: new Map(),
      parts: [],
      logs: { firmware: null, systemd: null, ima: null },
    });
    pending.state = this.approves ? { state: 'enrolled', host } : { state: 'pending', host: null };
    return { status: this.approves ? 200 : 202, body: pending.state };
  }

  #challenge({ id, ak, logs }: Host): Answer {
    const nonce = toBase64url(randomBytes(32));
    this.#challenges.set(nonce, id);
    const body: ChallengeResponse = {
      nonce,
      expiresAt: '2090-01-01T00:00:00Z',
      selection: 'sha256:0-15',
      ak: toHex(ak.name!),
      rule: 'assay-quote-1',
      logs,
    };
    return { status: 201, body };
  }

  #evidence(host: Host, request: z.infer<typeof EvidenceRequest>): Answer {
    if (this.#challenges.get(request.nonce) !== host.id) return problem(409, 'challenge.used');
    const sent = bundleFromJson(request.bundle as Json);
    this.received.push(sent);
    const parts = new Uint8Array(Buffer.concat(host.parts));
    const { bundle, missing } = completeLogs(sent, (id) => (id === contentId(parts) ? parts : host.kept.get(id)));
    if (missing.length > 0) return problem(409, 'evidence.logs-missing', { missing, grant: GRANT });
    host.parts.length = 0;
    this.#challenges.delete(request.nonce);
    const fault = faultOf(bundle, host.ak, fromBase64url(request.nonce));
    if (fault !== null) return problem(400, 'evidence.unreadable', { detail: fault });
    this.accepted.push(bundle);
    this.#keep(host, bundle);
    const { verdict, nextAttestationSeconds } = this;
    const weakestLink = verdict === 'trusted' ? null : 'boot';
    const body: EvidenceResponse = { result: 'x.y.z', verdict, weakestLink, nextAttestationSeconds, logs: host.logs };
    return { status: 200, body };
  }

  #part(host: Host, { nonce, grant, index, bytes }: EvidencePart): Answer {
    if (this.#challenges.get(nonce) !== host.id || grant !== GRANT || index !== host.parts.length) {
      return problem(422, 'evidence.not-from-host');
    }
    host.parts.push(fromBase64url(bytes));
    return { status: 204, body: undefined };
  }

  #keep(host: Host, { firmwareLog, imaLog, systemdLog }: EvidenceBundle): void {
    for (const log of [firmwareLog, imaLog, systemdLog]) if (log?.bytes !== undefined) host.kept.set(log.id, log.bytes);
    host.logs = {
      firmware: firmwareLog?.id ?? null,
      systemd: systemdLog?.id ?? null,
      ima: imaLog?.bytes === undefined ? null : { id: contentId(imaLog.bytes), entries: 1, bytes: imaLog.bytes.length },
    };
  }
}

function isCertified(key: NonNullable<ActivateRequest['hostKey']>, ak: AttestationKey, secret: Uint8Array): boolean {
  const extraData = digest('sha256', Buffer.concat([Buffer.from('assay-host-key-1'), secret]));
  const signed = { attest: fromBase64url(key.attest), signature: fromBase64url(key.signature) };
  const object = readPublic2B(fromBase64url(key.public)).public;
  return checkCertification(signed, ak, { extraData, object }).certified !== undefined;
}

/** What is wrong with an answer; null: it is what the challenge asked for. */
function faultOf(
  { quotes, claims, hints, firmwareLog, imaLog, systemdLog }: EvidenceBundle,
  ak: AttestationKey,
  nonce: Uint8Array,
): string | null {
  const [quote, ...others] = quotes;
  if (quote === undefined || claims === undefined || others.length > 0) return 'one quote and claims are expected';
  const expected = { nonce: boundExtraData(nonce, claims), selection: parseSelection('sha256:0-15') };
  const wrong = checkQuote(quote, ak, expected).steps.filter(({ answer }) => answer === 'no');
  if (wrong.length > 0) return wrong.map(({ step, reason }) => `${step}: ${reason}`).join(', ');
  if (claims.hints !== hintsId(hints)) return 'hints are not those claimed';
  if (claims.firmwareLog !== (firmwareLog?.bytes?.length ?? null)) return 'the firmware log is not as long as claimed';
  if ((claims.imaLog ?? 0) > (imaLog?.bytes?.length ?? 0)) return 'the runtime list is shorter than claimed';
  if ((claims.systemdLog ?? 0) > (systemdLog?.bytes?.length ?? 0)) return 'the log of systemd is shorter than claimed';
  return null;
}

/** A problem document, as far as an agent reads it. */
export function problem(status: number, code: string, more: Readonly<Record<string, unknown>> = {}): Answer {
  return { status, body: { code, detail: `because of ${code}`, remedy: `mend ${code}`, ...more } };
}

/** The same, with the header `Retry-After`. */
export function problemFor(seconds: number, status: number, code: string): Answer {
  return { ...problem(status, code), retryAfterSeconds: seconds };
}
