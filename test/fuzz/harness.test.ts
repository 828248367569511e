import { afterAll, describe, expect, it } from 'vitest';
import { measureGrowth } from './growth.ts';
import { Fuzzer } from './harness.ts';
import { mutant } from './mutate.ts';
import { QUADRATIC } from './planted.ts';
import { Random } from './random.ts';
import { TARGETS } from './targets.ts';
import { isRefusal } from './worker.ts';

describe('the harness', () => {
  const planted = new URL('planted.ts', import.meta.url).href;
  // Long enough that no fault but the endless one runs into it, however busy the machine.
  const fuzzer = new Fuzzer(planted, { inputTime: 30_000, heap: 32 });
  const impatient = new Fuzzer(planted, { inputTime: 500, heap: 32 });
  afterAll(() => Promise.all([fuzzer.close(), impatient.close()]));
  const faults = async (target: string, count: number): Promise<readonly string[]> => {
    const result = await (target === 'endless' ? impatient : fuzzer).fuzz({ target, seed: 1, count });
    return result.faults.map(({ error }) => error);
  };

  it('passes a reader that reads or refuses', async () => {
    const result = await fuzzer.fuzz({ target: 'sound', seed: 1, count: 200 });
    expect(result).toMatchObject({ inputs: 200, faults: [] });
    expect(result.accepted).toBeGreaterThan(0);
    expect(result.accepted).toBeLessThan(200);
  }, 30_000);

  it.each([
    ['range error', 50, /^RangeError/],
    ['no code', 1, /^EvidenceError/],
    ['endless', 2, /no end within 500 ms/],
    ['heap', 1, /memory/],
    ['claimed length', 1, /MiB outside the heap/],
  ])(
    'finds %s',
    async (target, count, expected) => {
      expect(await faults(target, count)).toContainEqual(expect.stringMatching(expected));
    },
    60_000,
  );

  it('goes on behind an input that ended the thread', async () => {
    const { inputs, faults: found } = await fuzzer.fuzz({ target: 'range error', seed: 2, count: 500 });
    expect(inputs).toBe(500);
    expect(found.length).toBeGreaterThan(0);
  }, 30_000);
});

it('makes the same input for the same seed and index, and another for another', () => {
  const seeds = [new Uint8Array(64)];
  const input = (seed: number, index: number): string =>
    Buffer.from(mutant(seeds, new Random(seed, 'x', index))).toString('hex');
  expect(input(1, 5)).toBe(input(1, 5));
  expect(new Set(Array.from({ length: 50 }, (_, index) => input(1, index))).size).toBeGreaterThan(40);
  expect(input(1, 5)).not.toBe(input(2, 5));
});

it('tells quadratic from linear', () => {
  expect(measureGrowth(QUADRATIC, QUADRATIC.growth[0]!).linear).toBe(false);
});

describe('every target', () => {
  it('has a name of its own', () => {
    expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length);
  });

  it.each(TARGETS.map((target) => [target.name, target] as const))(
    '%s reads a seed, and fails with none',
    (_, target) => {
      let read = 0;
      for (const seed of target.seeds()) {
        try {
          target.run(seed);
          read++;
        } catch (error) {
          if (!isRefusal(error, target)) throw error;
        }
      }
      expect(read).toBeGreaterThan(0);
    },
  );
});
