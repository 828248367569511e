import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uuidV7 } from '../../src/bytes/uuid.ts';

describe('a UUID of version 7', () => {
  it('is that of RFC 9562, appendix A.6', () => {
    const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f);
    expect(uuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('sorts by its time, and differs by its randomness', () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(time, time, random, random, (a, b, first, second) => {
        const [one, other] = [uuidV7(a, first), uuidV7(b, second)];
        expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(a === b || one < other === a < b).toBe(true);
      }),
    );
  });

  it.each([-1, 2 ** 48, 1.5, Number.NaN])('has no time %d', (at) => {
    expect(() => uuidV7(at, new Uint8Array(10))).toThrow(RangeError);
  });

  it.each([0, 9, 11, 16])('does not take %d random bytes', (length) => {
    expect(() => uuidV7(0, new Uint8Array(length))).toThrow(RangeError);
  });
});
