/** A row or more in every table, for the dumps of landed schemas. Written for the newest schema; a dump keeps what it was made with. */

import { Kysely } from 'kysely';
import { contentId } from '../../../src/bytes/hash.ts';
import { insertBlob, packBlob } from '../../../src/store/blobs.ts';
import { postgresDialect } from '../../../src/store/driver-postgres.ts';
import { sqliteDialect } from '../../../src/store/driver-sqlite.ts';
import type { DialectName } from '../../../src/store/migrations/columns.ts';
import type { Tables } from '../../../src/store/schema.ts';

const AT = Date.UTC(2026, 10, 27);
const HOST = '019ac2a5-7c00-7000-8000-000000000001';
const APPRAISAL = '019ac2a5-7c00-7000-8000-000000000002';
const TOKEN = '019ac2a5-7c00-7000-8000-000000000003';
const CONTENT = Buffer.from('content');
const ID = contentId(CONTENT);
const NAME = `000b${'ab'.repeat(32)}`;
const SHA256 = 'cd'.repeat(32);

/** Fills a database that has the newest schema. */
export async function fill(dialect: DialectName, address: string): Promise<void> {
  const db = new Kysely<Tables>({
    dialect: dialect === 'sqlite' ? sqliteDialect(address, { readOnly: false }) : postgresDialect(address),
  });
  try {
    await fillTables(db);
  } finally {
    await db.destroy();
  }
}

async function fillTables(db: Kysely<Tables>): Promise<void> {
  await insertBlob(db, await packBlob(CONTENT), AT);
  await insertBlob(db, await packBlob(Buffer.alloc(2000, 'log ')), AT);
  const add = <T extends keyof Tables>(table: T, row: Parameters<ReturnType<typeof db.insertInto<T>>['values']>[0]) =>
    db.insertInto(table).values(row).execute();
  await add('hosts', {
    id: HOST,
    name: 'hypervisor-1',
    policy: 'kvm-uki',
    state: 'active',
    created_at: AT,
    retired_at: null,
  });
  await add('host_identities', {
    kind: 'ek-name',
    value: NAME,
    host_id: HOST,
    state: 'active',
    since_at: AT,
    until_at: null,
  });
  await add('host_keys', {
    name: NAME,
    host_id: HOST,
    role: 'ak',
    public_area_id: ID,
    parent: 'endorsement',
    activated_at: AT,
    certify_info_id: null,
    certify_signature_id: null,
    certified_by: null,
    retired_at: null,
  });
  await add('enrolments', {
    id: HOST,
    state: 'enrolled',
    created_at: AT,
    expires_at: AT + 60_000,
    secret_sha256: SHA256,
    attempts: 1,
    request_id: ID,
    ek_name: NAME,
    ek_spki_sha256: SHA256,
    ak_name: NAME,
    host_key_name: null,
    genuine: '{}',
    ours: 'approval',
    ours_id: null,
    name: 'hypervisor-1',
    policy: 'kvm-uki',
    host_id: HOST,
    decided_by: `token:${TOKEN}`,
    decided_at: AT,
    reason: 'delivered yesterday',
  });
  await add('ek_pins', {
    id: HOST,
    kind: 'ek-name',
    value: NAME,
    name: 'pin',
    policy: null,
    created_by: 'service',
    created_at: AT,
  });
  await add('join_tokens', {
    id: HOST,
    sha256: SHA256,
    name: 'rack 3',
    policy: null,
    uses: 1,
    max_uses: 2,
    created_by: 'service',
    created_at: AT,
    expires_at: AT + 60_000,
    revoked_at: null,
  });
  await add('trust_roots', {
    certificate_id: ID,
    class: 'lab',
    name: 'root',
    added_by: 'service',
    added_at: AT,
    removed_by: null,
    removed_at: null,
  });
  await add('crls', {
    crl_id: ID,
    issuer_sha256: SHA256,
    this_update_at: AT,
    next_update_at: null,
    added_by: 'service',
    added_at: AT,
  });
  await add('boots', {
    host_id: HOST,
    ak_name: NAME,
    reset_count: 7,
    restart_count: 0,
    clock: '18446744073709551615',
    firmware_version: '2026112700000000001',
    firmware_log_id: ID,
    systemd_log_id: ID,
    ima_log_id: ID,
    ima_entries: 3,
    ima_bytes: 300,
    pcr10: '{}',
    first_seen_at: AT,
    last_seen_at: AT,
  });
  await add('redeemed_challenges', { nonce: SHA256, host_id: HOST, redeemed_at: AT, expires_at: AT + 60_000 });
  await add('evidence_parts', {
    host_id: HOST,
    nonce: SHA256,
    part: 0,
    size: CONTENT.length,
    bytes: CONTENT,
    expires_at: AT + 60_000,
  });
  await add('appraisals', {
    id: APPRAISAL,
    host_id: HOST,
    at: AT,
    verdict: 'trusted',
    weakest_link: null,
    policy_id: ID,
    input_id: ID,
    document_id: ID,
    token: null,
    attested_until_at: AT + 900_000,
    ak_name: NAME,
    reset_count: 7,
  });
  await add('standings', {
    host_id: HOST,
    last_appraisal_id: APPRAISAL,
    last_verdict: 'trusted',
    weakest_link: null,
    appraised_at: AT,
    attested_until_at: AT + 900_000,
    ak_name: NAME,
    reset_count: 7,
    voided_at: null,
    voided_reason: null,
  });
  await add('tokens', {
    id: TOKEN,
    sha256: SHA256,
    name: 'first',
    role: 'admin',
    created_by: 'service',
    created_at: AT,
    expires_at: AT + 60_000,
    revoked_at: null,
  });
  await add('token_uses', { token_id: TOKEN, last_used_at: AT });
  await add('events', {
    seq: 1,
    at: AT,
    actor: 'service',
    action: 'host.created',
    subject_kind: 'host',
    subject_id: HOST,
    reason: null,
    detail: '{"name":"hypervisor-1"}',
  });
  await add('settings', { key: 'first-start-at', value: String(AT), updated_at: AT });
}
