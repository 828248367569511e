/**
 * The service's HTTP interface as functions, for programs on hosts and for the command line. It loads no schema library: the service
 * was authenticated by its certificate, so its answers are read, not judged.
 */

import type { Problem } from './problems.ts';
import type {
  ActivateRequest,
  ChallengeResponse,
  EnrolmentState,
  EnrolRequest,
  EnrolResponse,
  EvidenceMessage,
  EvidencePart,
  EvidenceResponse,
} from './agent-schemas.ts';

export type {
  ActivateRequest,
  ChallengeResponse,
  EnrolmentState,
  EnrolRequest,
  EnrolResponse,
  EvidenceMessage,
  EvidencePart,
  EvidenceResponse,
  KeptLogs,
} from './agent-schemas.ts';

/** One request; `body` is sent as JSON. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** path and query */
  readonly path: string;
  readonly body?: unknown;
}

/** What came back, whole. */
export interface ApiResponse {
  readonly status: number;
  /** seconds of `Retry-After`, when the service named some */
  readonly retryAfterSeconds: number | undefined;
  readonly body: string;
}

/** Carries a request to the service; rejects when it does not get there. */
export type Transport = (request: ApiRequest) => Promise<ApiResponse>;

/** The service answered with a problem (RFC 9457). */
export class ProblemResponse extends Error {
  override readonly name = 'ProblemResponse';
  readonly status: number;
  /** stable code, or `response.unreadable` for an answer that is no problem document */
  readonly code: string;
  readonly remedy: string;
  readonly retryAfterSeconds: number | undefined;
  /** ids of logs the service lacks (`evidence.logs-missing`) */
  readonly missing: readonly string[];
  /** beside it: lets this host send parts of its runtime list */
  readonly grant: string | undefined;

  constructor({ status, retryAfterSeconds, body }: ApiResponse) {
    const problem = readProblem(body);
    super(problem?.detail ?? `the service answered ${status} without saying why`);
    this.status = status;
    this.code = problem?.code ?? 'response.unreadable';
    this.remedy = problem?.remedy ?? 'check that the address is that of an Assay service';
    this.retryAfterSeconds = retryAfterSeconds;
    this.missing = problem?.missing ?? [];
    this.grant = problem?.grant;
  }
}

function readProblem(body: string): Partial<Problem> | null {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'object' && value !== null && 'code' in value ? (value as Partial<Problem>) : null;
  } catch {
    return null;
  }
}

/**
 * One request, its answer parsed; an answer without a body (204) is undefined.
 * @throws ProblemResponse for every status but 2xx, and for an answer that is not JSON
 */
export async function call<T>(transport: Transport, request: ApiRequest): Promise<T> {
  const response = await transport(request);
  if (response.status < 200 || response.status > 299) throw new ProblemResponse(response);
  if (response.status === 204) return undefined as T;
  try {
    return JSON.parse(response.body) as T;
  } catch {
    throw new ProblemResponse({ ...response, body: '' });
  }
}

/** What a host says to the service (docs/agent-protocol.md). */
export interface AgentClient {
  enrol(request: EnrolRequest): Promise<EnrolResponse>;
  activate(enrolment: string, request: ActivateRequest): Promise<EnrolmentState>;
  enrolment(id: string): Promise<EnrolmentState>;
  challenge(host: string): Promise<ChallengeResponse>;
  evidencePart(host: string, part: EvidencePart): Promise<void>;
  evidence(host: string, message: EvidenceMessage): Promise<EvidenceResponse>;
}

/** @param transport leads to the service and authenticates it */
export function agentClient(transport: Transport): AgentClient {
  const post = <T>(path: string, body: unknown): Promise<T> => call<T>(transport, { method: 'POST', path, body });
  const id = encodeURIComponent;
  return {
    enrol: (request) => post('/v1/enrol', request),
    activate: (enrolment, request) => post(`/v1/enrol/${id(enrolment)}/activate`, request),
    enrolment: (enrolment) => call(transport, { method: 'GET', path: `/v1/enrol/${id(enrolment)}` }),
    challenge: (host) => post(`/v1/hosts/${id(host)}/challenge`, {}),
    evidencePart: (host, part) => post(`/v1/hosts/${id(host)}/evidence-parts`, part),
    evidence: (host, message) => post(`/v1/hosts/${id(host)}/evidence`, message),
  };
}
