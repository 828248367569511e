/** The service's data directory and the signing key in it. Both belong to the service's user alone. */

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { UsageError } from '../bytes/errors.ts';
import { signingKey, type SigningKey } from '../results/token.ts';

const KEY_FILE = 'signing-key.jwk';
/** A private P-256 JWK is some 200 bytes. */
const MAX_KEY_BYTES = 4096;

/**
 * Makes the directory if it is missing (mode 0700) and refuses one that others can enter.
 * @throws UsageError `data.permissions`, `data.not-a-directory`, `data.unusable`
 */
export async function openDataDirectory(path: string): Promise<string> {
  await makeDirectory(path);
  const stats = await lstat(path);
  if (!stats.isDirectory())
    throw new UsageError(
      'data.not-a-directory',
      `--data ${path} is not a directory`,
      'name a directory of the service’s own',
    );
  requirePrivate(path, stats, '700');
  return path;
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Something else has the name; what it is, is said by the caller.
    if (code === 'EEXIST') return;
    throw new UsageError(
      'data.unusable',
      `--data ${path} cannot be made (${code})`,
      'check the path and its permissions',
    );
  }
}

/**
 * The ES256 signing key of the directory, made on first use.
 * @throws UsageError `data.permissions` when others may read it, `data.key` when it cannot be used
 */
export async function loadSigningKey(directory: string): Promise<SigningKey> {
  const path = join(directory, KEY_FILE);
  const text = (await readPrivateFile(path)) ?? (await createKey(directory, path));
  try {
    return await signingKey(JSON.parse(text) as JWK);
  } catch {
    // The cause could quote the key: it stays out of the message.
    throw new UsageError(
      'data.key',
      `${path} is not a private P-256 JWK`,
      'restore it from a backup, or move it away to have a new key made (tokens of the old key then no longer verify)',
    );
  }
}

async function readPrivateFile(path: string): Promise<string | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP')
      throw new UsageError('data.permissions', `${path} is a symbolic link`, 'put the key itself there');
    throw new UsageError('data.key', `${path} cannot be read (${code})`, 'check its owner and mode');
  }
  try {
    // The open file is judged, not the name: nobody can swap it in between.
    const stats = await file.stat();
    requirePrivate(path, stats, '600');
    if (stats.size > MAX_KEY_BYTES)
      throw new UsageError('data.key', `${path} is too large to be a key`, 'restore it from a backup');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Written whole under another name, then linked: a reader never sees half a key, and the first of two processes wins. */
async function createKey(directory: string, path: string): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const temporary = join(directory, `.${KEY_FILE}.${randomUUID()}`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(await exportJWK(privateKey))}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  } finally {
    await unlink(temporary);
  }
  const text = await readPrivateFile(path);
  if (text === undefined) throw new UsageError('data.key', `${path} vanished while it was made`, 'start again');
  return text;
}

function requirePrivate(path: string, stats: { readonly mode: number; readonly uid: number }, wanted: string): void {
  if (process.getuid !== undefined && stats.uid !== process.getuid()) {
    throw new UsageError(
      'data.permissions',
      `${path} belongs to uid ${stats.uid}, the service runs as ${process.getuid()}`,
      `run: chown ${process.getuid()} ${path}`,
    );
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw new UsageError(
      'data.permissions',
      `${path} has mode ${mode}: others can reach it`,
      `run: chmod ${wanted} ${path}`,
    );
  }
}
