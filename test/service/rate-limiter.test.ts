import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../src/service/rate-limiter.ts';

describe('the rate limiter', () => {
  it('lets a burst through, then the rate', () => {
    const limiter = new RateLimiter(2, 3);
    expect([0, 0, 0, 0].map((at) => limiter.take('a', at))).toEqual([0, 0, 0, 1]);
    expect(limiter.take('a', 500)).toBe(0);
    expect(limiter.take('a', 500)).toBe(1);
  });

  it('counts each client for itself', () => {
    const limiter = new RateLimiter(1, 1);
    expect([limiter.take('a', 0), limiter.take('b', 0), limiter.take('a', 0)]).toEqual([0, 0, 1]);
  });

  it('gives nothing for a clock set back', () => {
    const limiter = new RateLimiter(1, 1);
    limiter.take('a', 10_000);
    expect(limiter.take('a', 0)).toBe(1);
  });

  it('never lets more through than burst and rate allow', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (gaps, rate, burst) => {
        const limiter = new RateLimiter(rate, burst);
        let now = 0;
        let passed = 0;
        for (const gap of gaps) {
          now += gap;
          if (limiter.take('a', now) === 0) passed++;
        }
        return passed <= burst + (now / 1000) * rate;
      }),
    );
  });

  it('forgets the client unused longest, not the one that floods', () => {
    const limiter = new RateLimiter(1, 1);
    limiter.take('flood', 0);
    for (let other = 0; other < 20_000; other++) {
      limiter.take(`other-${other}`, 0);
      if (other % 1000 === 0) limiter.take('flood', 0);
    }
    expect(limiter.take('flood', 0)).toBe(1);
  });
});
