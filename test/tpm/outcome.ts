/** What reading foreign bytes comes to: a value, or an `EvidenceError`. Any other error is our own fault and fails the test. */

import { EvidenceError } from '../../src/bytes/errors.ts';

/** The value, or undefined when the bytes were refused as malformed. */
export function orMalformed<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof EvidenceError) return undefined;
    throw error;
  }
}

/** The code with which bytes were refused, or `accepted`. */
export function errorCode(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    if (error instanceof EvidenceError) return error.code;
    throw error;
  }
}
