/**
 * The tables as code sees them, and who may write which. Times are epoch milliseconds, ids UUIDv7, `…_id` of content
 * `sha256:<hex>`, digests and TPM names lower-case hexadecimal, JSON and unsigned 64-bit numbers text.
 */

import type { ColumnType, Kysely } from 'kysely';
import type { Role } from '../api/access.ts';

type Verdict = 'trusted' | 'untrusted' | 'unproven';

/** Not changed once inserted. */
type Fixed<T> = ColumnType<T, T, never>;

interface BlobTable {
  readonly id: Fixed<string>;
  /** bytes of the content, not of its stored form */
  readonly size: Fixed<number>;
  readonly encoding: Fixed<'identity' | 'gzip'>;
  readonly bytes: Fixed<Uint8Array>;
  readonly created_at: Fixed<number>;
}

export type HostState = 'pending' | 'active' | 'retired';

interface HostTable {
  readonly id: Fixed<string>;
  readonly name: string;
  readonly policy: string | null;
  readonly state: HostState;
  readonly created_at: Fixed<number>;
  readonly retired_at: number | null;
}

export type IdentityKind = 'ek-name' | 'ek-spki-sha256' | 'iak-name';

interface HostIdentityTable {
  readonly kind: Fixed<IdentityKind>;
  readonly value: Fixed<string>;
  readonly host_id: Fixed<string>;
  readonly state: 'active' | 'retired';
  readonly since_at: Fixed<number>;
  readonly until_at: number | null;
}

export type KeyRole = 'ak' | 'host-key';
export type KeyParent = 'endorsement' | 'ek' | 'owner';

interface HostKeyTable {
  readonly name: Fixed<string>;
  readonly host_id: Fixed<string>;
  readonly role: Fixed<KeyRole>;
  readonly public_area_id: Fixed<string>;
  readonly parent: Fixed<KeyParent>;
  readonly activated_at: Fixed<number>;
  readonly certify_info_id: Fixed<string | null>;
  readonly certify_signature_id: Fixed<string | null>;
  readonly certified_by: Fixed<string | null>;
  readonly retired_at: number | null;
}

export type EnrolmentState = 'challenged' | 'pending' | 'enrolled' | 'refused' | 'expired';
export type OursBasis = 'ek-pin' | 'join-token' | 'approval';

/** @typeParam Insert states a row may begin with; @typeParam Update states it may be given later */
interface EnrolmentTable<Insert, Update> {
  readonly id: Fixed<string>;
  readonly state: ColumnType<EnrolmentState, Insert, Update>;
  readonly created_at: Fixed<number>;
  readonly expires_at: number;
  readonly secret_sha256: Fixed<string>;
  readonly attempts: number;
  readonly request_id: string;
  readonly ek_name: Fixed<string>;
  readonly ek_spki_sha256: Fixed<string | null>;
  readonly ak_name: Fixed<string>;
  readonly host_key_name: string | null;
  readonly genuine: string | null;
  readonly ours: OursBasis | null;
  readonly ours_id: string | null;
  readonly name: string | null;
  readonly policy: string | null;
  readonly host_id: string | null;
  readonly decided_by: string | null;
  readonly decided_at: number | null;
  readonly reason: string | null;
}

interface EkPinTable {
  readonly id: Fixed<string>;
  readonly kind: Fixed<'ek-name' | 'ek-spki-sha256'>;
  readonly value: Fixed<string>;
  readonly name: string;
  readonly policy: string | null;
  readonly created_by: Fixed<string>;
  readonly created_at: Fixed<number>;
}

interface JoinTokenTable {
  readonly id: Fixed<string>;
  readonly sha256: Fixed<string>;
  readonly name: string;
  readonly policy: string | null;
  readonly uses: number;
  readonly max_uses: Fixed<number>;
  readonly created_by: Fixed<string>;
  readonly created_at: Fixed<number>;
  readonly expires_at: Fixed<number>;
  readonly revoked_at: number | null;
}

export type RootClass = 'discrete' | 'firmware' | 'virtual' | 'lab';

interface TrustRootTable {
  readonly certificate_id: Fixed<string>;
  readonly class: RootClass;
  readonly name: string;
  readonly added_by: string;
  readonly added_at: number;
  readonly removed_by: string | null;
  readonly removed_at: number | null;
}

interface CrlTable {
  readonly crl_id: Fixed<string>;
  readonly issuer_sha256: Fixed<string>;
  readonly this_update_at: Fixed<number>;
  readonly next_update_at: Fixed<number | null>;
  readonly added_by: Fixed<string>;
  readonly added_at: Fixed<number>;
}

