/** The first schema: content, hosts and their identities, enrolment, appraisals, tokens, and the record of changes. */

import { sql, type Kysely } from 'kysely';
import { bytes, createTable, integer, refuse, type DialectName } from './columns.ts';

/** The database that is being migrated, and what it is. */
interface Target {
  readonly db: Kysely<unknown>;
  readonly dialect: DialectName;
}

export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const target = { db, dialect };
  await createBlobs(target);
  await createHosts(target);
  await createIdentities(target);
  await createKeys(target);
  await createEnrolments(target);
  await createEkPins(target);
  await createJoinTokens(target);
  await createTrustRoots(target);
  await createCrls(target);
  await createBoots(target);
  await createRedeemedChallenges(target);
  await createAppraisals(target);
  await createStandings(target);
  await createTokens(target);
  await createEvents(target);
  await createSettings(target);
}

const contentId = (column: string) => sql`length(${sql.ref(column)}) = 71 and ${sql.ref(column)} like 'sha256:%'`;

const oneOf = (column: string, values: readonly string[]) =>
  sql`${sql.ref(column)} in (${sql.join(values.map((value) => sql.lit(value)))})`;

/** Content by its digest, inserted once. */
async function createBlobs({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'blobs')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('size', integer(dialect), (column) => column.notNull())
    .addColumn('encoding', 'text', (column) => column.notNull())
    .addColumn('bytes', bytes(dialect), (column) => column.notNull())
    .addColumn('created_at', integer(dialect), (column) => column.notNull())
    .addCheckConstraint('blobs_id', contentId('id'))
    .addCheckConstraint('blobs_encoding', oneOf('encoding', ['identity', 'gzip']))
    .execute();
  await refuse(db, dialect, 'blobs', ['update']);
}

