/** Keys that live in the TPMs of hosts: attestation keys, and the signing keys they certify. */

import type { Change } from './change.ts';
import type { KeyParent, KeyRole, Reader } from './schema.ts';

export interface HostKey {
  /** TPM name: hexadecimal of algorithm and digest of the public area */
  readonly name: string;
  readonly hostId: string;
  readonly role: KeyRole;
  /** blob: TPMT_PUBLIC */
  readonly publicAreaId: string;
  readonly parent: KeyParent;
  /** when credential activation proved it, or the attestation key certified it */
  readonly activatedAt: number;
  /** of a host key: blobs of TPMS_ATTEST and TPMT_SIGNATURE, and the name of the key that signed */
  readonly certification: KeyCertification | null;
  readonly retiredAt: number | null;
}

export interface KeyCertification {
  readonly infoId: string;
  readonly signatureId: string;
  readonly by: string;
}

export type NewHostKey = Omit<HostKey, 'activatedAt' | 'retiredAt'>;

/**
 * Adds a key to a host. A key that is known stays as it is.
 * @returns the host that has it now: another one than asked for is a refusal; null when it was retired, for which there is no way back
 */
export async function addHostKey(change: Change, key: NewHostKey): Promise<string | null> {
  const known = await findHostKey(change.read, key.name);
  if (known !== undefined) return known.retiredAt === null ? known.hostId : null;
  const { name, hostId, role, publicAreaId, parent, certification } = key;
  const detail = { name, role, parent };
  await change.record({ action: 'host.key-added', subject: hostId, detail }, (recorder) =>
    recorder
      .insertInto('host_keys')
      .values({
        name,
        host_id: hostId,
        role,
        public_area_id: publicAreaId,
        parent,
        activated_at: change.at,
        certify_info_id: certification?.infoId ?? null,
        certify_signature_id: certification?.signatureId ?? null,
        certified_by: certification?.by ?? null,
        retired_at: null,
      })
      .execute(),
  );
  return hostId;
}

/** @returns whether there was such a key in use */
export async function retireHostKey(change: Change, name: string): Promise<boolean> {
  const known = await findHostKey(change.read, name);
  if (known === undefined || known.retiredAt !== null) return false;
  await change.record({ action: 'host.key-retired', subject: known.hostId, detail: { name } }, (recorder) =>
    recorder.updateTable('host_keys').set({ retired_at: change.at }).where('name', '=', name).execute(),
  );
  return true;
}

/** A key by its name, retired or not. */
export async function findHostKey(reader: Reader, name: string): Promise<HostKey | undefined> {
  const row = await reader.selectFrom('host_keys').selectAll().where('name', '=', name).executeTakeFirst();
  return row && toHostKey(row);
}

/** Keys of a host, the newest first. */
export async function keysOf(reader: Reader, hostId: string): Promise<HostKey[]> {
  const rows = await reader
    .selectFrom('host_keys')
    .selectAll()
    .where('host_id', '=', hostId)
    .orderBy('activated_at', 'desc')
    .orderBy('name')
    .execute();
  return rows.map(toHostKey);
}

interface KeyRow {
  readonly name: string;
  readonly host_id: string;
  readonly role: KeyRole;
  readonly public_area_id: string;
  readonly parent: KeyParent;
  readonly activated_at: number;
  readonly certify_info_id: string | null;
  readonly certify_signature_id: string | null;
  readonly certified_by: string | null;
  readonly retired_at: number | null;
}

function toHostKey(row: KeyRow): HostKey {
  const { certify_info_id: infoId, certify_signature_id: signatureId, certified_by: by } = row;
  return {
    name: row.name,
    hostId: row.host_id,
    role: row.role,
    publicAreaId: row.public_area_id,
    parent: row.parent,
    activatedAt: row.activated_at,
    certification: infoId === null || signatureId === null || by === null ? null : { infoId, signatureId, by },
    retiredAt: row.retired_at,
  };
}
