/** Orders of two logs that lead to a value. */
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { effort, interleave } from '../../src/logs/interleave.ts';
import { SEED } from '../support/seed.ts';

const ZERO = new Uint8Array(32);
const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest());
const digests = (log: string, n: number): Uint8Array[] =>
  Array.from({ length: n }, (_, i) => sha256(Buffer.from(`${log}${i}`)));

/** The value after taking from both logs as `order` says. */
function after(logs: readonly [readonly Uint8Array[], readonly Uint8Array[]], order: readonly (0 | 1)[]): Uint8Array {
  const taken = [0, 0];
  return order.reduce<Uint8Array>((value, log) => sha256(value, logs[log][taken[log]!++]!), ZERO);
}

const side = fc.constantFrom(0 as const, 1 as const);

test('any order of prefixes is found, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(side, { minLength: 1, maxLength: 6 }), fc.nat(2), fc.nat(2), (order, more, rest) => {
      const count = (log: 0 | 1): number => order.filter((one) => one === log).length;
      const logs = [digests('a', count(0) + more), digests('b', count(1) + rest)] as const;
      const left = effort();
      expect(interleave('sha256', ZERO, logs, after(logs, order), left)).toEqual(order);
      expect(left.left).toBeLessThan(effort().left);
      expect(interleave('sha256', ZERO, logs, sha256(ZERO), effort())).toBeUndefined();
    }),
    { seed: SEED },
  );
});

test('the same digest in both logs is of either', () => {
  const [one] = digests('a', 1) as [Uint8Array];
  const logs = [[one], [one]] as const;
  expect(interleave('sha256', ZERO, logs, sha256(sha256(ZERO, one), one), effort())).toHaveLength(2);
});

test('the effort is what it is said to be, and is kept', () => {
  const logs = (a: number, b: number) => [digests('a', a), digests('b', b)] as const;
  const wrong = sha256(ZERO);
  for (const [a, b, enough] of [
    [7, 7, true],
    [21, 3, true],
    [8, 8, false],
    [22, 3, false],
  ] as const) {
    const left = effort();
    expect(interleave('sha256', ZERO, logs(a, b), wrong, left)).toBeUndefined();
    expect([a, b, left.left > 0]).toEqual([a, b, enough]);
  }
  // Spent for one PCR it is spent for the next.
  const left = effort();
  interleave('sha256', ZERO, logs(9, 9), wrong, left);
  const [a, b] = logs(1, 1);
  expect(interleave('sha256', ZERO, [a, b], after([a, b], [0]), left)).toBeUndefined();
});
