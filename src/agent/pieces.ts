/** A log while it is read, up to a limit. */

import { LogUnavailable } from './log-file.ts';

/** Pieces that were read one after the other. */
export class Pieces {
  readonly #pieces: Uint8Array[] = [];
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

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
