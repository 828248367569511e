/** What is fuzzed: a reader of foreign bytes, inputs to start from, and inputs that grow. */

export interface Growth {
  readonly name: string;
  /** An input whose size is in proportion to `n`; the smallest `n` takes at least about a millisecond to read. */
  readonly make: (n: number) => Uint8Array;
  readonly n: number;
}

export interface Target {
  readonly name: string;
  /** Made once per worker. */
  readonly seeds: () => readonly Uint8Array[];
  /** Reads the bytes, and uses what was read as its callers do. */
  readonly run: (bytes: Uint8Array) => void;
  /** Names of the error classes that are an answer and no fault. */
  readonly refuses: readonly string[];
  readonly growth: readonly Growth[];
}
