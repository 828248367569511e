/** A PostgreSQL of its own: a cluster in a folder that is gone afterwards, reached through a socket in it. */

import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { PROGRAMS, run, start, type ProgramName } from './programs.ts';

export interface TestPostgres {
  /** Makes an empty database and gives its address. */
  createDatabase(): Promise<string>;
  /** Runs a program of PostgreSQL as the user that owns the cluster, and gives what it printed. */
  program(name: ProgramName, args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** The user that the Debian package makes. */
const USER = 'postgres';

/** Tries to connect while it starts; each takes a few milliseconds. */
const TRIES = 2000;

export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-postgres-'));
  const owner = userIds(USER);
  chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  await run(
    'setpriv',
    asUser('initdb', ['-D', data, '-A', 'trust', '-U', USER, '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8']),
  );
  const settings = ['fsync=off', 'listen_addresses=', `unix_socket_directories=${folder}`, 'max_connections=200'];
  const options = settings.flatMap((setting) => ['-c', setting]);
  const daemon = start('setpriv', asUser('postgres', ['-D', data, ...options]), { log: join(folder, 'log') });
  const state = { over: false };
  void daemon.exited.then(() => (state.over = true));
  const address = (database: string): string => `postgres:///${database}?host=${folder}&user=${USER}`;
  const query = async (statement: string): Promise<void> => {
    const client = new Client({ connectionString: address('postgres') });
    // A server that stops cuts the connection.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  for (
    let tries = 1;
    !(await query('select 1').then(
      () => true,
      () => false,
    ));
    tries++
  ) {
    if (tries === TRIES || state.over)
      throw new Error(`PostgreSQL did not start:\n${readFileSync(join(folder, 'log'), 'utf8')}`);
  }
  let count = 0;
  return {
    async createDatabase() {
      const name = `test${++count}`;
      await query(`create database ${name}`);
      return address(name);
    },
    async program(name, args) {
      const { stdout } = await run('setpriv', asUser(name, args));
      return stdout.toString();
    },
    async stop() {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function asUser(name: ProgramName, args: readonly string[]): string[] {
  return ['--reuid', USER, '--regid', USER, '--init-groups', PROGRAMS[name].path, ...args];
}

function userIds(user: string): { readonly uid: number; readonly gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${user}:`));
  if (line === undefined) throw new Error(`there is no user ${user}`);
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
