/** A set of facts, looked up by name, subject or PCR. */

import type { HashName } from '../bytes/hash.ts';
import type { Replayed } from '../bytes/trust.ts';
import type { ImaPrefix } from '../logs/ima/model.ts';
import type { Fact, FactName } from './model.ts';

/** The single value of a name and subject: missing and conflicting values answer nothing. */
type Single<N extends FactName> =
  | { readonly state: 'known'; readonly fact: Fact<N> }
  | { readonly state: 'missing' }
  | { readonly state: 'conflict'; readonly facts: readonly Fact<N>[] };

/** Facts with their indexes. */
export class Facts {
  readonly list: readonly Fact[];
  /** the bank everything is judged in; null while no quote is verified */
  readonly bank: HashName | null;
  /** The proved part of the runtime list, in columns: entries are facts too many to list. */
  readonly ima: Replayed<ImaPrefix> | null;
  readonly #byName = new Map<FactName, Fact[]>();
  readonly #events = new Map<number, Fact<'event'>[]>();
  readonly #replays = new Set<number>();

  constructor(list: readonly Fact[], bank: HashName | null = null, ima: Replayed<ImaPrefix> | null = null) {
    this.list = list;
    this.bank = bank;
    this.ima = ima;
    for (const fact of list) {
      const same = this.#byName.get(fact.name);
      if (same === undefined) this.#byName.set(fact.name, [fact]);
      else same.push(fact);
      if (isFact(fact, 'event') && fact.source.pcr !== undefined) {
        const events = this.#events.get(fact.source.pcr);
        if (events === undefined) this.#events.set(fact.source.pcr, [fact]);
        else events.push(fact);
      }
    }
    for (const fact of (this.#byName.get('pcr') ?? []) as Fact<'pcr'>[]) {
      const pcr = Number(fact.subject);
      const single = this.single('pcr', fact.subject);
      if (single.state === 'known' && single.fact.value.equal) this.#replays.add(pcr);
    }
  }

  all<N extends FactName>(name: N): readonly Fact<N>[] {
    return (this.#byName.get(name) as readonly Fact<N>[] | undefined) ?? [];
  }

  /** The events of one PCR in their order; ask `replays` first, since an absent PCR has none. */
  events(pcr: number): readonly Fact<'event'>[] {
    return this.#events.get(pcr) ?? [];
  }

  /** The one value of a name and subject; two facts with the same value are one. */
  single<N extends FactName>(name: N, subject: string): Single<N> {
    const facts = this.all(name).filter((fact) => fact.subject === subject);
    const first = facts[0];
    if (first === undefined) return { state: 'missing' };
    if (facts.length > 1) {
      const value = JSON.stringify(first.value);
      if (facts.some((fact) => JSON.stringify(fact.value) !== value)) return { state: 'conflict', facts };
    }
    return { state: 'known', fact: first };
  }

  /** Whether a PCR is in the signed selection and replays: only then may anything be said about its events. */
  replays(pcr: number): boolean {
    return this.#replays.has(pcr);
  }
}

/** Whether a fact is the one of that name. */
export function isFact<N extends FactName>(fact: Fact, name: N): fact is Fact & Fact<N> {
  return fact.name === name;
}
