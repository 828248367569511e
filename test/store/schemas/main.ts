/**
 * `npx tsx test/store/schemas/main.ts`: after a migration was added, writes the digest and the dumps that it lands with. What is there
 * already stays.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../src/store/open.ts';
import { startPostgres } from '../../tools/postgres.ts';
import { dumpPostgres } from './postgres-dump.ts';
import { DIGESTS, dumpFile, landedDigests, landedMigrations, presentDigests } from './landed.ts';
import { fill } from './rows.ts';
import { dumpSqlite } from './sqlite-dump.ts';

const landed = existsSync(DIGESTS) ? landedDigests() : {};
writeFileSync(DIGESTS, `${JSON.stringify({ ...presentDigests(), ...landed }, null, 2)}\n`);

const newest = landedMigrations().at(-1)!;
const sqlite = dumpFile(newest, 'sqlite');
if (!existsSync(sqlite)) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-schema-'));
  try {
    const path = join(folder, 'assay.db');
    await (await openStore(path)).close();
    await fill('sqlite', path);
    writeFileSync(sqlite, dumpSqlite(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const postgres = dumpFile(newest, 'postgres');
if (!existsSync(postgres)) {
  const server = await startPostgres();
  try {
    const address = await server.createDatabase();
    await (await openStore(address)).close();
    await fill('postgres', address);
    writeFileSync(postgres, await dumpPostgres(server, address));
  } finally {
    await server.stop();
  }
}
