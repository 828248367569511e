/** Certificates of TPM makers that the operator believes, and the revocation lists beside them. Their bytes are blobs. */

import type { Change } from './change.ts';
import type { Reader, RootClass } from './schema.ts';

export interface TrustRoot {
  /** blob: the certificate in DER */
  readonly certificateId: string;
  readonly class: RootClass;
  readonly name: string;
  readonly addedBy: string;
  readonly addedAt: number;
}

export type NewTrustRoot = Pick<TrustRoot, 'certificateId' | 'class' | 'name'>;

/**
 * Adds a root, or brings back one that was removed.
 * @returns whether it was not there
 */
export async function addTrustRoot(change: Change, root: NewTrustRoot): Promise<boolean> {
  const { certificateId, name } = root;
  if ((await findTrustRoot(change.read, certificateId)) !== undefined) return false;
  const row = {
    class: root.class,
    name,
    added_by: change.by,
    added_at: change.at,
    removed_by: null,
    removed_at: null,
  };
  const detail = { class: root.class, name };
  await change.record({ action: 'trust-root.added', subject: certificateId, detail }, (recorder) =>
    recorder
      .insertInto('trust_roots')
      .values({ certificate_id: certificateId, ...row })
      .onConflict((conflict) => conflict.column('certificate_id').doUpdateSet(row))
      .execute(),
  );
  return true;
}

/** @returns whether there was one */
export async function removeTrustRoot(change: Change, certificateId: string): Promise<boolean> {
  const root = await findTrustRoot(change.read, certificateId);
  if (root === undefined) return false;
  const detail = { class: root.class, name: root.name };
  await change.record({ action: 'trust-root.removed', subject: certificateId, detail }, (recorder) =>
    recorder
      .updateTable('trust_roots')
      .set({ removed_by: change.by, removed_at: change.at })
      .where('certificate_id', '=', certificateId)
      .execute(),
  );
  return true;
}

export function findTrustRoot(reader: Reader, certificateId: string): Promise<TrustRoot | undefined> {
  return selectRoots(reader).where('certificate_id', '=', certificateId).executeTakeFirst();
}

/** Roots that are believed now. */
export function listTrustRoots(reader: Reader): Promise<TrustRoot[]> {
  return selectRoots(reader).orderBy('name').orderBy('certificate_id').execute();
}

function selectRoots(reader: Reader) {
  return reader
    .selectFrom('trust_roots')
    .select(['certificate_id as certificateId', 'class', 'name', 'added_by as addedBy', 'added_at as addedAt'])
    .where('removed_at', 'is', null);
}

export interface Crl {
  /** blob: the list in DER */
  readonly crlId: string;
  /** SHA-256 of the issuer's name, as names are compared */
  readonly issuerSha256: string;
  readonly thisUpdateAt: number;
  readonly nextUpdateAt: number | null;
  readonly addedBy: string;
  readonly addedAt: number;
}

export type NewCrl = Omit<Crl, 'addedBy' | 'addedAt'>;

/** @returns whether it was not there */
export async function addCrl(change: Change, crl: NewCrl): Promise<boolean> {
  const { crlId, issuerSha256, thisUpdateAt, nextUpdateAt } = crl;
  const present = await change.read.selectFrom('crls').select('crl_id').where('crl_id', '=', crlId).executeTakeFirst();
  if (present !== undefined) return false;
  const detail = { issuerSha256, thisUpdateAt, nextUpdateAt };
  await change.record({ action: 'crl.added', subject: crlId, detail }, (recorder) =>
    recorder
      .insertInto('crls')
      .values({
        crl_id: crlId,
        issuer_sha256: issuerSha256,
        this_update_at: thisUpdateAt,
        next_update_at: nextUpdateAt,
        added_by: change.by,
        added_at: change.at,
      })
      .execute(),
  );
  return true;
}

/** @returns whether there was one */
export async function removeCrl(change: Change, crlId: string): Promise<boolean> {
  const crl = await selectCrls(change.read).where('crl_id', '=', crlId).executeTakeFirst();
  if (crl === undefined) return false;
  const { issuerSha256, thisUpdateAt, nextUpdateAt } = crl;
  const detail = { issuerSha256, thisUpdateAt, nextUpdateAt };
  await change.record({ action: 'crl.removed', subject: crlId, detail }, (recorder) =>
    recorder.deleteFrom('crls').where('crl_id', '=', crlId).execute(),
  );
  return true;
}

/** Every list, of each issuer the newest first. */
export function listCrls(reader: Reader): Promise<Crl[]> {
  return selectCrls(reader).orderBy('issuer_sha256').orderBy('this_update_at', 'desc').orderBy('crl_id').execute();
}

function selectCrls(reader: Reader) {
  return reader
    .selectFrom('crls')
    .select(['crl_id as crlId', 'issuer_sha256 as issuerSha256', 'this_update_at as thisUpdateAt'])
    .select(['next_update_at as nextUpdateAt', 'added_by as addedBy', 'added_at as addedAt']);
}
