/** The attack table, carried out. */
import { afterAll, describe, expect, test } from 'vitest';
import { outcome } from './harness.ts';
import { ATTACKS, OUT_OF_SCOPE } from './table.ts';

const COUNT = 115;

test('every attack is in the table or out of scope with a reason, and none is both', () => {
  const numbers = [...ATTACKS.keys(), ...OUT_OF_SCOPE.keys()].toSorted((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
  for (const attacks of ATTACKS.values()) expect(attacks.length).toBeGreaterThan(0);
});

const rows = [...ATTACKS]
  .toSorted(([a], [b]) => a - b)
  .flatMap(([number, attacks]) => attacks.map((attack) => ({ number, name: attack.name, attack })));

describe('each attack is caught', { timeout: 60_000 }, () => {
  test.each(rows)('attack $number: $name', ({ number, attack }) => {
    expect(outcome(number, attack)).toEqual([]);
  });
});

describe('out of scope', () => {
  test.each([...OUT_OF_SCOPE])('attack %i: %s', (_number, reason) => {
    expect(reason.length).toBeGreaterThan(20);
  });
});

afterAll(() => {
  process.stdout.write(`attacks: ${ATTACKS.size} in scope (${rows.length} rows), ${OUT_OF_SCOPE.size} out of scope\n`);
});
