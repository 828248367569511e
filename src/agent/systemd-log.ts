/** systemd's log of what it measures (`tpm2-measure.log`), read so that it is never behind the quote. */

import type { Edge } from './edge.ts';
import { LogFile } from './log-file.ts';
import { Pieces } from './pieces.ts';

/** A boot leaves a few dozen records of about half a kilobyte. */
export const MAX_SYSTEMD_LOG_BYTES = 1024 * 1024;

/** systemd sets the sticky bit before it extends a PCR, and clears it when the record is in the file. */
const STICKY = 0o1000;
const LINE_FEED = 0x0a;

/** An extend takes a TPM some milliseconds. Where the writer was killed the bit stays, and systemd writes no more. */
const STEP_MILLISECONDS = 50;
const STEPS = 20;

interface Read {
  readonly bytes: Uint8Array;
  /** no record was under way, and none is cut off */
  readonly settled: boolean;
}

/** The log of a host: counted before a quote, read after it. */
export class SystemdLog {
  readonly #path: string;
  /** bytes before the quote; null where there is no log: the host measures nothing that way, or has not begun */
  readonly length: number | null;

  private constructor(path: string, length: number | null) {
    this.#path = path;
    this.length = length;
  }

  /** @throws LogUnavailable where it is there and cannot be read */
  static async look(path: string): Promise<SystemdLog> {
    return new SystemdLog(path, (await read(path))?.bytes.length ?? null);
  }

  /**
   * The log with the record of every PCR extended so far: waits, a second at most, while one is under way.
   * @returns undefined where there is none
   * @throws LogUnavailable
   */
  async read(edge: Pick<Edge, 'sleep'>): Promise<Uint8Array | undefined> {
    const { signal } = new AbortController();
    let now = await read(this.#path);
    for (let step = 0; step < STEPS && now?.settled === false; step++) {
      await edge.sleep(STEP_MILLISECONDS, signal);
      now = await read(this.#path);
    }
    return now?.bytes;
  }
}

async function read(path: string): Promise<Read | undefined> {
  const file = await LogFile.openIfThere(path);
  if (file === undefined) return undefined;
  try {
    // Asked before the bytes are read: what is under way then may have been extended before the quote.
    const underWay = ((await file.mode()) & STICKY) !== 0;
    const pieces = new Pieces(path, MAX_SYSTEMD_LOG_BYTES);
    await file.readOn((piece) => pieces.add(piece));
    const bytes = pieces.bytes();
    return { bytes, settled: !underWay && (bytes.at(-1) ?? LINE_FEED) === LINE_FEED };
  } finally {
    await file.close();
  }
}
