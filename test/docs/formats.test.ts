/** The examples of docs/formats.md are excerpts of the real files they name. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { textOf } from './documents.ts';
import { blocksOf } from './markdown.ts';

type Value = unknown;

/** Where an excerpt says something else than the whole; `…` at the end of a text stands for its rest. */
function differences(excerpt: Value, whole: Value, path: string): string[] {
  if (typeof excerpt === 'string' && excerpt.endsWith('…')) {
    const begins = typeof whole === 'string' && whole.startsWith(excerpt.slice(0, -1));
    return begins ? [] : [`${path}: ${JSON.stringify(whole)?.slice(0, 80)}`];
  }
  if (typeof excerpt !== 'object' || excerpt === null) {
    return excerpt === whole ? [] : [`${path}: ${JSON.stringify(whole)?.slice(0, 80)}`];
  }
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole) !== Array.isArray(excerpt))
    return [`${path}: no`];
  const fields = whole as Record<string, Value>;
  return Object.entries(excerpt).flatMap(([key, value]) => differences(value, fields[key], `${path}.${key}`));
}

const examples = blocksOf(textOf('docs/formats.md')).filter(({ language }) => language === 'json');

it('there are examples', () => {
  expect(examples.length).toBeGreaterThan(5);
});

it.each(examples)('line $line, $info', ({ text, info }) => {
  const file = /^of=(\S+)$/.exec(info)![1]!;
  const whole: Value = JSON.parse(readFileSync(file, 'utf8'));
  expect(differences(JSON.parse(text), whole, file)).toEqual([]);
});

it('sees an example that is no excerpt', () => {
  expect(differences({ a: 'x…' }, { a: 'y' }, '')).toEqual(['.a: "y"']);
  expect(differences({ a: [1, 2] }, { a: [1] }, '')).toEqual(['.a.1: undefined']);
  expect(differences({ a: {} }, { a: [] }, '')).toEqual(['.a: no']);
  expect(differences({ a: null }, {}, '')).toEqual(['.a: undefined']);
});
