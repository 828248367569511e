/** Which log of systemd was accepted last in a boot, so that one that did not change need not be sent again. */

import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('boots')
    .addColumn('systemd_log_id', 'text', (column) => column.references('blobs.id'))
    .execute();
}
