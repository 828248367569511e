/** One figure: what was measured beside its floor, and the aim it is held against. */

export interface Figure {
  readonly id: string;
  readonly what: string;
  /** e.g. `µs`, `ns/entry`, `MB`, `ms` */
  readonly unit: string;
  readonly value: number;
  readonly floor: { readonly what: string; readonly value: number };
  /** value ÷ floor, or floor ÷ value where more is better; absent for a plain limit */
  readonly ratio: number;
  readonly aim: { readonly text: string; readonly met: boolean };
  /** other programs doing the same work here */
  readonly peers: readonly { readonly name: string; readonly value: string }[];
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** A figure whose ratio to its floor must not exceed `most`. */
export function atMost(most: number, figure: Omit<Figure, 'ratio' | 'aim'>): Figure {
  const ratio = figure.value / figure.floor.value;
  return { ...figure, ratio: round(ratio), aim: { text: `≤ ${most} × floor`, met: ratio <= most } };
}

/** A figure whose floor must be at least `share` of it: throughput against the fastest primitive. */
export function atLeast(share: number, figure: Omit<Figure, 'ratio' | 'aim'>): Figure {
  const ratio = figure.floor.value / figure.value;
  return { ...figure, ratio: round(ratio), aim: { text: `≥ ${share} of floor`, met: ratio >= share } };
}
