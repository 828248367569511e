/** Random numbers that a seed repeats: the same seed, target and index give the same input on every machine. */

export class Random {
  #state: number;

  constructor(...seeds: readonly (number | string)[]) {
    // FNV-1a over the seeds, so that neighbouring indexes start far apart.
    let hash = 0x811c9dc5;
    for (const char of seeds.join('/')) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    this.#state = hash >>> 0;
  }

  /** A whole number of 32 bits (mulberry32). */
  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 … limit − 1; 0 for a limit of 0. */
  below(limit: number): number {
    return limit === 0 ? 0 : this.u32() % limit;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() & 0xff);
  }
}