interface BootTable {
  readonly host_id: Fixed<string>;
  readonly ak_name: Fixed<string>;
  readonly reset_count: Fixed<number>;
  readonly restart_count: number;
  readonly clock: string;
  readonly firmware_version: string;
  readonly firmware_log_id: string | null;
  readonly systemd_log_id: string | null;
  readonly ima_log_id: string | null;
  readonly ima_entries: number;
  readonly ima_bytes: number;
  readonly pcr10: string;
  readonly first_seen_at: Fixed<number>;
  readonly last_seen_at: number;
}

interface RedeemedChallengeTable {
  readonly nonce: Fixed<string>;
  readonly host_id: Fixed<string | null>;
  readonly redeemed_at: Fixed<number>;
  readonly expires_at: Fixed<number>;
}

interface EvidencePartTable {
  readonly host_id: Fixed<string>;
  readonly nonce: Fixed<string>;
  readonly part: Fixed<number>;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly expires_at: number;
}

interface AppraisalTable {
  readonly id: Fixed<string>;
  readonly host_id: Fixed<string>;
  readonly at: Fixed<number>;
  readonly verdict: Fixed<Verdict>;
  readonly weakest_link: Fixed<string | null>;
  readonly policy_id: Fixed<string>;
  readonly input_id: Fixed<string>;
  readonly document_id: Fixed<string>;
  readonly token: Fixed<string | null>;
  readonly attested_until_at: Fixed<number | null>;
  readonly ak_name: Fixed<string | null>;
  readonly reset_count: Fixed<number | null>;
}

interface StandingTable {
  readonly host_id: Fixed<string>;
  readonly last_appraisal_id: string;
  readonly last_verdict: Verdict;
  readonly weakest_link: string | null;
  readonly appraised_at: number;
  readonly attested_until_at: number | null;
  readonly ak_name: string | null;
  readonly reset_count: number | null;
  readonly voided_at: number | null;
  readonly voided_reason: string | null;
}

interface TokenTable {
  readonly id: Fixed<string>;
  readonly sha256: Fixed<string>;
  readonly name: Fixed<string>;
  readonly role: Fixed<Role>;
  readonly created_by: Fixed<string>;
  readonly created_at: Fixed<number>;
  readonly expires_at: Fixed<number>;
  readonly revoked_at: number | null;
}

interface TokenUseTable {
  readonly token_id: Fixed<string>;
  readonly last_used_at: number;
}

interface EventTable {
  readonly seq: Fixed<number>;
  readonly at: Fixed<number>;
  readonly actor: Fixed<string>;
  readonly action: Fixed<string>;
  readonly subject_kind: Fixed<string>;
  readonly subject_id: Fixed<string>;
  readonly reason: Fixed<string | null>;
  readonly detail: Fixed<string>;
}

interface SettingTable {
  readonly key: Fixed<string>;
  readonly value: string;
  readonly updated_at: number;
}

/** Tables that say what the operator decided. A row changes together with an event, never without. */
interface DecidedTables {
  hosts: HostTable;
  host_identities: HostIdentityTable;
  host_keys: HostKeyTable;
  enrolments: EnrolmentTable<EnrolmentState, EnrolmentState>;
  ek_pins: EkPinTable;
  join_tokens: JoinTokenTable;
  trust_roots: TrustRootTable;
  crls: CrlTable;
  tokens: TokenTable;
  settings: SettingTable;
}

/**
 * Tables whose rows are content, a record of their own, or follow from one. Hosts fill them all day, and enrolment begins with
 * callers nobody knows, so their rows come without an event; an enrolment that gets anywhere needs one.
 */
interface KeptTables {
  blobs: BlobTable;
  boots: BootTable;
  redeemed_challenges: RedeemedChallengeTable;
  evidence_parts: EvidencePartTable;
  appraisals: AppraisalTable;
  standings: StandingTable;
  token_uses: TokenUseTable;
  enrolments: EnrolmentTable<'challenged', 'refused' | 'expired'>;
}

export interface Tables extends DecidedTables, Omit<KeptTables, 'enrolments'> {
  events: EventTable;
}

/** Reads every table. */
export type Reader = Pick<Kysely<Tables>, 'selectFrom'>;

type Writer<DB, May extends string> = Pick<Kysely<DB>, 'selectFrom' | 'insertInto' | 'updateTable' | 'deleteFrom'> & {
  /** Never there: keeps the compiler from taking one writer for the other. */
  readonly [may]?: May;
};
declare const may: unique symbol;

/** Writes what needs no event. */
export type Keeper = Writer<KeptTables, 'keep'>;

/** Writes what needs one; had from {@link Change.record} only. */
export type Recorder = Writer<DecidedTables, 'record'>;
