/**
 * What the service answered, looked at before it is used. The service was authenticated, but another version of it, or a proxy of its
 * operator, may speak for it: an answer that is not as expected is a reason to try again later, never to end.
 */

import type { ChallengeResponse, EnrolmentState, EnrolResponse, EvidenceResponse, KeptLogs } from '../api/client.ts';
import { readOr } from '../bytes/errors.ts';
import { fromBase64url } from '../bytes/text.ts';
import { parseSelection, type PcrSelection } from '../tpm/selection.ts';

/** The service answered with something else than the protocol says. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly code = 'response.unexpected';
  readonly remedy =
    'check that the address is that of an Assay service, and that agent and service are of versions that go together';
}

/** A challenge, taken apart. `nonceText` and `expiresAt` go back as they came. */
export interface Challenge {
  readonly nonce: Uint8Array;
  readonly nonceText: string;
  readonly expiresAt: string;
  readonly selection: PcrSelection;
  /** name of the AK that must sign, hexadecimal */
  readonly ak: string;
  readonly rule: string;
  readonly kept: KeptLogs;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CONTENT_ID = /^sha256:[0-9a-f]{64}$/;
const ANY = /^[^]{1,20000}$/;

/** @throws UnexpectedAnswer */
export function readChallenge(answer: ChallengeResponse): Challenge {
  const { nonce, expiresAt, selection, ak, rule, logs } = fields(answer);
  const ima = logs?.ima ?? null;
  return {
    nonce: decoded('nonce', () => fromBase64url(text('nonce', nonce, /^[\w-]{43}$/))),
    nonceText: nonce,
    expiresAt: text('expiresAt', expiresAt),
    selection: decoded('selection', () => parseSelection(text('selection', selection))),
    ak: text('ak', ak),
    rule: text('rule', rule),
    kept: {
      firmware: textOrNull('logs.firmware', logs?.firmware ?? null, CONTENT_ID),
      systemd: textOrNull('logs.systemd', logs?.systemd ?? null, CONTENT_ID),
      ima: ima && {
        id: text('logs.ima.id', ima.id, CONTENT_ID),
        entries: count('logs.ima.entries', ima.entries),
        bytes: count('logs.ima.bytes', ima.bytes),
      },
    },
  };
}

/** @throws UnexpectedAnswer */
export function readEvidenceResponse(answer: EvidenceResponse): EvidenceResponse {
  const response = fields(answer);
  text('verdict', response.verdict, /^(trusted|untrusted|unproven)$/);
  textOrNull('weakestLink', response.weakestLink, /^[a-z-]{1,40}$/);
  count('nextAttestationSeconds', response.nextAttestationSeconds);
  return response;
}

/** A credential for TPM2_ActivateCredential, and the enrolment it is of. */
export interface Credential {
  readonly enrolment: string;
  readonly idObject: Uint8Array;
  readonly encryptedSecret: Uint8Array;
}

/** @throws UnexpectedAnswer */
export function readCredential(answer: EnrolResponse): Credential {
  const { enrolment, credential } = fields(answer);
  const binary = (what: 'idObject' | 'encryptedSecret'): Uint8Array =>
    decoded(what, () => fromBase64url(text(what, credential?.[what])));
  return {
    enrolment: text('enrolment', enrolment, UUID),
    idObject: binary('idObject'),
    encryptedSecret: binary('encryptedSecret'),
  };
}

/** @throws UnexpectedAnswer */
export function readEnrolmentState(answer: EnrolmentState): EnrolmentState {
  const { state, host } = fields(answer);
  text('state', state, /^[a-z]{1,40}$/);
  return { state, host: textOrNull('host', host, UUID) };
}

function fields<T extends object>(answer: T): T {
  if (typeof answer === 'object' && answer !== null) return answer;
  throw new UnexpectedAnswer('the service’s answer is no object');
}

function text(what: string, value: unknown, pattern = ANY): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new UnexpectedAnswer(`the service’s answer has no ${what} as it should be`);
}

function textOrNull(what: string, value: unknown, pattern: RegExp): string | null {
  return value === null ? null : text(what, value, pattern);
}

function count(what: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new UnexpectedAnswer(`the service’s answer has no ${what} as it should be`);
}

function decoded<T>(what: string, read: () => T): T {
  return readOr(read, (cause) => {
    throw new UnexpectedAnswer(`the service’s answer: ${what}: ${cause.message}`, { cause });
  });
}
