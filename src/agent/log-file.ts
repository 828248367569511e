/** Logs as the kernel shows them: files below securityfs that state the size 0 and may grow while they are read. */

import { open, type FileHandle } from 'node:fs/promises';

/** The kernel gives about a page at a time, however much is asked for. */
const CHUNK_BYTES = 64 * 1024;

const REASONS = new Map<string, string>([
  ['ENOENT', 'not there'],
  ['ENOTDIR', 'not there'],
  ['EACCES', 'this user may not read it'],
  ['EPERM', 'this user may not read it'],
  ['EISDIR', 'a directory'],
]);

/** A log cannot be had. The bundle goes without it and says so. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

/** An open log. Reading goes on where it ended, also past what was the end before. */
export class LogFile {
  readonly #handle: FileHandle;
  readonly #path: string;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /** @throws LogUnavailable when it cannot be opened */
  static async open(path: string): Promise<LogFile> {
    try {
      return new LogFile(await open(path, 'r'), path);
    } catch (cause) {
      throw unavailable(path, cause);
    }
  }

  /**
   * As {@link open}, for a log that not every host has.
   * @throws LogUnavailable when it is there and cannot be opened
   */
  static async openIfThere(path: string): Promise<LogFile | undefined> {
    try {
      return new LogFile(await open(path, 'r'), path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw unavailable(path, cause);
    }
  }

  /**
   * Reads to the present end.
   * @param take is given each piece; it may keep it
   * @throws LogUnavailable when reading fails
   */
  async readOn(take: (piece: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const bytesRead = await this.#read(buffer, 0);
      if (bytesRead === 0) return;
      take(buffer.slice(0, bytesRead));
    }
  }

  /**
   * Reads so many bytes; fewer only where the log ends.
   * @throws LogUnavailable when reading fails
   */
  async readNext(size: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(size);
    let length = 0;
    for (let bytesRead = -1; length < size && bytesRead !== 0; length += bytesRead) {
      bytesRead = await this.#read(buffer, length);
    }
    return buffer.subarray(0, length);
  }

  async #read(buffer: Uint8Array, offset: number): Promise<number> {
    try {
      return (await this.#handle.read(buffer, offset, buffer.length - offset, null)).bytesRead;
    } catch (cause) {
      throw unavailable(this.#path, cause);
    }
  }

  /** Kind and permission bits, as stat(2) gives them. */
  async mode(): Promise<number> {
    return (await this.#handle.stat()).mode;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function unavailable(path: string, cause: unknown): LogUnavailable {
  const { code } = cause as NodeJS.ErrnoException;
  const reason = REASONS.get(code ?? '') ?? `cannot be read (${code ?? String(cause)})`;
  return new LogUnavailable(`${path}: ${reason}`, { cause });
}
