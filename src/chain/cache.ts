/**
 * Results of pure functions, each kept under a key that names everything it is a function of: content ids of bytes, quoted values,
 * the policy's id. A cache never changes a result; it only saves making it again.
 */

/** Part of every key: another engine reads the same bytes anew. */
const ENGINE = 'assay-engine-1';

/** Where results are kept. It may forget any of them at any time, and must give back the very value it was given. */
export interface AppraisalCache {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/** A cache that keeps the `limit` results used last. */
export function createCache(limit = 256): AppraisalCache {
  const entries = new Map<string, unknown>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > limit) entries.delete(entries.keys().next().value!);
    },
  };
}

/** The kept result, or a new one. What throws is not kept. */
export function cached<T>(cache: AppraisalCache | undefined, key: string, make: () => T): T {
  if (cache === undefined) return make();
  const full = `${ENGINE}/${key}`;
  const known = cache.get(full);
  if (known !== undefined) return known as T;
  const made = make();
  cache.set(full, made);
  return made;
}
