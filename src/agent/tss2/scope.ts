/** What is loaded into a TPM together and taken out together, whatever happens in between. */

import type { CommandName, Handle, Outputs } from './commands.ts';
import type { Arguments, Tpm } from './context.ts';

/** Whatever sends commands. One that gives a handle is sent through a {@link Scope} only. */
export type Runner = Pick<Tpm, 'run'>;

/**
 * Handles that live and end together. A TPM need not have room for more than three objects at a time, nor does the kernel's
 * resource manager keep more for one program: an EK, an AK and one key more.
 */
export class Scope {
  readonly tpm: Tpm;
  #handles: Handle[] = [];
  #closed = false;

  constructor(tpm: Tpm) {
    this.tpm = tpm;
  }

  /** As {@link Tpm.run}; handles the command gives are released with this scope. */
  async run<C extends CommandName>(name: C, given: Arguments<C>): Promise<Outputs<C>> {
    if (this.#closed) throw new TypeError('a command in a scope that was closed');
    return this.tpm.run(name, given, (handle) => this.#handles.push(handle));
  }

  /** Releases every handle, the last one first, also when one cannot be released. */
  async close(): Promise<void> {
    this.#closed = true;
    let failure: { readonly error: unknown } | undefined;
    for (const handle of this.#handles.splice(0).toReversed()) {
      try {
        await this.tpm.release(handle);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}

/** Does something with a scope of its own, which is closed at the end. An error of the work comes before one of closing. */
export async function inScope<T>(tpm: Tpm, work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope(tpm);
  let result: T;
  try {
    result = await work(scope);
  } catch (error) {
    await scope.close().catch(() => undefined);
    throw error;
  }
  await scope.close();
  return result;
}
