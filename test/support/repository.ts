/** The files of this repository, as git lists them and as they lie on disk. */
import { readdirSync, existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../tools/programs.ts';

/** Absolute path of the repository. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Paths, relative to the repository and with `/`, that git tracks and that are there.
 * @param under only below this folder
 */
export async function trackedFiles(under = '.'): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '-z', '--', under], { cwd: ROOT });
  return stdout
    .toString()
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

/** Every file below a folder that is on disk, tracked or not, relative to that folder and with `/`. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}
