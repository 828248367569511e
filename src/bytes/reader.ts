/** The one bounded reader for binary evidence: every read is checked, nothing is allocated from a claimed length. */

import { EvidenceError } from './errors.ts';

/**
 * Reads a byte array front to back. Integers are little-endian (`u16`, `u32`, `u64`, as in event logs) or big-endian
 * (`u16be` …, as in TPM structures). Every failure is an `EvidenceError` with the absolute offset and the part's name.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly part: string;
  readonly #view: DataView;
  readonly #base: number;
  #offset = 0;

  /** @param base offset of `bytes[0]` within the part, so that errors in a slice name the place in the whole */
  constructor(bytes: Uint8Array, part: string, base = 0) {
    this.bytes = bytes;
    this.part = part;
    this.#base = base;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Offset of the next byte within the part. */
  get position(): number {
    return this.#base + this.#offset;
  }

  /** Offset of the next byte within `bytes`. */
  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.bytes.length - this.#offset;
  }

  /** An error at the present position. */
  error(code: string, message: string): EvidenceError {
    return new EvidenceError(code, `${message} (${this.part}, offset ${this.position})`, {
      part: this.part,
      offset: this.position,
    });
  }

  #take(length: number): number {
    if (!Number.isSafeInteger(length) || length < 0 || length > this.remaining) {
      throw this.error('bytes.truncated', `needs ${length} bytes, ${this.remaining} left`);
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }
  u16be(): number {
    return this.#view.getUint16(this.#take(2), false);
  }
  u32be(): number {
    return this.#view.getUint32(this.#take(4), false);
  }
  u64be(): bigint {
    return this.#view.getBigUint64(this.#take(8), false);
  }

  /** The next `length` bytes, as a view of the input (never a copy). */
  take(length: number): Uint8Array {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** A reader over the next `length` bytes, whose errors keep absolute offsets. */
  slice(length: number): ByteReader {
    const base = this.position;
    return new ByteReader(this.take(length), this.part, base);
  }

  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  /** @throws EvidenceError `bytes.trailing` unless every byte was read */
  end(): void {
    if (this.remaining !== 0) throw this.error('bytes.trailing', `${this.remaining} bytes after the end`);
  }
}
