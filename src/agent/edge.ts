/** What the agent takes from the process it runs in. It is an argument, so that a test passes a clock of its own. */

/** Clock and randomness. */
export interface Edge {
  /** Milliseconds since the machine started, the time it was suspended included (CLOCK_BOOTTIME). */
  uptime(): number;
  /**
   * Resolves after `ms` milliseconds in which the machine was awake, or as soon as the signal is aborted. Timers stand still while
   * the machine is suspended; {@link uptime} does not.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  randomBytes(size: number): Uint8Array;
}

/** A random number from 0 to less than 1. */
export function randomFraction(edge: Edge): number {
  const bytes = edge.randomBytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}
