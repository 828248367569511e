/** An authorization value of a hierarchy of the TPM, from a file that nobody else may read. */

import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { EvidenceError, UsageError } from '../bytes/errors.ts';
import { fromHex } from '../bytes/text.ts';

/** As long as the largest digest (TPM2B_AUTH, TPM 2.0 Part 2, 10.4.5). */
const MAX_VALUE_BYTES = 64;
/** The value in hexadecimal, its mark and a line feed. */
const MAX_FILE_BYTES = 2 * MAX_VALUE_BYTES + 5;

const HEX = 'hex:';

/**
 * The value in a file, without the line feed at its end; `hex:` before it says that it is hexadecimal, as for tpm2-tools.
 * @param what the option that named the file, for the message
 * @throws UsageError `input.unreadable`, `agent.authorization-permissions`, `agent.authorization`; none quotes the file
 */
export function readAuthorization(path: string, what: string): Uint8Array {
  const bytes = readPrivate(path, what);
  const value = bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
  const decoded = value.subarray(0, HEX.length).toString('latin1') === HEX ? decodeHex(value) : value;
  if (decoded !== null && decoded.length > 0 && decoded.length <= MAX_VALUE_BYTES) return new Uint8Array(decoded);
  throw new UsageError(
    'agent.authorization',
    `${what} ${path}: holds no authorization value`,
    `put the value alone into the file, ${MAX_VALUE_BYTES} bytes at most; one that is no text as hex:…`,
  );
}

function decodeHex(value: Uint8Array): Uint8Array | null {
  try {
    return fromHex(Buffer.from(value.subarray(HEX.length)).toString('latin1').toLowerCase());
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    return null;
  }
}

function readPrivate(path: string, what: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    // The open file is judged, not the name: nobody can swap it in between.
    const stats = fstatSync(file);
    const flaw = flawOf(stats);
    if (flaw !== null) {
      const remedy = 'let it be a file of root or of the agent’s user, readable by its owner alone (chmod 600)';
      throw new UsageError('agent.authorization-permissions', `${what} ${path}: ${flaw}`, remedy);
    }
    return stats.size > MAX_FILE_BYTES ? Buffer.alloc(0) : readFileSync(file);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ELOOP' ? 'it is a symbolic link' : `it cannot be read (${code ?? String(cause)})`;
    throw new UsageError('input.unreadable', `${what} ${path}: ${reason}`, 'check the path and its permissions');
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const GROUP = 0o070;
const GROUP_READ = 0o040;
const OTHERS = 0o007;

/** A credential of systemd shows its access list as the reading right of the group root. */
function flawOf(stats: Stats): string | null {
  const { mode, uid, gid } = stats;
  if (uid !== 0 && uid !== process.geteuid?.()) return 'it belongs to another user';
  const group = mode & GROUP;
  if ((mode & OTHERS) !== 0 || (group !== 0 && (gid !== 0 || group !== GROUP_READ))) return 'others may use it';
  return stats.isFile() ? null : 'it is no file';
}
