/** A file read by ranges: disk images are larger than memory should hold. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UsageError } from '../bytes/errors.ts';
import type { ByteSource } from '../images/source.ts';

/**
 * Opens a file for as long as `use` runs.
 * @param what the option that named it, for the message
 * @throws UsageError `input.unreadable`, and what `use` throws
 */
export function withFileSource<T>(path: string, what: string, use: (source: ByteSource) => T): T {
  const attempt = <R>(work: () => R): R => {
    try {
      return work();
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
      throw new UsageError('input.unreadable', `${what} ${path}: ${reason}`, 'check the path and its permissions');
    }
  };
  const file = attempt(() => openSync(path, 'r'));
  try {
    return use({
      size: attempt(() => fstatSync(file).size),
      read: (offset, length) => {
        const bytes = new Uint8Array(length);
        return bytes.subarray(
          0,
          attempt(() => readSync(file, bytes, 0, length, offset)),
        );
      },
    });
  } finally {
    closeSync(file);
  }
}
