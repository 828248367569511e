/** Whose machine it is: the one place where a host comes to be, by a rule the operator laid down before or by an operator's word. */

import { contentId } from '../../bytes/hash.ts';
import { fromBase64url, toHex } from '../../bytes/text.ts';
import { insertBlob, packBlob } from '../../store/blobs.ts';
import { voidStanding } from '../../store/appraisals.ts';
import type { Change } from '../../store/change.ts';
import { findEkPin } from '../../store/ek-pins.ts';
import { decideEnrolment, enrolmentOfHost, type Enrolment } from '../../store/enrolments.ts';
import { addHostKey } from '../../store/host-keys.ts';
import { createHost, findHost } from '../../store/hosts.ts';
import { addIdentity, findIdentity, identitiesOf, retireIdentity, type Identity } from '../../store/identities.ts';
import { consumeJoinToken } from '../../store/join-tokens.ts';
import type { OursBasis } from '../../store/schema.ts';
import { publicName } from '../../tpm/names.ts';
import { readPublic2B } from '../../tpm/public.ts';
import type { EnrolmentRecord } from './enrolment-record.ts';
import type { HostService } from './host-service.ts';

/** A key of the enrolment belongs to another host. */
export class ConflictingHost extends Error {
  override readonly name = 'ConflictingHost';
  readonly host: string;
  readonly enrolment: string;
  readonly what: string;

  constructor(host: string, enrolment: string, what: string) {
    super(`the ${what} belongs to another host`);
    this.host = host;
    this.enrolment = enrolment;
    this.what = what;
  }
}

interface Admission {
  readonly ours: OursBasis;
  readonly oursId: string | null;
  readonly name: string;
  readonly policy: string | null;
}

/**
 * Admits a proved machine by a rule: it is a host already, its EK is pinned, or it showed a join token.
 * @returns the host; null when an operator has to decide
 * @throws ConflictingHost
 */
export async function admitByRule(
  change: Change,
  newId: () => string,
  enrolment: Enrolment,
  record: EnrolmentRecord,
): Promise<string | null> {
  const known = await findIdentity(change.read, { kind: 'ek-name', value: enrolment.ekName });
  if (known !== undefined) {
    if (known.state === 'retired') throw new ConflictingHost(known.hostId, enrolment.id, 'retired EK');
    const host = (await findHost(change.read, known.hostId))!;
    const before = await enrolmentOfHost(change.read, host.id);
    if (before === undefined || before.ours === null) throw new Error(`host ${host.id} was never admitted`);
    const { ours, oursId } = before;
    const admission = { ours, oursId, name: host.name, policy: host.policy };
    return admit(change, { enrolment, record, hostId: host.id, admission });
  }
  const admission = await ruleFor(change, enrolment, record);
  if (admission === null) return null;
  return admitNew(change, newId, enrolment, record, admission);
}

async function ruleFor(change: Change, enrolment: Enrolment, record: EnrolmentRecord): Promise<Admission | null> {
  const { ekName, ekSpkiSha256 } = enrolment;
  const pin =
    (await findEkPin(change.read, 'ek-name', ekName)) ??
    (ekSpkiSha256 === null ? undefined : await findEkPin(change.read, 'ek-spki-sha256', ekSpkiSha256));
  if (pin !== undefined) return { ours: 'ek-pin', oursId: pin.id, name: pin.name, policy: pin.policy };
  if (record.joinTokenSha256 === null) return null;
  const token = await consumeJoinToken(change, record.joinTokenSha256);
  if (token === undefined) return null;
  const name = record.hints['hostname'] ?? token.name;
  return { ours: 'join-token', oursId: token.id, name, policy: token.policy };
}

/** Makes a host of a machine that is none yet. */
export async function admitNew(
  change: Change,
  newId: () => string,
  enrolment: Enrolment,
  record: EnrolmentRecord,
  admission: Admission,
): Promise<string> {
  const hostId = newId();
  await createHost(change, { id: hostId, name: admission.name, policy: admission.policy, state: 'active' });
  return admit(change, { enrolment, record, hostId, admission });
}

