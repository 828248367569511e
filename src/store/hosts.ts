/** Hosts: what the operator calls them, what they are judged by, and how they stood when last appraised. */

import type { Change } from './change.ts';
import type { HostState, Reader } from './schema.ts';

export interface Host {
  /** UUIDv7, given at enrolment */
  readonly id: string;
  /** the operator's label; no two hosts need to differ in it, and nothing is decided by it */
  readonly name: string;
  /** name of the policy that applies; without one nothing is trusted */
  readonly policy: string | null;
  readonly state: HostState;
  readonly createdAt: number;
  readonly retiredAt: number | null;
  /** null: never appraised */
  readonly last: LastAppraisal | null;
}

/** What the standing of a host follows from, together with the time and the state of the host. */
export interface LastAppraisal {
  readonly appraisalId: string;
  readonly verdict: 'trusted' | 'untrusted' | 'unproven';
  readonly weakestLink: string | null;
  readonly at: number;
  readonly attestedUntilAt: number | null;
  /** key and boot the verdict is of */
  readonly akName: string | null;
  readonly resetCount: number | null;
  /** something it rested on was taken back, or a newer boot was seen */
  readonly voidedAt: number | null;
  readonly voidedReason: string | null;
}

export interface NewHost {
  readonly id: string;
  readonly name: string;
  readonly policy: string | null;
  readonly state: Exclude<HostState, 'retired'>;
}

export async function createHost(change: Change, { id, name, policy, state }: NewHost): Promise<void> {
  await change.record({ action: 'host.created', subject: id, detail: { name, policy, state } }, (recorder) =>
    recorder.insertInto('hosts').values({ id, name, policy, state, created_at: change.at, retired_at: null }).execute(),
  );
}

/** What an operator may change of a host; what is left out stays. */
export interface HostChanges {
  readonly name?: string;
  readonly policy?: string | null;
  readonly state?: 'active';
}

/**
 * Changes a host that is not retired.
 * @returns whether there is one
 */
export async function changeHost(change: Change, id: string, changes: HostChanges): Promise<boolean> {
  if (!(await isInService(change.read, id))) return false;
  await change.record({ action: 'host.changed', subject: id, detail: { ...changes } }, (recorder) =>
    recorder.updateTable('hosts').set(changes).where('id', '=', id).execute(),
  );
  return true;
}

/**
 * Takes a host out of service, with its identities and keys: they stay known, and stay its own.
 * @returns whether there was one in service
 */
export async function retireHost(change: Change, id: string): Promise<boolean> {
  if (!(await isInService(change.read, id))) return false;
  const { at } = change;
  await change.record({ action: 'host.retired', subject: id, detail: {} }, async (recorder) => {
    await recorder.updateTable('hosts').set({ state: 'retired', retired_at: at }).where('id', '=', id).execute();
    await recorder
      .updateTable('host_identities')
      .set({ state: 'retired', until_at: at })
      .where('host_id', '=', id)
      .where('state', '=', 'active')
      .execute();
    await recorder
      .updateTable('host_keys')
      .set({ retired_at: at })
      .where('host_id', '=', id)
      .where('retired_at', 'is', null)
      .execute();
  });
  return true;
}

async function isInService(reader: Reader, id: string): Promise<boolean> {
  const host = await reader.selectFrom('hosts').select('state').where('id', '=', id).executeTakeFirst();
  return host !== undefined && host.state !== 'retired';
}

export async function findHost(reader: Reader, id: string): Promise<Host | undefined> {
  const row = await selectHosts(reader).where('hosts.id', '=', id).executeTakeFirst();
  return row && toHost(row);
}

export interface HostQuery {
  /** hosts whose id comes after this one */
  readonly after?: string;
  readonly state?: HostState;
  /** most hosts to give */
  readonly limit: number;
}

/** Hosts in the order they were enrolled. */
export async function listHosts(reader: Reader, { after, state, limit }: HostQuery): Promise<Host[]> {
  let query = selectHosts(reader).orderBy('hosts.id').limit(limit);
  if (after !== undefined) query = query.where('hosts.id', '>', after);
  if (state !== undefined) query = query.where('hosts.state', '=', state);
  return (await query.execute()).map(toHost);
}

/** Hosts that may be relied on at a time, with the policy of each: those who lose by what is taken back. */
export function trustedHosts(reader: Reader, at: number): Promise<Pick<Host, 'id' | 'policy'>[]> {
  return reader
    .selectFrom('hosts')
    .innerJoin('standings', 'standings.host_id', 'hosts.id')
    .select(['hosts.id', 'hosts.policy'])
    .where('hosts.state', '=', 'active')
    .where('last_verdict', '=', 'trusted')
    .where('voided_at', 'is', null)
    .where('attested_until_at', '>', at)
    .orderBy('hosts.id')
    .execute();
}

function selectHosts(reader: Reader) {
  return reader
    .selectFrom('hosts')
    .leftJoin('standings', 'standings.host_id', 'hosts.id')
    .select(['id', 'name', 'policy', 'state', 'created_at', 'retired_at'])
    .select(['last_appraisal_id', 'last_verdict', 'weakest_link', 'appraised_at', 'attested_until_at'])
    .select(['ak_name', 'reset_count', 'voided_at', 'voided_reason']);
}

type HostRow = Awaited<ReturnType<ReturnType<typeof selectHosts>['executeTakeFirstOrThrow']>>;

function toHost(row: HostRow): Host {
  const { id, name, policy, state, created_at: createdAt, retired_at: retiredAt } = row;
  return { id, name, policy, state, createdAt, retiredAt, last: lastAppraisal(row) };
}

function lastAppraisal(row: HostRow): LastAppraisal | null {
  const { last_appraisal_id: appraisalId, last_verdict: verdict, appraised_at: at } = row;
  if (appraisalId === null || verdict === null || at === null) return null;
  return {
    appraisalId,
    verdict,
    weakestLink: row.weakest_link,
    at,
    attestedUntilAt: row.attested_until_at,
    akName: row.ak_name,
    resetCount: row.reset_count,
    voidedAt: row.voided_at,
    voidedReason: row.voided_reason,
  };
}
