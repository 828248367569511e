import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCounters, type QuoteCounters } from '../../src/tpm/counters.ts';

const at = (
  resetCount: number,
  restartCount: number,
  clock: bigint,
  { safe = true, firmwareVersion = 1n } = {},
): QuoteCounters => ({ clockInfo: { clock, resetCount, restartCount, safe }, firmwareVersion });

const same = { sameAk: true };

// Attack 62
describe('compareCounters', () => {
  it('has nothing to say at first sight, and of counters of different keys', () => {
    expect(compareCounters(null, at(5, 0, 1n), same)).toEqual({ relation: 'first-sight', regressed: null, notes: [] });
    expect(compareCounters(at(9, 9, 9n), at(5, 0, 1n), { sameAk: false })).toEqual({
      relation: 'not-comparable',
      regressed: null,
      notes: [],
    });
  });

  it('knows the same boot, a new boot and a resume', () => {
    expect(compareCounters(at(5, 0, 10n), at(5, 0, 10n), same).relation).toBe('same-boot');
    expect(compareCounters(at(5, 0, 10n), at(5, 0, 11n), same)).toMatchObject({ relation: 'same-boot', notes: [] });
    expect(compareCounters(at(5, 0, 10n), at(5, 1, 11n), same)).toMatchObject({
      relation: 'same-boot',
      notes: ['resumed'],
    });
    expect(compareCounters(at(5, 3, 10n), at(6, 0, 11n), same)).toMatchObject({ relation: 'new-boot', notes: [] });
  });

  it('does not compare restartCount and clock over a reset', () => {
    expect(compareCounters(at(5, 3, 1000n), at(6, 0, 10n), same).relation).toBe('new-boot');
  });

  it.each([
    ['resetCount', at(5, 3, 10n), at(4, 9, 99n)],
    ['restartCount', at(5, 3, 10n), at(5, 2, 99n)],
    ['clock', at(5, 3, 10n), at(5, 3, 9n)],
    ['clock', at(5, 3, 10n), at(5, 4, 9n)],
    ['resetCount', at(0, 0, 10n), at(0xffffffff, 0, 10n)],
  ] as const)('finds a regressed %s', (regressed, prior, now) => {
    expect(compareCounters(prior, now, same)).toMatchObject({ relation: 'regressed', regressed });
  });

  it('notes an unsafe clock and other TPM firmware, and refuses neither', () => {
    expect(compareCounters(at(5, 0, 1n), at(5, 0, 2n, { safe: false, firmwareVersion: 2n }), same)).toEqual({
      relation: 'same-boot',
      regressed: null,
      notes: ['clock-not-safe', 'firmware-version-changed'],
    });
    expect(compareCounters(null, at(5, 0, 2n, { safe: false }), same).notes).toEqual(['clock-not-safe']);
  });

  it('compares counters shifted by a constant of the key like the counters themselves', () => {
    const count = fc.integer({ min: 0, max: 1000 });
    const shift = fc.integer({ min: 0, max: 0xffffffff });
    const clock = fc.bigInt({ min: 0n, max: 1000n });
    const counters = fc.tuple(count, count, clock);
    fc.assert(
      fc.property(counters, counters, shift, shift, (prior, now, resets, restarts) => {
        const shifted = ([a, b, c]: [number, number, bigint]): QuoteCounters =>
          at((a + resets) >>> 0, (b + restarts) >>> 0, c);
        expect(compareCounters(shifted(prior), shifted(now), same)).toEqual(
          compareCounters(at(...prior), at(...now), same),
        );
      }),
    );
  });
});
