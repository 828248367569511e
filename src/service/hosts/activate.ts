/** The TPM's answer to a credential: it proves that EK and AK are in one TPM, and nothing about whose machine that is. */

import type { ActivateRequest, EnrolmentState } from '../../api/agent-schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import { digest, equalBytes } from '../../bytes/hash.ts';
import { ByteWriter } from '../../bytes/writer.ts';
import { fromBase64url, fromHex, toHex } from '../../bytes/text.ts';
import { insertBlob } from '../../store/blobs.ts';
import { countAttempt, countOpen, findEnrolment, proveEnrolment, refuseAttempt } from '../../store/enrolments.ts';
import { checkCertification } from '../../tpm/certify.ts';
import { hostKeyDifferences } from '../../tpm/host-key-template.ts';
import { readAkPin } from '../../tpm/key.ts';
import { publicName } from '../../tpm/names.ts';
import { readPublic2B } from '../../tpm/public.ts';
import { HttpProblem } from '../problem-error.ts';
import { admitByRule, ConflictingHost, recordConflict } from './admit.ts';
import { packRecord, readRecord, type CertifiedKey, type EnrolmentRecord } from './enrolment-record.ts';
import type { HostService } from './host-service.ts';
import { genuineness } from './genuine.ts';

/**
 * Takes the answer. There is one attempt, counted before the answer is looked at; what was expected is said to nobody (attack 93).
 * @throws HttpProblem `enrolment.unknown`, `enrolment.refused`, `enrolment.queue-full`
 */
export async function activate(service: HostService, id: string, request: ActivateRequest): Promise<EnrolmentState> {
  const { store, hostLimits } = service;
  const at = service.now();
  const enrolment = await countAttempt(store.keep, id, at);
  if (enrolment === undefined) {
    throw new HttpProblem('enrolment.unknown', 'no such enrolment waits for an answer');
  }
  const refuse = async (reason: string): Promise<never> => {
    await refuseAttempt(store.keep, id, at, reason);
    throw new HttpProblem('enrolment.refused', reason);
  };
  const secret = decoded(request.secret);
  if (secret === null || !equalBytes(digest('sha256', secret), fromHex(enrolment.secretSha256))) {
    return refuse('the secret is not the one inside the credential');
  }
  const begun = await readRecord(store.read, enrolment);
  const hostKey = request.hostKey ?? null;
  const flaw = hostKey === null ? null : hostKeyFlaw(begun, hostKey, secret);
  if (flaw !== null) return refuse(`the host key: ${flaw}`);
  if ((await countOpen(store.read, 'pending', at)) >= hostLimits.pendingHosts) {
    throw new HttpProblem('enrolment.queue-full', `${hostLimits.pendingHosts} machines wait for a decision`, {
      headers: { 'retry-after': '3600' },
    });
  }

  const record: EnrolmentRecord = { ...begun, proof: { at, hostKey } };
  const blob = await packRecord(record);
  const genuine = await genuineness(service, record, at);
  try {
    return await store.change({ actor: { kind: 'service' }, reason: null, at }, async (change) => {
      await insertBlob(change.keep, blob, at);
      await proveEnrolment(change, id, {
        genuine,
        requestId: blob.id,
        hostKeyName: hostKey === null ? null : nameOfKey(hostKey),
        name: begun.hints['hostname'] ?? null,
        policy: null,
        expiresAt: at + hostLimits.decisionTime,
      });
      const proved = (await findEnrolment(change.read, id))!;
      const host = await admitByRule(change, service.newId, proved, record);
      return { state: host === null ? 'pending' : 'enrolled', host };
    });
  } catch (cause) {
    if (!(cause instanceof ConflictingHost)) throw cause;
    await recordConflict(service, cause, at);
    return refuse(cause.message);
  }
}

/** How an enrolment stands, for the machine that began it: the id is known to nobody else. */
export async function enrolmentState(service: HostService, id: string): Promise<EnrolmentState> {
  const enrolment = await findEnrolment(service.store.read, id);
  if (enrolment === undefined) throw new HttpProblem('enrolment.unknown', 'there is no such enrolment');
  const late = enrolment.expiresAt <= service.now() && ['challenged', 'pending'].includes(enrolment.state);
  return { state: late ? 'expired' : enrolment.state, host: enrolment.hostId };
}

/** What is wrong with a key that is said to be the host's; null: the AK says that it is, for this enrolment. */
function hostKeyFlaw({ ak }: EnrolmentRecord, key: CertifiedKey, secret: Uint8Array): string | null {
  const bound = new ByteWriter().raw(new TextEncoder().encode('assay-host-key-1')).raw(secret).bytes();
  try {
    const { public: object } = readPublic2B(fromBase64url(key.public), 'host-key');
    const [other] = hostKeyDifferences(object);
    if (other !== undefined) return `its ${other.field} is not that of the template`;
    const signed = { attest: fromBase64url(key.attest), signature: fromBase64url(key.signature) };
    const expected = { extraData: digest('sha256', bound), object };
    const { certified, steps } = checkCertification(signed, readAkPin(fromBase64url(ak)), expected);
    if (certified !== undefined) return null;
    return `certified by the AK: ${steps.find(({ answer }) => answer === 'no')?.step ?? 'unknown'}`;
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    return `${cause.code}: ${cause.message}`;
  }
}

function nameOfKey(key: CertifiedKey): string {
  const { public: area, bytes } = readPublic2B(fromBase64url(key.public), 'host-key');
  return toHex(publicName(area, bytes));
}

function decoded(text: string): Uint8Array | null {
  try {
    return fromBase64url(text);
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    return null;
  }
}
