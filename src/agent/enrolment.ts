/** Enrolling: the EK says which machine this is, TPM2_ActivateCredential proves that the AK lives beside it. */

import type { AgentClient, EnrolmentState } from '../api/client.ts';
import { digest } from '../bytes/hash.ts';
import { toBase64url } from '../bytes/text.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { readCredential, readEnrolmentState, UnexpectedAnswer } from './answers.ts';
import type { EndorsementKeyOfHost, HostTpm } from './host-tpm.ts';

/** The service will not have this machine. */
export class EnrolmentRefused extends Error {
  override readonly name = 'EnrolmentRefused';
  readonly code = 'enrolment.refused';
  readonly remedy =
    'ask the operator of the service why; with their agreement, enrol again with `assay enrol`, or with a join token';

  constructor() {
    super('the service refused to enrol this machine');
  }
}

/** An operator has to say whether the machine is ours. */
export class EnrolmentPending extends Error {
  override readonly name = 'EnrolmentPending';
  readonly code = 'enrolment.pending';
  readonly remedy: string;

  /** @param enrolment what the operator decides about */
  constructor(enrolment: string) {
    super('the machine has enrolled, and an operator has to say whether it is theirs');
    this.remedy = `approve the enrolment ${enrolment} at the service`;
  }
}

export interface EnrolWith {
  readonly client: AgentClient;
  readonly tpm: HostTpm;
  readonly ek: EndorsementKeyOfHost;
  readonly hints: ReadonlyMap<string, string>;
  readonly joinToken: string | undefined;
  /** id of the host this machine was under another EK */
  readonly replaces: string | undefined;
}

/** What the service makes of the machine: it is a host, or waits until an operator has decided about its enrolment. */
export type Enrolled =
  { readonly host: string; readonly enrolment: null } | { readonly host: null; readonly enrolment: string };

/** What of a longer list the service takes; the chain of a real EK has two or three certificates. */
const MAX_CERTIFICATES = 8;

const HOST_KEY_RULE = 'assay-host-key-1';

/**
 * The two requests of an enrolment.
 * @throws EnrolmentRefused; ProblemResponse; what transport and TPM reject with
 */
export async function enrol({ client, tpm, ek, hints, joinToken, replaces }: EnrolWith): Promise<Enrolled> {
  const begun = await client.enrol({
    ek: toBase64url(ek.public),
    ekCertificates: ek.certificates.slice(0, MAX_CERTIFICATES).map(toBase64url),
    ak: toBase64url(tpm.ak.public),
    akParent: tpm.ak.parent,
    ...(joinToken !== undefined && { joinToken }),
    ...(replaces !== undefined && { replaces }),
    hints: Object.fromEntries(hints),
  });
  const { enrolment, idObject, encryptedSecret } = readCredential(begun);
  const secret = await tpm.activate(idObject, encryptedSecret);
  const hostKey = tpm.hostKey === null ? undefined : await certifiedHostKey(tpm, tpm.hostKey.public, secret);
  const state = await client.activate(enrolment, {
    secret: toBase64url(secret),
    ...(hostKey !== undefined && { hostKey }),
  });
  return enrolled(state, enrolment) ?? unexpected(state.state);
}

/** The qualifying data holds the secret, so that the certificate is of this enrolment and of no other. */
async function certifiedHostKey(
  tpm: HostTpm,
  area: Uint8Array,
  secret: Uint8Array,
): Promise<{ readonly public: string; readonly attest: string; readonly signature: string }> {
  const rule = new TextEncoder().encode(HOST_KEY_RULE);
  const { attest, signature } = await tpm.certifyHostKey(
    digest('sha256', new ByteWriter().raw(rule).raw(secret).bytes()),
  );
  return { public: toBase64url(area), attest: toBase64url(attest), signature: toBase64url(signature) };
}

/**
 * How an earlier enrolment stands.
 * @returns null when it is over and another one is needed
 * @throws EnrolmentRefused; ProblemResponse
 */
export async function enrolmentNow(client: AgentClient, enrolment: string): Promise<Enrolled | null> {
  return enrolled(await client.enrolment(enrolment), enrolment);
}

function enrolled(answer: EnrolmentState, enrolment: string): Enrolled | null {
  const { state, host } = readEnrolmentState(answer);
  if (state === 'refused') throw new EnrolmentRefused();
  if (state === 'pending') return { host: null, enrolment };
  return state === 'enrolled' && host !== null ? { host, enrolment: null } : null;
}

function unexpected(state: string): never {
  throw new UnexpectedAnswer(`the service answered an activation with the state ${state}`);
}
