/** One change: what it writes, and the events that say so, in one transaction. */

import type { Transaction } from 'kysely';
import { actorText, appendEvents, type Cause, type NewEvent } from './events.ts';
import type { Keeper, Reader, Recorder, Tables } from './schema.ts';

/**
 * The transaction of a change. What the operator decided is written through {@link record} alone, which takes the event with it: a
 * change without its event does not compile.
 */
export class Change {
  /** epoch milliseconds */
  readonly at: number;
  /** `token:<id>` and the like, for columns that say who */
  readonly by: string;
  /** in the words of whoever decided */
  readonly reason: string | null;
  /** sees what this change has written */
  readonly read: Reader;
  /** writes what needs no event, in this transaction */
  readonly keep: Keeper;
  readonly #transaction: Transaction<Tables>;
  readonly #cause: Cause;
  readonly #events: NewEvent[] = [];

  constructor(transaction: Transaction<Tables>, cause: Cause) {
    this.#transaction = transaction;
    this.#cause = cause;
    this.at = cause.at;
    this.by = actorText(cause.actor);
    this.reason = cause.reason;
    this.read = transaction;
    this.keep = transaction;
  }

  /** Writes, and records what was done. */
  async record<T>(event: NewEvent, write: (recorder: Recorder) => Promise<T>): Promise<T> {
    const result = await write(this.#transaction);
    this.#events.push(event);
    return result;
  }

  /** Records what happened where nothing is written that needs it. */
  note(event: NewEvent): void {
    this.#events.push(event);
  }

  /** Adds the events; the last thing before the end of the transaction. */
  appendEvents(): Promise<void> {
    return appendEvents(this.#transaction, this.#cause, this.#events);
  }
}
