/** A token bucket per client address. */

/** Addresses remembered; the one unused longest is forgotten first, so a flood of addresses cannot fill memory. */
const MAX_CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Lets each client make so many requests a second, and so many at once. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /**
   * Takes one token.
   * @param now epoch milliseconds; a clock set back adds no token
   * @returns 0 when the request may go on, else the seconds after which a token is there
   */
  take(client: string, now: number): number {
    const bucket = this.#buckets.get(client) ?? { tokens: this.#burst, at: now };
    const elapsed = Math.max(0, now - bucket.at) / 1000;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + elapsed * this.#perSecond);
    bucket.at = now;
    // Deleted and set again: the map's order is that of the last use.
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    if (this.#buckets.size > MAX_CLIENTS) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.#perSecond);
    bucket.tokens -= 1;
    return 0;
  }
}
