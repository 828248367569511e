import { describe, expect, it } from 'vitest';
import { apply, scan } from './scan.ts';
import { explain } from './equivalents.ts';
import { RelatedTests } from './related.ts';

const mutated = (source: string, kind: string): string[] =>
  scan('x.ts', source)
    .filter((mutant) => mutant.kind === kind)
    .map((mutant) => apply(source, mutant));

describe('mutants of a source', () => {
  it.each([
    ['if (a > 1) throw b;', 'guard', ['if ((false)) throw b;']],
    ['for (;;) { if (a) { c(); continue; } }', 'guard', ['for (;;) { if ((false)) { c(); continue; } }']],
    ['if (a) fail(1);', 'guard', ['if ((false)) fail(1);']],
    ['if (a) b = 1;', 'guard', []],
    ['x = a ? b : c;', 'choice', ['x = (true) ? b : c;', 'x = (false) ? b : c;']],
    ['x = a === b;', 'compare', ['x = (a !== b);']],
    ['x = a < b;', 'compare', ['x = (a <= b);', 'x = (a >= b);']],
    ['x = a && b;', 'logical', ['x = (a);', 'x = (b);']],
    ['x = a ?? b;', 'logical', []],
    ['x = a.every(b);', 'quantifier', ['x = a.some(b);']],
    ['x = true;', 'boolean', ['x = (false);']],
    ['let x: true; type Y = { a: false };', 'boolean', []],
  ])('%s: %s', (source, kind, expected) => {
    expect(mutated(source, kind)).toEqual(expected);
  });

  it('know their line and what stood there', () => {
    const [mutant] = scan('x.ts', 'a();\nif (b)\n  return;\n'.replace('return', 'throw 1'));
    expect(mutant).toMatchObject({ file: 'x.ts', line: 2, before: 'b', after: 'false', kind: 'guard' });
  });

  it('are explained by content', () => {
    const known = [{ file: 'x.ts', before: 'b', after: 'false', reason: 'a reason' }];
    const [mutant] = scan('x.ts', 'if (b) throw 1;');
    expect(explain(known, mutant!)).toBe('a reason');
    expect(explain(known, { ...mutant!, file: 'y.ts' })).toBeNull();
  });
});

it('finds the tests that import a source, those of its room first', () => {
  const [near, far] = new RelatedTests().of('src/tpm/attest.ts');
  expect(near).toContain('test/tpm/quote.test.ts');
  expect(near?.every((path) => path.startsWith('test/tpm/'))).toBe(true);
  expect(far?.some((path) => path.startsWith('test/tpm/'))).toBe(false);
});
