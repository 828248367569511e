/** A file a command writes its answer into. */

import { writeFileSync } from 'node:fs';
import { UsageError } from '../bytes/errors.ts';
import type { Io } from './io.ts';

/**
 * Writes the answer to a file, or to standard output when none is named.
 * @throws UsageError `output.unwritable`
 */
export function writeOutput(io: Io, path: string | undefined, text: string): void {
  if (path === undefined) {
    io.out(text);
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (cause) {
    const remedy = 'name a file in a folder that is there and may be written';
    throw new UsageError('output.unwritable', `--out ${path}: ${(cause as Error).message}`, remedy);
  }
}
