/**
 * How far a value may be believed, carried by its type so that mixing the kinds does not compile.
 *
 * `Untrusted<T>`: parsed from what a host sent. `Replayed<T>`: its digests replay to a verified quote, per bank; the data
 * beside the digests is still only the host's word. `Verified<T>`: the data too is proved, by a replayed digest.
 * Each kind is made in one place: the parser of a log, the replay, the classification of event data (one for the firmware log, one
 * for the logs of the running system).
 */

declare const mark: unique symbol;

/** Parsed from what a host sent. */
export interface Untrusted<T> {
  readonly [mark]: 'untrusted';
  /** The value; whoever reads it knows that nothing vouches for it. */
  readonly untrusted: T;
}

/** Tied to a verified quote, per bank: the digests are proved, the data beside them is not. */
export interface Replayed<T> {
  readonly [mark]: 'replayed';
  readonly replayed: T;
}

/** Data that hashes to a replayed digest. */
export interface Verified<T> {
  readonly [mark]: 'verified';
  readonly verified: T;
}

/** For parsers only: what they return is untrusted. */
export function untrusted<T>(value: T): Untrusted<T> {
  return { untrusted: value } as unknown as Untrusted<T>;
}

/** For `logs/replay` only: the digests of `value` were found to replay to a verified quote. */
export function replayed<T>(value: T): Replayed<T> {
  return { replayed: value } as unknown as Replayed<T>;
}

/** For the classification of event data only: the data was found to hash to a replayed digest. */
export function verified<T>(value: T): Verified<T> {
  return { verified: value } as unknown as Verified<T>;
}
