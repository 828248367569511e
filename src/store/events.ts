/** The record of changes: who changed what, when and why. Rows are only ever added, numbered without a gap. */

import type { Transaction } from 'kysely';
import type { Json } from '../bytes/json.ts';
import type { Reader, Tables } from './schema.ts';

/** Who caused a change. */
export type Actor =
  | { readonly kind: 'token'; readonly id: string }
  | { readonly kind: 'host'; readonly id: string }
  /** the service of itself, as at its first start */
  | { readonly kind: 'service' }
  /** a command on the database itself, of whoever may read its file or its address */
  | { readonly kind: 'command-line' };

/** `token:<id>`, `host:<id>`, `service`, `command-line`: as stored and shown. */
export function actorText(actor: Actor): string {
  return 'id' in actor ? `${actor.kind}:${actor.id}` : actor.kind;
}

/** Who changes something, why, and when. */
export interface Cause {
  readonly actor: Actor;
  /** in the words of whoever decided; null where nobody was asked */
  readonly reason: string | null;
  /** epoch milliseconds */
  readonly at: number;
}

/** What can be done to what. */
export const EVENT_ACTIONS = [
  'token.created',
  'token.revoked',
  'host.created',
  'host.changed',
  'host.retired',
  'host.identity-added',
  'host.identity-retired',
  'host.key-added',
  'host.key-retired',
  'host.claim-refused',
  'host.tpm-cleared',
  'host.verdict-changed',
  'host.standing-voided',
  'enrolment.proved',
  'enrolment.decided',
  'enrolment.claim-refused',
  'ek-pin.added',
  'ek-pin.removed',
  'join-token.created',
  'join-token.used',
  'join-token.revoked',
  'trust-root.added',
  'trust-root.removed',
  'crl.added',
  'crl.removed',
  'setting.changed',
] as const;
export type EventAction = (typeof EVENT_ACTIONS)[number];

/** What an event is about. Its kind is the first word of the action. */
export interface NewEvent {
  readonly action: EventAction;
  /** id of the subject */
  readonly subject: string;
  /** what changed to what; no secret, and nothing large */
  readonly detail: { readonly [key: string]: Json };
}

export interface Event {
  /** counts from 1 */
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly reason: string | null;
  readonly detail: { readonly [key: string]: Json };
}

/** Adds the events of one change. Its writer alone is at work, so the next number is free. */
export async function appendEvents(
  transaction: Transaction<Tables>,
  cause: Cause,
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const { last } = await transaction
    .selectFrom('events')
    .select(({ fn }) => fn.max('seq').as('last'))
    .executeTakeFirstOrThrow();
  await transaction
    .insertInto('events')
    .values(
      events.map(({ action, subject, detail }, index) => ({
        seq: (last ?? 0) + 1 + index,
        at: cause.at,
        actor: actorText(cause.actor),
        action,
        subject_kind: action.slice(0, action.indexOf('.')),
        subject_id: subject,
        reason: cause.reason,
        detail: JSON.stringify(detail),
      })),
    )
    .execute();
}

export interface EventQuery {
  /** events after this number */
  readonly after?: number;
  readonly subject?: { readonly kind: string; readonly id: string };
  /** most events to give */
  readonly limit: number;
}

/** Events in the order of their numbers. */
export async function listEvents(reader: Reader, { after = 0, subject, limit }: EventQuery): Promise<Event[]> {
  let query = reader.selectFrom('events').selectAll().where('seq', '>', after).orderBy('seq').limit(limit);
  if (subject !== undefined) {
    query = query.where('subject_kind', '=', subject.kind).where('subject_id', '=', subject.id);
  }
  const rows = await query.execute();
  return rows.map(({ seq, at, actor, action, subject_kind, subject_id, reason, detail }) => ({
    seq,
    at,
    actor,
    action,
    subject: { kind: subject_kind, id: subject_id },
    reason,
    detail: JSON.parse(detail) as Event['detail'],
  }));
}
