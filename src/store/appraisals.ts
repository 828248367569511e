/** Appraisals, kept as they were made, and what follows from the last one of each host. */

import type { Change } from './change.ts';
import type { Reader } from './schema.ts';

export interface Appraisal {
  readonly id: string;
  readonly hostId: string;
  /** evidence time */
  readonly at: number;
  readonly verdict: 'trusted' | 'untrusted' | 'unproven';
  readonly weakestLink: string | null;
  readonly policyId: string;
  /** blobs: what was judged, and the appraisal document */
  readonly inputId: string;
  readonly documentId: string;
  /** the signed result */
  readonly token: string | null;
  readonly attestedUntilAt: number | null;
  /** key and boot that it is of, when link 1 said whose the quote is */
  readonly akName: string | null;
  readonly resetCount: number | null;
}

/**
 * Keeps an appraisal, and makes it the host's last unless a later one is there. It is recorded as an event only when the verdict is
 * another than before: a fleet is appraised all day.
 */
export async function recordAppraisal(change: Change, appraisal: Appraisal): Promise<void> {
  const { id, hostId, at, verdict, weakestLink, attestedUntilAt, akName, resetCount } = appraisal;
  await change.keep
    .insertInto('appraisals')
    .values({
      id,
      host_id: hostId,
      at,
      verdict,
      weakest_link: weakestLink,
      policy_id: appraisal.policyId,
      input_id: appraisal.inputId,
      document_id: appraisal.documentId,
      token: appraisal.token,
      attested_until_at: attestedUntilAt,
      ak_name: akName,
      reset_count: resetCount,
    })
    .execute();
  const before = await change.read
    .selectFrom('standings')
    .select(['last_verdict', 'appraised_at'])
    .where('host_id', '=', hostId)
    .executeTakeFirst();
  if (before !== undefined && before.appraised_at > at) return;
  const standing = {
    last_appraisal_id: id,
    last_verdict: verdict,
    weakest_link: weakestLink,
    appraised_at: at,
    attested_until_at: attestedUntilAt,
    ak_name: akName,
    reset_count: resetCount,
    voided_at: null,
    voided_reason: null,
  };
  await change.keep
    .insertInto('standings')
    .values({ host_id: hostId, ...standing })
    .onConflict((conflict) => conflict.column('host_id').doUpdateSet(standing))
    .execute();
  if (before?.last_verdict === verdict) return;
  const detail = { from: before?.last_verdict ?? null, to: verdict, weakestLink, appraisal: id };
  change.note({ action: 'host.verdict-changed', subject: hostId, detail });
}

/**
 * Takes back what a host stands on: a newer boot was seen, or something the verdict rested on was revoked. The verdict itself stays.
 * @returns whether there was something to take back
 */
export async function voidStanding(change: Change, hostId: string, why: string): Promise<boolean> {
  const standing = await change.read
    .selectFrom('standings')
    .select('voided_at')
    .where('host_id', '=', hostId)
    .executeTakeFirst();
  if (standing === undefined || standing.voided_at !== null) return false;
  await change.keep
    .updateTable('standings')
    .set({ voided_at: change.at, voided_reason: why })
    .where('host_id', '=', hostId)
    .execute();
  change.note({ action: 'host.standing-voided', subject: hostId, detail: { why } });
  return true;
}

export function findAppraisal(reader: Reader, id: string): Promise<Appraisal | undefined> {
  return selectAppraisals(reader).where('id', '=', id).executeTakeFirst();
}

export interface AppraisalQuery {
  readonly hostId: string;
  /** appraisals whose id comes before this one */
  readonly before?: string;
  readonly limit: number;
}

/** Appraisals of a host, the newest first. */
export function listAppraisals(reader: Reader, { hostId, before, limit }: AppraisalQuery): Promise<Appraisal[]> {
  const query = selectAppraisals(reader).where('host_id', '=', hostId).orderBy('id', 'desc').limit(limit);
  return (before === undefined ? query : query.where('id', '<', before)).execute();
}

function selectAppraisals(reader: Reader) {
  return reader
    .selectFrom('appraisals')
    .select(['id', 'host_id as hostId', 'at', 'verdict', 'weakest_link as weakestLink', 'policy_id as policyId'])
    .select(['input_id as inputId', 'document_id as documentId', 'token', 'attested_until_at as attestedUntilAt'])
    .select(['ak_name as akName', 'reset_count as resetCount']);
}