async function createHosts({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'hosts')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('policy', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', integer(dialect), (column) => column.notNull())
    .addColumn('retired_at', integer(dialect))
    .addCheckConstraint('hosts_state', oneOf('state', ['pending', 'active', 'retired']))
    .execute();
  await db.schema.createIndex('hosts_name').on('hosts').column('name').execute();
}

/** One row per identity ever seen: it is unique over all hosts, those retired included. */
async function createIdentities({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'host_identities')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id'))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('since_at', integer(dialect), (column) => column.notNull())
    .addColumn('until_at', integer(dialect))
    .addPrimaryKeyConstraint('host_identities_pkey', ['kind', 'value'])
    .addCheckConstraint('host_identities_kind', oneOf('kind', ['ek-name', 'ek-spki-sha256', 'iak-name']))
    .addCheckConstraint('host_identities_state', oneOf('state', ['active', 'retired']))
    .execute();
  await db.schema.createIndex('host_identities_host').on('host_identities').column('host_id').execute();
}

/** Keys of hosts by their TPM name: one key is of one host. */
async function createKeys({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'host_keys')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id'))
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('public_area_id', 'text', (column) => column.notNull().references('blobs.id'))
    .addColumn('parent', 'text', (column) => column.notNull())
    .addColumn('activated_at', integer(dialect), (column) => column.notNull())
    .addColumn('certify_info_id', 'text', (column) => column.references('blobs.id'))
    .addColumn('certify_signature_id', 'text', (column) => column.references('blobs.id'))
    .addColumn('certified_by', 'text')
    .addColumn('retired_at', integer(dialect))
    .addCheckConstraint('host_keys_role', oneOf('role', ['ak', 'host-key']))
    .addCheckConstraint('host_keys_parent', oneOf('parent', ['endorsement', 'ek', 'owner']))
    .execute();
  await db.schema.createIndex('host_keys_host').on('host_keys').column('host_id').execute();
}

async function createEnrolments({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'enrolments')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', integer(dialect), (column) => column.notNull())
    .addColumn('expires_at', integer(dialect), (column) => column.notNull())
    .addColumn('secret_sha256', 'text', (column) => column.notNull())
    .addColumn('attempts', integer(dialect), (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull().references('blobs.id'))
    .addColumn('ek_name', 'text', (column) => column.notNull())
    .addColumn('ek_spki_sha256', 'text')
    .addColumn('ak_name', 'text', (column) => column.notNull())
    .addColumn('host_key_name', 'text')
    .addColumn('genuine', 'text')
    .addColumn('ours', 'text')
    .addColumn('ours_id', 'text')
    .addColumn('name', 'text')
    .addColumn('policy', 'text')
    .addColumn('host_id', 'text', (column) => column.references('hosts.id'))
    .addColumn('decided_by', 'text')
    .addColumn('decided_at', integer(dialect))
    .addColumn('reason', 'text')
    .addCheckConstraint('enrolments_state', oneOf('state', ['challenged', 'pending', 'enrolled', 'refused', 'expired']))
    .addCheckConstraint('enrolments_ours', oneOf('ours', ['ek-pin', 'join-token', 'approval']))
    .execute();
  await db.schema.createIndex('enrolments_state_id').on('enrolments').columns(['state', 'id']).execute();
  await db.schema.createIndex('enrolments_ek_name').on('enrolments').column('ek_name').execute();
}

/** Endorsement keys the operator expects. */
async function createEkPins({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'ek_pins')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('policy', 'text')
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', integer(dialect), (column) => column.notNull())
    .addUniqueConstraint('ek_pins_value', ['kind', 'value'])
    .addCheckConstraint('ek_pins_kind', oneOf('kind', ['ek-name', 'ek-spki-sha256']))
    .execute();
}

async function createJoinTokens({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'join_tokens')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('sha256', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('policy', 'text')
    .addColumn('uses', integer(dialect), (column) => column.notNull())
    .addColumn('max_uses', integer(dialect), (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', integer(dialect), (column) => column.notNull())
    .addColumn('expires_at', integer(dialect), (column) => column.notNull())
    .addColumn('revoked_at', integer(dialect))
    .addCheckConstraint('join_tokens_uses', sql`uses >= 0 and uses <= max_uses`)
    .execute();
}

async function createTrustRoots({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'trust_roots')
    .addColumn('certificate_id', 'text', (column) => column.notNull().primaryKey().references('blobs.id'))
    .addColumn('class', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('added_by', 'text', (column) => column.notNull())
    .addColumn('added_at', integer(dialect), (column) => column.notNull())
    .addColumn('removed_by', 'text')
    .addColumn('removed_at', integer(dialect))
    .addCheckConstraint('trust_roots_class', oneOf('class', ['discrete', 'firmware', 'virtual', 'lab']))
    .execute();
}

async function createCrls({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'crls')
    .addColumn('crl_id', 'text', (column) => column.notNull().primaryKey().references('blobs.id'))
    .addColumn('issuer_sha256', 'text', (column) => column.notNull())
    .addColumn('this_update_at', integer(dialect), (column) => column.notNull())
    .addColumn('next_update_at', integer(dialect))
    .addColumn('added_by', 'text', (column) => column.notNull())
    .addColumn('added_at', integer(dialect), (column) => column.notNull())
    .execute();
  await db.schema.createIndex('crls_issuer').on('crls').column('issuer_sha256').execute();
}

/** What is known of one boot of one host: the counters, and the whole runtime list accepted so far. */
async function createBoots({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'boots')
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id'))
    .addColumn('ak_name', 'text', (column) => column.notNull())
    .addColumn('reset_count', integer(dialect), (column) => column.notNull())
    .addColumn('restart_count', integer(dialect), (column) => column.notNull())
    .addColumn('clock', 'text', (column) => column.notNull())
    .addColumn('firmware_version', 'text', (column) => column.notNull())
    .addColumn('firmware_log_id', 'text', (column) => column.references('blobs.id'))
    .addColumn('ima_log_id', 'text', (column) => column.references('blobs.id'))
    .addColumn('ima_entries', integer(dialect), (column) => column.notNull())
    .addColumn('ima_bytes', integer(dialect), (column) => column.notNull())
    .addColumn('pcr10', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', integer(dialect), (column) => column.notNull())
    .addColumn('last_seen_at', integer(dialect), (column) => column.notNull())
    .addPrimaryKeyConstraint('boots_pkey', ['host_id', 'ak_name', 'reset_count'])
    .execute();
}

/** Challenges that were answered. A row may go once its challenge has expired. */
async function createRedeemedChallenges({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'redeemed_challenges')
    .addColumn('nonce', 'text', (column) => column.notNull().primaryKey())
    .addColumn('host_id', 'text', (column) => column.references('hosts.id'))
    .addColumn('redeemed_at', integer(dialect), (column) => column.notNull())
    .addColumn('expires_at', integer(dialect), (column) => column.notNull())
    .execute();
  await db.schema.createIndex('redeemed_challenges_expires').on('redeemed_challenges').column('expires_at').execute();
}

const VERDICTS = ['trusted', 'untrusted', 'unproven'];

async function createAppraisals({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'appraisals')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id'))
    .addColumn('at', integer(dialect), (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addColumn('weakest_link', 'text')
    .addColumn('policy_id', 'text', (column) => column.notNull())
    .addColumn('input_id', 'text', (column) => column.notNull().references('blobs.id'))
    .addColumn('document_id', 'text', (column) => column.notNull().references('blobs.id'))
    .addColumn('token', 'text')
    .addColumn('attested_until_at', integer(dialect))
    .addColumn('ak_name', 'text')
    .addColumn('reset_count', integer(dialect))
    .addCheckConstraint('appraisals_verdict', oneOf('verdict', VERDICTS))
    .execute();
  await db.schema.createIndex('appraisals_host_id').on('appraisals').columns(['host_id', 'id']).execute();
  await refuse(db, dialect, 'appraisals', ['update', 'delete']);
}

/** What the standing of a host is read from. It repeats the last appraisal, and says what has taken it back since. */
async function createStandings({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'standings')
    .addColumn('host_id', 'text', (column) => column.notNull().primaryKey().references('hosts.id'))
    .addColumn('last_appraisal_id', 'text', (column) => column.notNull().references('appraisals.id'))
    .addColumn('last_verdict', 'text', (column) => column.notNull())
    .addColumn('weakest_link', 'text')
    .addColumn('appraised_at', integer(dialect), (column) => column.notNull())
    .addColumn('attested_until_at', integer(dialect))
    .addColumn('ak_name', 'text')
    .addColumn('reset_count', integer(dialect))
    .addColumn('voided_at', integer(dialect))
    .addColumn('voided_reason', 'text')
    .addCheckConstraint('standings_last_verdict', oneOf('last_verdict', VERDICTS))
    .execute();
}

/** Tokens of the people and programs that call the service; their last use stands apart, as it is no change. */
async function createTokens({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'tokens')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('sha256', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', integer(dialect), (column) => column.notNull())
    .addColumn('expires_at', integer(dialect), (column) => column.notNull())
    .addColumn('revoked_at', integer(dialect))
    .addCheckConstraint('tokens_role', oneOf('role', ['viewer', 'auditor', 'operator', 'admin']))
    .execute();
  await createTable(db, dialect, 'token_uses')
    .addColumn('token_id', 'text', (column) => column.notNull().primaryKey().references('tokens.id'))
    .addColumn('last_used_at', integer(dialect), (column) => column.notNull())
    .execute();
}

/** Who changed what, when and why; rows are only ever added, numbered without a gap. */
async function createEvents({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'events')
    .addColumn('seq', integer(dialect), (column) => column.notNull().primaryKey())
    .addColumn('at', integer(dialect), (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject_kind', 'text', (column) => column.notNull())
    .addColumn('subject_id', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('detail', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('events_subject').on('events').columns(['subject_kind', 'subject_id', 'seq']).execute();
  await refuse(db, dialect, 'events', ['update', 'delete']);
}

async function createSettings({ db, dialect }: Target): Promise<void> {
  await createTable(db, dialect, 'settings')
    .addColumn('key', 'text', (column) => column.notNull().primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('updated_at', integer(dialect), (column) => column.notNull())
    .execute();
}
