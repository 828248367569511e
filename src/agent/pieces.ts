/** A log while it is read, up to a limit. */

import { LogUnavailable } from './log-file.ts';

/** Pieces that were read one after the other. */
export class Pieces {
  #pieces: Uint8Array[] = [];
  readonly #limit: number;
  readonly #path: string;
  length = 0;

  constructor(path: string, limit: number) {
    this.#path = path;
    this.#limit = limit;
  }

  /** @throws LogUnavailable past the limit */
  add(piece: Uint8Array): void {
    this.length += piece.length;
    if (this.length > this.#limit) throw new LogUnavailable(`${this.#path}: larger than ${this.#limit} bytes`);
    this.#pieces.push(piece);
  }

  /** All of them as one; they are not held twice. */
  bytes(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }
}
