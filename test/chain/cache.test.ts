import { expect, it } from 'vitest';
import { cached, createCache } from '../../src/chain/cache.ts';

it('makes a result once, and gives that one again', () => {
  const cache = createCache();
  const first = cached(cache, 'key', () => ({}));
  expect(cached(cache, 'key', () => ({}))).toBe(first);
  expect(cached(cache, 'other', () => ({}))).not.toBe(first);
  expect(cached(undefined, 'key', () => ({}))).not.toBe(first);
});

it('forgets what was not used for longest', () => {
  const cache = createCache(2);
  for (const key of ['a', 'b', 'a', 'c']) cached(cache, key, () => ({ key }));
  const again = (key: string) => cached(cache, key, () => null);
  expect([again('a'), again('c'), again('b')]).toEqual([{ key: 'a' }, { key: 'c' }, null]);
});

it('keeps nothing of what throws', () => {
  const cache = createCache();
  const failing = (): never => {
    throw new Error('once');
  };
  expect(() => cached(cache, 'key', failing)).toThrow('once');
  expect(cached(cache, 'key', () => 'made')).toBe('made');
});
