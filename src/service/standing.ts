/** The standing of a host: what may be relied on now, as against the verdict of an appraisal, which never changes. */

import type { Host } from '../store/hosts.ts';

/** `stale`: it was judged once, and that stands no longer. `never`: it has not been judged. */
export const STANDINGS = ['trusted', 'untrusted', 'unproven', 'stale', 'never'] as const;
export type Standing = (typeof STANDINGS)[number];

/**
 * A verdict stands until its evidence is too old for the policy, a newer boot was seen or something it rested on was taken back, and
 * only while the host is in service.
 * @param at epoch milliseconds
 */
export function standingOf({ state, last }: Pick<Host, 'state' | 'last'>, at: number): Standing {
  if (last === null) return 'never';
  const stands =
    state === 'active' && last.voidedAt === null && last.attestedUntilAt !== null && at < last.attestedUntilAt;
  return stands ? last.verdict : 'stale';
}
