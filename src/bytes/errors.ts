/**
 * The error classes of Assay. They are never mixed: what a host sent is malformed (`EvidenceError`), what the operator
 * wrote about trust is wrong (`PolicyError`), the call itself is wrong (`UsageError`); anything else is our own fault.
 */

/** Where in the evidence a problem was found: the part by name (`quote`, `log.firmware` …) and the byte offset in it. */
interface EvidencePosition {
  readonly part?: string;
  readonly offset?: number;
}

/** Evidence that does not follow its format. `code` is stable and safe to branch on. */
export class EvidenceError extends Error {
  override readonly name = 'EvidenceError';
  readonly code: string;
  readonly part: string | undefined;
  readonly offset: number | undefined;

  constructor(code: string, message: string, position: EvidencePosition = {}) {
    super(message);
    this.code = code;
    this.part = position.part;
    this.offset = position.offset;
  }
}

/** What `read` gives, or what `malformed` makes of an EvidenceError of it. Any other error is none of the evidence, and goes on. */
export function readOr<T, U>(read: () => T, malformed: (error: EvidenceError) => U): T | U {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    return malformed(cause);
  }
}

/** A policy, reference, manifest or pin set that cannot be used: unknown key, name that does not resolve, wrong value. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A call that cannot be carried out as written: bad option, unreadable file. `remedy` says what to do instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}
