/** The logs as a bundle carries them: whole, or only what the service has not acknowledged yet, or by name. */

import { createHash } from 'node:crypto';
import type { KeptLogs } from '../api/client.ts';
import { contentId } from '../bytes/hash.ts';
import { MAX_BUNDLE_BYTES, MAX_PART_BYTES, MAX_RUNTIME_LIST_BYTES, type LogEvidence } from '../evidence/bundle.ts';
import { LogFile, LogUnavailable } from './log-file.ts';
import { Pieces } from './pieces.ts';
import { MAX_SYSTEMD_LOG_BYTES } from './systemd-log.ts';

/** Room in a bundle for what is not a log: a quote, its PCR values, claims and hints. */
const REST_BYTES = 128 * 1024;
/** Base64 makes four characters of three bytes. */
const MAX_LOGS_BYTES = Math.floor(((MAX_BUNDLE_BYTES - REST_BYTES) * 3) / 4);
/** Firmware has at most a few hundred kilobytes for its log. */
const MAX_FIRMWARE_LOG_BYTES = 4 * 1024 * 1024;
/** What of the list goes in the evidence itself. More than that goes before it in parts, and is not held in memory. */
const MAX_HELD_BYTES = MAX_LOGS_BYTES - MAX_FIRMWARE_LOG_BYTES - MAX_SYSTEMD_LOG_BYTES;

/**
 * The whole firmware log. It does not grow after the hand-over to the kernel.
 * @throws LogUnavailable also for an empty one: firmware that measures writes at least its first event
 */
export async function readFirmwareLog(path: string): Promise<Uint8Array> {
  const file = await LogFile.open(path);
  try {
    const pieces = new Pieces(path, MAX_FIRMWARE_LOG_BYTES);
    await file.readOn((piece) => pieces.add(piece));
    if (pieces.length === 0) throw new LogUnavailable(`${path}: empty`);
    return pieces.bytes();
  } finally {
    await file.close();
  }
}

/** A log that is in memory: by its name alone where the service has it. @param kept content id of what the service has */
export function logEvidence(bytes: Uint8Array, kept: string | null): LogEvidence {
  const id = contentId(bytes);
  return id === kept ? { id } : { id, bytes };
}

type Acknowledged = KeptLogs['ima'];

/**
 * The runtime list, open while a quote is made: what it holds before is counted, what was appended since is read afterwards, so that
 * the list sent is never behind the quote. Bytes the service has acknowledged are compared with its id and not kept in memory.
 */
export class RuntimeList {
  readonly #path: string;
  #file: LogFile;
  #acknowledged: Acknowledged;
  /** what follows the acknowledged bytes; null where it is too much, and the list goes in parts */
  #pieces: Pieces | null;
  /** of everything read */
  #hash = createHash('sha256');
  /** id of the bytes read when they were as many as are acknowledged */
  #begun: string | undefined;
  #length = 0;

  private constructor(path: string, file: LogFile, acknowledged: Acknowledged) {
    this.#path = path;
    this.#file = file;
    this.#acknowledged = acknowledged;
    this.#pieces = new Pieces(path, Infinity);
  }

  /**
   * Reads the list to its present end.
   * @param acknowledged what the service says it has; a list that does not begin with it (after kexec or a resume) goes whole
   * @throws LogUnavailable
   */
  static async open(path: string, acknowledged: Acknowledged): Promise<RuntimeList> {
    const list = new RuntimeList(path, await LogFile.open(path), acknowledged);
    try {
      await list.#readOn();
      if (acknowledged !== null && list.#begun !== acknowledged.id) await list.#readWhole();
      return list;
    } catch (cause) {
      await list.close();
      throw cause;
    }
  }

  /** bytes read so far, the acknowledged ones included */
  get length(): number {
    return this.#length;
  }

  /**
   * Reads what was appended, and gives the list for the bundle.
   * @throws LogUnavailable
   */
  async evidence(): Promise<LogEvidence> {
    await this.#readOn();
    if (this.#pieces === null) return { id: this.#id() };
    const bytes = this.#pieces.bytes();
    if (this.#acknowledged === null) return { id: contentId(bytes), bytes };
    const { id } = this.#acknowledged;
    return bytes.length === 0 ? { id } : { id, tail: bytes };
  }

  /**
   * Reads the list again from its beginning, and gives it whole; by its id alone where it goes in parts.
   * @throws LogUnavailable
   */
  async wholeEvidence(): Promise<LogEvidence> {
    if (this.#acknowledged !== null && this.#pieces !== null) await this.#readWhole();
    return this.evidence();
  }

  /**
   * The parts of a list that goes in parts, as far as it was read; none of one that does not.
   * @throws LogUnavailable
   */
  async *parts(): AsyncGenerator<Uint8Array> {
    if (this.#pieces !== null) return;
    const file = await LogFile.open(this.#path);
    try {
      for (let left = this.#length; left > 0;) {
        const part = await file.readNext(Math.min(left, MAX_PART_BYTES));
        if (part.length === 0) return;
        yield part;
        left -= part.length;
      }
    } finally {
      await file.close();
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #readWhole(): Promise<void> {
    await this.#file.close();
    this.#file = await LogFile.open(this.#path);
    this.#acknowledged = null;
    this.#pieces = new Pieces(this.#path, Infinity);
    this.#hash = createHash('sha256');
    this.#length = 0;
    await this.#readOn();
  }

  #readOn(): Promise<void> {
    return this.#file.readOn((piece) => {
      const left = Math.min(Math.max((this.#acknowledged?.bytes ?? 0) - this.#length, 0), piece.length);
      this.#length += piece.length;
      if (this.#length > MAX_RUNTIME_LIST_BYTES) {
        throw new LogUnavailable(`${this.#path}: larger than ${MAX_RUNTIME_LIST_BYTES} bytes`);
      }
      this.#hash.update(piece.subarray(0, left));
      if (left > 0 && this.#length - piece.length + left === this.#acknowledged?.bytes) this.#begun = this.#id();
      this.#hash.update(piece.subarray(left));
      if (left < piece.length) this.#pieces?.add(left === 0 ? piece : piece.subarray(left));
      if ((this.#pieces?.length ?? 0) > MAX_HELD_BYTES) this.#pieces = null;
    });
  }

  #id(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`;
  }
}
