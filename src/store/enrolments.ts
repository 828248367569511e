/**
 * Enrolments: from the challenge that a host is given to the decision about it. Anybody may begin one, so what nobody has proved yet
 * is kept without an event and goes when it expires.
 */

import type { Json } from '../bytes/json.ts';
import type { Change } from './change.ts';
import type { EnrolmentState, Keeper, OursBasis, Reader, Tables } from './schema.ts';
import type { Selectable } from 'kysely';

export interface Enrolment {
  readonly id: string;
  readonly state: EnrolmentState;
  readonly createdAt: number;
  /** the challenge is not answered after this; nor is the decision waited for */
  readonly expiresAt: number;
  /** digest of what the TPM must give back */
  readonly secretSha256: string;
  /** answers to the challenge so far */
  readonly attempts: number;
  /** blob: what the host sent, with its answer once it is proved */
  readonly requestId: string;
  /** as the host claims them, until it answered */
  readonly ekName: string;
  readonly ekSpkiSha256: string | null;
  readonly akName: string;
  readonly hostKeyName: string | null;
  /** how the EK is genuine, as the service found it */
  readonly genuine: Json;
  /** why the host is ours, and the id of the pin or join token that says so */
  readonly ours: OursBasis | null;
  readonly oursId: string | null;
  /** label and policy that it will have or has */
  readonly name: string | null;
  readonly policy: string | null;
  /** the host it made, or belongs to */
  readonly hostId: string | null;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  readonly reason: string | null;
}

/** What an enrolment begins with. */
export type NewEnrolment = Pick<
  Enrolment,
  'id' | 'createdAt' | 'expiresAt' | 'secretSha256' | 'requestId' | 'ekName' | 'ekSpkiSha256' | 'akName'
>;

/** Keeps an enrolment whose challenge was given out. */
export async function beginEnrolment(keeper: Keeper, enrolment: NewEnrolment): Promise<void> {
  await keeper
    .insertInto('enrolments')
    .values({
      id: enrolment.id,
      state: 'challenged',
      created_at: enrolment.createdAt,
      expires_at: enrolment.expiresAt,
      secret_sha256: enrolment.secretSha256,
      attempts: 0,
      request_id: enrolment.requestId,
      ek_name: enrolment.ekName,
      ek_spki_sha256: enrolment.ekSpkiSha256,
      ak_name: enrolment.akName,
      host_key_name: null,
      genuine: null,
      ours: null,
      ours_id: null,
      name: null,
      policy: null,
      host_id: null,
      decided_by: null,
      decided_at: null,
      reason: null,
    })
    .execute();
}

/**
 * Counts an answer to the challenge, before the answer is looked at: one attempt is all there is.
 * @param at epoch milliseconds
 * @returns the enrolment, when this is its first answer and in time
 */
export async function countAttempt(keeper: Keeper, id: string, at: number): Promise<Enrolment | undefined> {
  const row = await keeper
    .updateTable('enrolments')
    .set({ attempts: 1 })
    .where('id', '=', id)
    .where('state', '=', 'challenged')
    .where('attempts', '=', 0)
    .where('expires_at', '>', at)
    .returningAll()
    .executeTakeFirst();
  return row && toEnrolment(row);
}

/** Ends an enrolment whose answer was wrong. */
export async function refuseAttempt(keeper: Keeper, id: string, at: number, reason: string): Promise<void> {
  await keeper
    .updateTable('enrolments')
    .set({ state: 'refused', decided_by: 'service', decided_at: at, reason })
    .where('id', '=', id)
    .where('state', '=', 'challenged')
    .execute();
}

/** What was found when the TPM had answered. */
export interface Proof {
  /** blob: what the host sent, with its answer */
  readonly requestId: string;
  /** name of the signing key that came with the answer */
  readonly hostKeyName: string | null;
  readonly genuine: { readonly [key: string]: Json };
  readonly name: string | null;
  readonly policy: string | null;
  /** until when a decision is waited for */
  readonly expiresAt: number;
}

/**
 * Notes that the TPM answered: the keys are where the host says, and only the decision is missing.
 * @returns whether the enrolment was waiting for this
 */
export async function proveEnrolment(change: Change, id: string, proof: Proof): Promise<boolean> {
  const enrolment = await findEnrolment(change.read, id);
  if (enrolment?.state !== 'challenged' || enrolment.attempts !== 1) return false;
  const { genuine, name, policy, expiresAt, requestId, hostKeyName } = proof;
  const detail = { ekName: enrolment.ekName, akName: enrolment.akName };
  await change.record({ action: 'enrolment.proved', subject: id, detail }, (recorder) =>
    recorder
      .updateTable('enrolments')
      .set({
        state: 'pending',
        genuine: JSON.stringify(genuine),
        name,
        policy,
        expires_at: expiresAt,
        request_id: requestId,
        host_key_name: hostKeyName,
      })
      .where('id', '=', id)
      .execute(),
  );
  return true;
}

