/** Parts of runtime lists that are too long for one request, until the challenge they came for is answered or over. */

import type { Kysely } from 'kysely';
import { bytes, createTable, integer, type DialectName } from './columns.ts';

export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  await createTable(db, dialect, 'evidence_parts')
    .addColumn('host_id', 'text', (column) => column.notNull().references('hosts.id'))
    .addColumn('nonce', 'text', (column) => column.notNull())
    .addColumn('part', integer(dialect), (column) => column.notNull())
    .addColumn('size', integer(dialect), (column) => column.notNull())
    .addColumn('bytes', bytes(dialect), (column) => column.notNull())
    .addColumn('expires_at', integer(dialect), (column) => column.notNull())
    .addPrimaryKeyConstraint('evidence_parts_pkey', ['host_id', 'nonce', 'part'])
    .execute();
  await db.schema.createIndex('evidence_parts_expires').on('evidence_parts').column('expires_at').execute();
}
