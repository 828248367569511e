/** The beginning of an enrolment: what a host says it is, and a credential that only that TPM can open. */

import type { EnrolRequest, EnrolResponse } from '../../api/agent-schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import { digestHex } from '../../bytes/hash.ts';
import { ekCertificateRefusal } from '../../chain/ek-certificate.ts';
import { fromBase64url, toBase64url, toHex } from '../../bytes/text.ts';
import { beginEnrolment, countOpen } from '../../store/enrolments.ts';
import { insertBlob } from '../../store/blobs.ts';
import { findIdentity } from '../../store/identities.ts';
import { AK_EXPECTED, akAttributes, akFlaws } from '../../tpm/attributes.ts';
import { publicKeyObject } from '../../tpm/key.ts';
import { credentialRandomSize, makeCredential, type MadeCredential } from '../../tpm/make-credential.ts';
import { publicName } from '../../tpm/names.ts';
import { readPublic2B, type TpmtPublic } from '../../tpm/public.ts';
import { HttpProblem } from '../problem-error.ts';
import { packRecord, type EnrolmentRecord } from './enrolment-record.ts';
import type { HostService } from './host-service.ts';

/** A public area that came in a request. */
interface GivenKey {
  readonly area: TpmtPublic;
  readonly name: Uint8Array;
}

/** Bytes of the secret inside the credential: as many as the smallest digest that names an EK has. */
const SECRET_BYTES = 32;

/**
 * Keeps the request and makes the credential. The caller is nobody yet, so this is all that is done for it, and how many may be open
 * at once is bounded.
 * @throws HttpProblem `request.invalid`, `enrolment.key`, `enrolment.retired`, `enrolment.queue-full`
 */
export async function enrol(service: HostService, request: EnrolRequest): Promise<EnrolResponse> {
  const { store, hostLimits: limits } = service;
  const at = service.now();
  const ek = readKey(request.ek, '/ek');
  const ak = readKey(request.ak, '/ak');
  refuseUnfitAk(ak);
  const certificates = request.ekCertificates.map((text, i) => decode(text, `/ekCertificates/${i}`));
  refuseOthersCertificate(ek, certificates[0]);

  const known = await findIdentity(store.read, { kind: 'ek-name', value: toHex(ek.name) });
  if (known?.state === 'retired') {
    throw new HttpProblem('enrolment.retired', 'the EK belongs to a host that was taken out of service');
  }
  if ((await countOpen(store.read, 'challenged', at)) >= limits.openEnrolments) {
    const headers = { 'retry-after': String(Math.ceil(limits.enrolmentTime / 1000)) };
    throw new HttpProblem('enrolment.queue-full', `${limits.openEnrolments} enrolments are open`, { headers });
  }

  const secret = service.random(SECRET_BYTES);
  const credential = credentialFor(ek, ak, secret, service.random);
  const record: EnrolmentRecord = {
    schema: 'assay.enrolment/1',
    ek: request.ek,
    ekCertificates: request.ekCertificates,
    ak: request.ak,
    akParent: request.akParent,
    joinTokenSha256: request.joinToken === undefined ? null : joinTokenDigest(request.joinToken),
    replaces: request.replaces ?? null,
    hints: request.hints ?? {},
    proof: null,
  };
  const blob = await packRecord(record);
  await insertBlob(store.keep, blob, at);
  const id = service.newId();
  const expiresAt = at + limits.enrolmentTime;
  await beginEnrolment(store.keep, {
    id,
    createdAt: at,
    expiresAt,
    secretSha256: digestHex('sha256', secret),
    requestId: blob.id,
    ekName: toHex(ek.name),
    ekSpkiSha256: spkiDigest(ek.area),
    akName: toHex(ak.name),
  });
  return {
    enrolment: id,
    credential: { idObject: toBase64url(credential.credentialBlob), encryptedSecret: toBase64url(credential.secret) },
    expiresAt: new Date(expiresAt).toISOString(),
  };
}

/** How a join token is looked up: the database has no token's text. */
export function joinTokenDigest(text: string): string {
  return digestHex('sha256', new TextEncoder().encode(text));
}

/** SHA-256 of the key's SubjectPublicKeyInfo, hexadecimal: what operators find in lists of their vendor. */
export function spkiDigest(area: TpmtPublic): string {
  return digestHex('sha256', publicKeyObject(area).export({ type: 'spki', format: 'der' }));
}

function readKey(text: string, pointer: string): GivenKey {
  try {
    const { public: area, bytes } = readPublic2B(decode(text, pointer), pointer.slice(1));
    // Proves that the key is one, before anything rests on it.
    publicKeyObject(area);
    return { area, name: publicName(area, bytes) };
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw new HttpProblem('enrolment.key', `${pointer.slice(1)}: ${cause.code}: ${cause.message}`);
  }
}

function decode(text: string, pointer: string): Uint8Array {
  try {
    return fromBase64url(text);
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    const detail = cause.message;
    throw new HttpProblem('request.invalid', `${pointer.slice(1)}: ${detail}`, { errors: [{ pointer, detail }] });
  }
}

/** Refused here already, since no evidence signed by such a key could ever be trusted. */
function refuseUnfitAk({ area }: GivenKey): void {
  const flaws = akFlaws(akAttributes(area));
  if (flaws.length === 0) return;
  throw new HttpProblem('enrolment.key', `ak: ${flaws.join(', ')}; an attestation key is ${AK_EXPECTED}`);
}

/** A certificate that is there has to be this EK's (attack 96); whether anybody trusts it is judged at every attestation. */
function refuseOthersCertificate({ area }: GivenKey, certificate: Uint8Array | undefined): void {
  if (certificate === undefined) return;
  const refusal = ekCertificateRefusal(area, certificate);
  if (refusal !== null) throw new HttpProblem('enrolment.certificate', `${refusal.code}: ${refusal.message}`);
}

function credentialFor(ek: GivenKey, ak: GivenKey, secret: Uint8Array, random: HostService['random']): MadeCredential {
  try {
    return makeCredential(ek.area, ak.name, secret, random(credentialRandomSize(ek.area)));
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw new HttpProblem('enrolment.key', `ek: ${cause.code}: ${cause.message}`);
  }
}