/**
 * Gives an existing host the EK of an enrolment, as after an exchange of the board. What it was known by before stays its own and
 * serves no more.
 */
export async function admitAsReplacement(
  change: Change,
  enrolment: Enrolment,
  record: EnrolmentRecord,
  hostId: string,
  admission: Admission,
): Promise<string> {
  for (const identity of await identitiesOf(change.read, hostId)) await retireIdentity(change, hostId, identity);
  await voidStanding(change, hostId, 'another EK took the place of its own');
  return admit(change, { enrolment, record, hostId, admission });
}

interface Admitting {
  readonly enrolment: Enrolment;
  readonly record: EnrolmentRecord;
  readonly hostId: string;
  readonly admission: Admission;
}

async function admit(change: Change, admitting: Admitting): Promise<string> {
  const { enrolment, record, hostId, admission } = admitting;
  const { ekName, ekSpkiSha256, akName, id } = enrolment;
  const identities: readonly (readonly [string, Identity])[] = [
    ['EK', { kind: 'ek-name', value: ekName }],
    ...(ekSpkiSha256 === null ? [] : [['EK', { kind: 'ek-spki-sha256', value: ekSpkiSha256 }] as const]),
  ];
  for (const [what, identity] of identities) {
    const owner = await addIdentity(change, hostId, identity);
    if (owner !== hostId) throw new ConflictingHost(owner, id, what);
  }
  const ak = await keepPublic(change, record.ak);
  const { akParent: parent } = record;
  const owner = await addHostKey(change, {
    name: akName,
    hostId,
    role: 'ak',
    publicAreaId: ak,
    parent,
    certification: null,
  });
  if (owner !== hostId) throw new ConflictingHost(owner ?? hostId, id, 'AK');
  const before = await enrolmentOfHost(change.read, hostId);
  if (before !== undefined && before.akName !== akName) {
    await voidStanding(change, hostId, 'another AK took the place of its own');
  }
  await addCertifiedKey(change, admitting);
  await decideEnrolment(change, id, { state: 'enrolled', hostId, ...admission });
  return hostId;
}

async function addCertifiedKey(change: Change, { enrolment, record, hostId }: Admitting): Promise<void> {
  const key = record.proof?.hostKey ?? null;
  if (key === null) return;
  const { public: area, bytes } = readPublic2B(fromBase64url(key.public), 'host-key');
  const [infoId, signatureId] = [await keep(change, key.attest), await keep(change, key.signature)];
  const owner = await addHostKey(change, {
    name: toHex(publicName(area, bytes)),
    hostId,
    role: 'host-key',
    publicAreaId: await keepPublic(change, key.public),
    parent: 'endorsement',
    certification: { infoId, signatureId, by: enrolment.akName },
  });
  if (owner !== hostId) throw new ConflictingHost(owner ?? hostId, enrolment.id, 'host key');
}

/** Keeps a TPM2B_PUBLIC as the TPMT_PUBLIC inside it. */
async function keepPublic(change: Change, text: string): Promise<string> {
  return keepBytes(change, readPublic2B(fromBase64url(text), 'public').bytes);
}

async function keep(change: Change, text: string): Promise<string> {
  return keepBytes(change, fromBase64url(text));
}

async function keepBytes(change: Change, bytes: Uint8Array): Promise<string> {
  await insertBlob(change.keep, await packBlob(bytes), change.at);
  return contentId(bytes);
}

/** Says on both sides that a key of one host was brought by a machine that is not it. */
export async function recordConflict({ store }: HostService, conflict: ConflictingHost, at: number): Promise<void> {
  const { host, enrolment, what } = conflict;
  await store.change({ actor: { kind: 'service' }, reason: null, at }, async (change) => {
    change.note({ action: 'host.claim-refused', subject: host, detail: { enrolment, what } });
    change.note({ action: 'enrolment.claim-refused', subject: enrolment, detail: { host, what } });
  });
}
