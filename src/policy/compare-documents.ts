/** Compares the manifests and reference sets of two policies. */

import { canonicalJson } from '../bytes/json.ts';
import type { ReferenceSet } from '../references/reference-set.ts';
import type { PolicyChange, Relation } from './compare.ts';
import type { ResolvedPolicy } from './resolve.ts';

/** A document more lets more pass, unless it only forbids or requires. A document of the same name with other content compares with nothing. */
export function compareDocuments(base: ResolvedPolicy, derived: ResolvedPolicy): readonly PolicyChange[] {
  return [
    ...compareByName('manifests', base.manifests, derived.manifests, () => 'looser'),
    ...compareByName('references', base.references, derived.references, addedSet),
  ];
}

interface Named {
  readonly name: string;
  readonly version: string;
}

/** @param added what it means that a policy has the document over one that has only the others */
function compareByName<T extends Named>(
  key: string,
  base: readonly T[],
  derived: readonly T[],
  added: (document: T, others: readonly T[]) => Relation,
): PolicyChange[] {
  const names = [...new Set([...base, ...derived].map(({ name }) => name))];
  return names.flatMap((name): PolicyChange[] => {
    const from = base.find((document) => document.name === name);
    const to = derived.find((document) => document.name === name);
    if (from === undefined) return [change(`${key}.${name}`, added(to!, base), from, to)];
    if (to === undefined) return [change(`${key}.${name}`, OPPOSITE[added(from, derived)], from, to)];
    return canonicalJson(from) === canonicalJson(to) ? [] : [change(`${key}.${name}`, 'other', from, to)];
  });
}

const OPPOSITE: Readonly<Record<Relation, Relation>> = { tighter: 'looser', looser: 'tighter', other: 'other' };

function change(key: string, relation: Relation, from: Named | undefined, to: Named | undefined): PolicyChange {
  return { key, relation, from: from?.version ?? null, to: to?.version ?? null };
}

/** What a reference set adds to those of its kind: values it vouches for let more pass, values it forbids or requires less. */
function addedSet(set: ReferenceSet, others: readonly ReferenceSet[]): Relation {
  switch (set.kind) {
    case 'firmware': {
      const forbids = (set.revoked ?? []).length > 0;
      if (set.components.length === 0) return 'tighter';
      return forbids ? 'other' : 'looser';
    }
    case 'dbx': {
      // The question of dbx is answered as long as one set of its kind is not expired.
      const answered = others.some((other) => other.kind === 'dbx' && !endsBefore(other, set));
      if (answered) return 'tighter';
      return set.required.length === 0 ? 'looser' : 'other';
    }
    case 'secure-boot-keys':
    case 'mok':
      return 'looser';
  }
}

function endsBefore(one: ReferenceSet, other: ReferenceSet): boolean {
  return Date.parse(one.expiresAt) < Date.parse(other.expiresAt);
}
