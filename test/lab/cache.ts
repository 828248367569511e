/** Where the lab keeps what it downloads and builds, and how files get there whole. */
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** `ASSAY_LAB_CACHE`, or `~/.cache/assay-lab`. */
export function cacheFolder(): string {
  return process.env['ASSAY_LAB_CACHE'] ?? join(homedir(), '.cache', 'assay-lab');
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes beside the target and renames: another process sees the whole file or none. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${randomUUID()}`;
  await writeFile(beside, bytes);
  await rename(beside, path);
}

/**
 * Builds a folder once: `build` fills a folder beside the target, which is then renamed. A second process that was faster wins, and
 * both see a whole folder.
 */
export async function buildFolder(path: string, build: (folder: string) => Promise<void>): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  await mkdir(beside, { recursive: true });
  try {
    await build(beside);
    await rename(beside, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** The file's bytes, or null if there is no such file. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
