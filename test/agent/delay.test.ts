import { describe, expect, it } from 'vitest';
import { backOff, untilNext, wait } from '../../src/agent/delay.ts';
import { testEdge } from './edge.ts';

const never = new AbortController().signal;

describe('until the next attestation', () => {
  it.each([
    ['as asked', 300, 0, 300_000],
    ['a tenth earlier at most', 300, 0xff, 270_000],
    ['not at once, whatever is asked', 0, 0, 5_000],
    ['not never, whatever is asked', 1e12, 0, 24 * 3_600_000],
    ['soon when what is asked is no number', Number.NaN, 0, 5_000],
  ])('%s', (_, seconds, fill, ms) => {
    expect(untilNext(seconds, testEdge(fill))).toBe(ms);
  });
});

describe('after failures', () => {
  it('the waiting doubles from one second to five minutes', () => {
    const most = Array.from({ length: 11 }, (_, i) => backOff(i + 1, testEdge(0xff)));
    expect(most).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1000));
    expect(backOff(5000, testEdge(0xff))).toBe(300_000);
  });

  it('half of it is random', () => {
    expect(backOff(1, testEdge(0))).toBe(500);
    expect(backOff(10, testEdge(0))).toBe(150_000);
    expect(backOff(10, testEdge(0x80))).toBeGreaterThan(220_000);
  });
});

describe('waiting', () => {
  it('takes steps and ends in time', async () => {
    const edge = testEdge();
    expect(await wait(40_000, edge, never)).toBe('due');
    expect(edge.slept).toEqual([15_000, 15_000, 10_000]);
    expect(await wait(0, edge, never)).toBe('due');
    expect(edge.slept).toHaveLength(3);
  });

  it('ends early when the machine was suspended', async () => {
    const edge = testEdge();
    edge.suspendFor(60_000);
    expect(await wait(300_000, edge, never)).toBe('resumed');
    expect(edge.slept).toEqual([15_000]);
  });

  it('takes a late timer for no suspend', async () => {
    const edge = testEdge();
    edge.suspendFor(9_000);
    expect(await wait(20_000, edge, never)).toBe('due');
  });

  it('ends at once when it is stopped', async () => {
    const stop = new AbortController();
    const edge = testEdge(0, (slept) => {
      if (slept.length === 1) stop.abort();
    });
    expect(await wait(300_000, edge, stop.signal)).toBe('stopped');
    expect(edge.slept).toHaveLength(1);
    expect(await wait(300_000, edge, stop.signal)).toBe('stopped');
  });
});
