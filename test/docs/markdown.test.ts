import { describe, expect, it } from 'vitest';
import { applyDiff, blocksOf, fileOf, missingLines } from './markdown.ts';

it('finds fenced blocks with their language and info', () => {
  const [first, second, ...none] = blocksOf('a\n```ts file=src/x.ts\none\n\ntwo\n```\n```\nplain\n```\n');
  expect(first).toEqual({ language: 'ts', info: 'file=src/x.ts', text: 'one\n\ntwo\n', line: 2 });
  expect(second).toMatchObject({ language: '', info: '', text: 'plain\n', line: 7 });
  expect(none).toEqual([]);
  expect([fileOf(first!), fileOf(second!)]).toEqual(['src/x.ts', undefined]);
  expect(() => blocksOf('```sh\nrun')).toThrow('line 1');
});

describe('applyDiff', () => {
  it('adds, takes away and keeps, hunk by hunk', () => {
    expect(applyDiff('a\nb\nc\nd\n', ' a\n+new\n-b\n@@\n c\n+$& is no pattern\n')).toBe(
      'a\nnew\nc\n$& is no pattern\nd\n',
    );
  });

  it.each([
    ['lines that are not there', ' x\n+y\n'],
    ['lines that are there twice', ' a\n+y\n'],
    ['lines with nothing to go by', '+y\n'],
    ['what is no diff', 'a\n'],
  ])('refuses %s', (_what, diff) => {
    expect(() => applyDiff('a\nb\na\n', diff)).toThrow(/places|not a line/);
  });
});

it('missingLines: every line shown is printed, in this order', () => {
  expect(missingLines('a\n…\nc\n', 'a\nb\nc\nd\n')).toEqual([]);
  expect(missingLines('c\na\n', 'a\nb\nc\n')).toEqual(['a']);
  expect(missingLines('a\nx\n', 'a\n')).toEqual(['x']);
});
