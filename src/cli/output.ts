/** Where a command's answer goes, and in which form. */

import { writeFileSync } from 'node:fs';
import { UsageError } from '../bytes/errors.ts';
import type { Io } from './io.ts';

/** Prints an answer: the document when JSON was asked for, else the words. */
export function said(io: Io, { json }: { readonly json?: true }, schema: string, answer: object, words: string): void {
  io.out(json === true ? `${JSON.stringify({ schema, ...answer })}\n` : `${words}\n`);
}

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
