/** Boots of hosts: the counters a quote must agree with, and the whole runtime list accepted so far. */

import type { Selectable } from 'kysely';
import type { Keeper, Reader, Tables } from './schema.ts';

export interface Boot {
  readonly hostId: string;
  /** key that quoted; counters of different keys are not compared */
  readonly akName: string;
  readonly resetCount: number;
  readonly restartCount: number;
  /** TPMS_CLOCK_INFO.clock, milliseconds */
  readonly clock: bigint;
  readonly firmwareVersion: bigint;
  /** blobs of the logs accepted last */
  readonly firmwareLogId: string | null;
  readonly systemdLogId: string | null;
  readonly imaLogId: string | null;
  /** of that runtime list */
  readonly imaEntries: number;
  readonly imaBytes: number;
  /** PCR 10 after it, hexadecimal, by the name of the bank */
  readonly pcr10: Readonly<Record<string, string>>;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

/** Keeps what was last seen of a boot. Of one seen before, only the time of the first sight stays. */
export async function saveBoot(keeper: Keeper, boot: Omit<Boot, 'firstSeenAt'>): Promise<void> {
  const present = {
    restart_count: boot.restartCount,
    clock: String(boot.clock),
    firmware_version: String(boot.firmwareVersion),
    firmware_log_id: boot.firmwareLogId,
    systemd_log_id: boot.systemdLogId,
    ima_log_id: boot.imaLogId,
    ima_entries: boot.imaEntries,
    ima_bytes: boot.imaBytes,
    pcr10: JSON.stringify(boot.pcr10),
    last_seen_at: boot.lastSeenAt,
  };
  const { hostId: host_id, akName: ak_name, resetCount: reset_count } = boot;
  await keeper
    .insertInto('boots')
    .values({ host_id, ak_name, reset_count, first_seen_at: boot.lastSeenAt, ...present })
    .onConflict((conflict) => conflict.columns(['host_id', 'ak_name', 'reset_count']).doUpdateSet(present))
    .execute();
}

/** The boot of the highest reset count that this key of the host has quoted. */
export async function latestBoot(reader: Reader, hostId: string, akName: string): Promise<Boot | undefined> {
  const row = await reader
    .selectFrom('boots')
    .selectAll()
    .where('host_id', '=', hostId)
    .where('ak_name', '=', akName)
    .orderBy('reset_count', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toBoot(row);
}

/** Forgets what a key has quoted: counters that began anew are not compared with those before. */
export async function forgetBoots(keeper: Keeper, hostId: string, akName: string): Promise<void> {
  await keeper.deleteFrom('boots').where('host_id', '=', hostId).where('ak_name', '=', akName).execute();
}

/** The boot whose runtime list was accepted last, if one ever was. */
export async function latestList(reader: Reader, hostId: string, akName: string): Promise<Boot | undefined> {
  const row = await reader
    .selectFrom('boots')
    .selectAll()
    .where('host_id', '=', hostId)
    .where('ak_name', '=', akName)
    .where('ima_log_id', 'is not', null)
    .orderBy('reset_count', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toBoot(row);
}

/** Boots of a host, the newest first. */
export async function listBoots(reader: Reader, hostId: string, limit: number): Promise<Boot[]> {
  const rows = await reader
    .selectFrom('boots')
    .selectAll()
    .where('host_id', '=', hostId)
    .orderBy('first_seen_at', 'desc')
    .orderBy('reset_count', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toBoot);
}

function toBoot(row: Selectable<Tables['boots']>): Boot {
  return {
    hostId: row.host_id,
    akName: row.ak_name,
    resetCount: row.reset_count,
    restartCount: row.restart_count,
    clock: BigInt(row.clock),
    firmwareVersion: BigInt(row.firmware_version),
    firmwareLogId: row.firmware_log_id,
    systemdLogId: row.systemd_log_id,
    imaLogId: row.ima_log_id,
    imaEntries: row.ima_entries,
    imaBytes: row.ima_bytes,
    pcr10: JSON.parse(row.pcr10) as Record<string, string>,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
  };
}
