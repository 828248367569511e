/** Files named on the command line. */

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { UsageError } from '../bytes/errors.ts';

/** Most files this program reads are no larger: a bundle of 64 MiB, with room. */
const MAX_BYTES = 256 * 1024 * 1024;

const REASONS = new Map<string, string>([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a directory'],
]);

/**
 * Reads a file; `-` is standard input.
 * @param what the option or argument that named it, for the message
 * @param limit in bytes
 * @throws UsageError `input.unreadable`, `input.too-large`
 */
export function readInput(path: string, what: string, limit = MAX_BYTES): Uint8Array {
  let file: number | undefined;
  try {
    file = path === '-' ? 0 : openSync(path, 'r');
    // Logs below /sys state the size 0: only a stated size that is too large is refused before reading.
    if (fstatSync(file).size > limit) throw tooLarge(path, what, limit);
    const bytes = readFileSync(file);
    if (bytes.length > limit) throw tooLarge(path, what, limit);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const reason = REASONS.get(code ?? '') ?? `it cannot be read (${code ?? String(cause)})`;
    throw new UsageError('input.unreadable', `${what} ${path}: ${reason}`, 'check the path and its permissions');
  } finally {
    if (file !== undefined && file !== 0) closeSync(file);
  }
}

/**
 * Reads a file of UTF-8 text.
 * @throws UsageError as {@link readInput}, `input.not-text`
 */
export function readText(path: string, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readInput(path, what));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError('input.not-text', `${what} ${path}: it is not UTF-8 text`, 'check that it is the right file');
  }
}

function tooLarge(path: string, what: string, limit: number): UsageError {
  return new UsageError(
    'input.too-large',
    `${what} ${path}: larger than ${limit} bytes`,
    'check that it is the right file',
  );
}
