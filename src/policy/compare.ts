/** Compares two resolved policies item by item: which asks more of a host. */

import { canonicalJson } from '../bytes/json.ts';
import { checkById } from '../checks/catalogue.ts';
import { LINKS } from '../checks/model.ts';
import { fewer, more } from '../checks/strictness.ts';
import type { PinSet } from '../references/reference-set.ts';
import { isAtLeast, type Basis } from '../references/schema.ts';
import { parseSelection } from '../tpm/selection.ts';
import { compareDocuments } from './compare-documents.ts';
import type { PlannedCheck, ResolvedPolicy } from './resolve.ts';

/** `other`: neither asks at least as much as the other of every host. */
export type Relation = 'tighter' | 'looser' | 'other';

/** One item in which two policies differ. */
export interface PolicyChange {
  /** where it stands in the document: `checks.firmware.configuration.3` */
  readonly key: string;
  /** of the second policy to the first */
  readonly relation: Relation;
  /** null: the policy does not have the item */
  readonly from: string | null;
  readonly to: string | null;
}

/** What differs from `base` to `derived`. Names and versions are no difference, nor is the order of a list. */
export function comparePolicies(base: ResolvedPolicy, derived: ResolvedPolicy): readonly PolicyChange[] {
  return [
    ...compareValue('selection', base.selection, derived.selection, signsMore),
    ...compareValue('maxAgeSeconds', base.maxAgeSeconds, derived.maxAgeSeconds, (a, b) => b <= a),
    ...compareDocuments(base, derived),
    ...compareValue('pins', base.pins, derived.pins, fewerPins, showPins),
    ...LINKS.flatMap((link) =>
      compareValue(`exclude.${link}`, base.excluded[link] ?? null, derived.excluded[link] ?? null, fewerReasons),
    ),
    ...compareChecks(base.plan, derived.plan),
  ];
}

/** Compares both ways: what is as strict in both directions is no difference. */
function compareValue<T>(
  key: string,
  from: T,
  to: T,
  atLeastAsStrict: (base: T, derived: T) => boolean,
  show: (value: T) => string | null = showValue,
): PolicyChange[] {
  const tighter = atLeastAsStrict(from, to);
  const looser = atLeastAsStrict(to, from);
  if (tighter && looser) return [];
  return [{ key, relation: tighter ? 'tighter' : looser ? 'looser' : 'other', from: show(from), to: show(to) }];
}

function showValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : canonicalJson(value);
}

/** The same banks, and in each no PCR less. A bank more is one more that may be judged, a bank less one less that is signed. */
function signsMore(base: string, derived: string): boolean {
  const before = parseSelection(base);
  const after = parseSelection(derived);
  return before.size === after.size && [...before].every(([bank, pcrs]) => more([...pcrs], after.get(bank) ?? []));
}

function fewerPins(base: PinSet | null, derived: PinSet | null): boolean {
  return fewer(pinKeys(base), pinKeys(derived));
}

function pinKeys(pins: PinSet | null): string[] {
  return (pins?.hosts ?? []).map(({ host, akName }) => canonicalJson([host, akName]));
}

function showPins(pins: PinSet | null): string | null {
  return pins === null ? null : `${pins.name}, ${pins.hosts.length} keys`;
}

/** A reason to leave something out: having none is stricter, another one is neither. */
function fewerReasons(base: string | null, derived: string | null): boolean {
  return derived === null || base === derived;
}

function compareChecks(from: readonly PlannedCheck[], to: readonly PlannedCheck[]): PolicyChange[] {
  const before = new Map(from.map((planned) => [planned.check, planned]));
  const after = new Map(to.map((planned) => [planned.check, planned]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id): PolicyChange[] => {
    const key = `checks.${id}`;
    const base = before.get(id);
    const derived = after.get(id);
    if (base === undefined) return [{ key, relation: 'tighter', from: null, to: 'asked' }];
    if (derived === undefined) return [{ key, relation: 'looser', from: 'asked', to: null }];
    return [
      ...compareValue(`accept.${id}`, showAccepted(base), showAccepted(derived), fewerReasons),
      ...compareValue(`minimumBasis.${id}`, base.minimumBasis ?? null, derived.minimumBasis ?? null, risingBasis),
      ...compareParameters(key, base, derived),
    ];
  });
}

function risingBasis(base: Basis | null, derived: Basis | null): boolean {
  return base === null || (derived !== null && isAtLeast(derived, base));
}

function showAccepted({ accepted }: PlannedCheck): string | null {
  return accepted === undefined ? null : `${accepted.reason} (${accepted.owner})`;
}

type Comparison = (base: unknown, derived: unknown) => boolean;
type Parameters = Readonly<Record<string, unknown>>;

function compareParameters(key: string, base: PlannedCheck, derived: PlannedCheck): PolicyChange[] {
  const comparisons = Object.entries((checkById(base.check)!.tightens ?? {}) as Readonly<Record<string, Comparison>>);
  const asStrict: Comparison = (a, b) =>
    comparisons.every(([name, compare]) => compare((a as Parameters)[name], (b as Parameters)[name]));
  if (base.anyOf === undefined && derived.anyOf === undefined) {
    const from = base.parameters as Parameters;
    const to = derived.parameters as Parameters;
    return comparisons.flatMap(([name, compare]) => compareValue(`${key}.${name}`, from[name], to[name], compare));
  }
  // Every branch of the stricter one is as strict as some branch of the other.
  const within = (a: readonly unknown[], b: readonly unknown[]): boolean =>
    b.every((branch) => a.some((other) => asStrict(other, branch)));
  return compareValue(key, branchesOf(base), branchesOf(derived), within);
}

/** The sets of parameters of a check, any of which may answer it. */
function branchesOf({ parameters, anyOf }: PlannedCheck): readonly unknown[] {
  return anyOf ?? [parameters];
}
