/** How parameters of checks compare: whether one value asks at least as much of a host as another. */

import type { OpenOrClosed } from './open.ts';

/** Whether every host that passes with `derived` passes with `base`. */
export type AtLeastAsStrict<T> = (base: T, derived: T) => boolean;

/** One comparison for each parameter of a check. */
export type Tightens<P> = { readonly [K in keyof P]-?: AtLeastAsStrict<P[K]> };

/** A list of what is allowed: a shorter one is stricter. */
export function fewer<T extends string | number>(base: readonly T[], derived: readonly T[]): boolean {
  const allowed = new Set(base);
  return derived.every((value) => allowed.has(value));
}

/** A list of what is required: a longer one is stricter. */
export function more<T extends string | number>(base: readonly T[], derived: readonly T[]): boolean {
  return fewer(derived, base);
}

/** Closed is stricter than open. Open for another reason is neither: the reason is part of every result. */
export function closing(base: OpenOrClosed, derived: OpenOrClosed): boolean {
  return derived === 'closed' || (base !== 'closed' && base.open === derived.open);
}

/** Values in order, the least strict first. */
export function rising<T>(order: readonly T[]): AtLeastAsStrict<T> {
  return (base, derived) => order.indexOf(derived) >= order.indexOf(base);
}

/** A requirement that may be absent; two that differ do not compare. */
export function required<T>(base: T | undefined, derived: T | undefined): boolean {
  return base === undefined || base === derived;
}