/** A decision, by a pin, a join token or a person. */
export type Decision =
  | {
      readonly state: 'enrolled';
      readonly hostId: string;
      readonly ours: OursBasis;
      readonly oursId: string | null;
      readonly name: string;
      readonly policy: string | null;
    }
  | { readonly state: 'refused' };

/**
 * Decides an enrolment that was proved and has not expired; its reason is that of the change.
 * @returns whether there was one to decide
 */
export async function decideEnrolment(change: Change, id: string, decision: Decision): Promise<boolean> {
  const enrolment = await findEnrolment(change.read, id);
  if (enrolment?.state !== 'pending' || enrolment.expiresAt <= change.at) return false;
  const { state } = decision;
  const result =
    decision.state === 'enrolled'
      ? {
          host_id: decision.hostId,
          ours: decision.ours,
          ours_id: decision.oursId,
          name: decision.name,
          policy: decision.policy,
        }
      : {};
  await change.record({ action: 'enrolment.decided', subject: id, detail: { ...decision } }, (recorder) =>
    recorder
      .updateTable('enrolments')
      .set({ state, decided_by: change.by, decided_at: change.at, reason: change.reason, ...result })
      .where('id', '=', id)
      .execute(),
  );
  return true;
}

/** Marks what was not answered or decided in time. */
export async function expireEnrolments(keeper: Keeper, at: number): Promise<void> {
  await keeper
    .updateTable('enrolments')
    .set({ state: 'expired', decided_by: 'service', decided_at: at })
    .where('state', 'in', ['challenged', 'pending'])
    .where('expires_at', '<=', at)
    .execute();
}

/** Takes out what never got anywhere and ended before a time, so that strangers do not fill the disk (attack 115). */
export async function forgetEnrolments(keeper: Keeper, before: number): Promise<void> {
  await keeper
    .deleteFrom('enrolments')
    .where('state', 'in', ['refused', 'expired'])
    .where('genuine', 'is', null)
    .where('expires_at', '<', before)
    .execute();
}

export async function findEnrolment(reader: Reader, id: string): Promise<Enrolment | undefined> {
  const row = await reader.selectFrom('enrolments').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toEnrolment(row);
}

/** The enrolment of a host that was decided last: the keys it attests with now. */
export async function enrolmentOfHost(reader: Reader, hostId: string): Promise<Enrolment | undefined> {
  const row = await reader
    .selectFrom('enrolments')
    .selectAll()
    .where('host_id', '=', hostId)
    .where('state', '=', 'enrolled')
    .orderBy('decided_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toEnrolment(row);
}

export interface EnrolmentQuery {
  readonly state: EnrolmentState;
  /** enrolments whose id comes after this one */
  readonly after?: string;
  readonly limit: number;
}

/** Enrolments in one state, in the order they began. */
export async function listEnrolments(reader: Reader, { state, after, limit }: EnrolmentQuery): Promise<Enrolment[]> {
  let query = reader.selectFrom('enrolments').selectAll().where('state', '=', state).orderBy('id').limit(limit);
  if (after !== undefined) query = query.where('id', '>', after);
  return (await query.execute()).map(toEnrolment);
}

/**
 * How many enrolments wait for an answer or a decision; the caller bounds them.
 * @param at epoch milliseconds: those past their time do not count
 */
export async function countOpen(reader: Reader, state: 'challenged' | 'pending', at: number): Promise<number> {
  const { count } = await reader
    .selectFrom('enrolments')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', state)
    .where('expires_at', '>', at)
    .executeTakeFirstOrThrow();
  return count;
}

function toEnrolment(row: Selectable<Tables['enrolments']>): Enrolment {
  return {
    id: row.id,
    state: row.state,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    secretSha256: row.secret_sha256,
    attempts: row.attempts,
    requestId: row.request_id,
    ekName: row.ek_name,
    ekSpkiSha256: row.ek_spki_sha256,
    akName: row.ak_name,
    hostKeyName: row.host_key_name,
    genuine: row.genuine === null ? null : (JSON.parse(row.genuine) as Json),
    ours: row.ours,
    oursId: row.ours_id,
    name: row.name,
    policy: row.policy,
    hostId: row.host_id,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    reason: row.reason,
  };
}
