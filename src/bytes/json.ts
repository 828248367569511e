/** JSON read with limits, and written in the one canonical form of RFC 8785. */

import { EvidenceError } from './errors.ts';

/** What JSON text holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper nesting than any document of ours has; bounds the recursion of `JSON.parse` and of everything after it. */
const MAX_DEPTH = 64;

/**
 * A manifest of 200,000 files stays below. An empty object takes 3 bytes of text and 60 of memory, so that size alone bounds
 * nothing: 64 MiB of them stop a process for a minute.
 */
const MAX_VALUES = 1 << 20;

/**
 * Parses JSON text that somebody else wrote: bounded depth, bounded number of values, no `__proto__` key.
 * @param maxValues most values in it, counted before any is made
 * @throws EvidenceError `json.syntax`, `json.depth`, `json.values`, `json.key`
 */
export function parseJson(text: string, maxValues = MAX_VALUES): Json {
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x2c) values++;
    else if (c === 0x7b || c === 0x5b) {
      values++;
      if (++depth > MAX_DEPTH) throw new EvidenceError('json.depth', `nested deeper than ${MAX_DEPTH}`, { offset: i });
    } else if (c === 0x7d || c === 0x5d) depth--;
    if (values > maxValues) throw new EvidenceError('json.values', `more than ${maxValues} values`, { offset: i });
  }
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new EvidenceError('json.syntax', `not JSON: ${(cause as Error).message}`);
  }
  refuseProtoKeys(value);
  return value;
}

function refuseProtoKeys(value: Json): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && Object.hasOwn(value, '__proto__')) {
    throw new EvidenceError('json.key', 'the key __proto__ is not allowed');
  }
  for (const inner of Object.values(value)) refuseProtoKeys(inner as Json);
}

/**
 * Canonical JSON (RFC 8785): keys in UTF-16 order, no white space, ECMAScript numbers. Keys whose value is `undefined`
 * are left out.
 * @throws RangeError for a number that is not finite or a string with a lone surrogate
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('a number in canonical JSON must be finite');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw new RangeError('a string in canonical JSON must be well-formed Unicode');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((v) => canonicalJson(v)).join(',')}]`;
  if (typeof value === 'object') {
    const record = value as Record<string, unknown>;
    const keys = Object.keys(record).filter((key) => record[key] !== undefined);
    keys.sort();
    return `{${keys.map((key) => `${canonicalJson(key)}:${canonicalJson(record[key])}`).join(',')}}`;
  }
  throw new RangeError(`${typeof value} has no canonical JSON form`);
}
