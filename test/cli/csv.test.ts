import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/cli/csv.ts';

const COLUMNS = ['ek', 'name', 'policy'];
const read = (text: string) =>
  readCsv(text, 'a.csv', COLUMNS).map(({ line, fields }) => [line, ...COLUMNS.map((name) => fields.get(name))]);

describe('a table', () => {
  it.each([
    ['plain', 'ek,name,policy\n1,a,p\n', [[2, '1', 'a', 'p']]],
    ['of Windows, with a mark and blank lines', '\uFEFFek,name\r\n\r\n1,a\r\n', [[3, '1', 'a', undefined]]],
    ['in another order, without an end', 'policy,ek\np, 1 ', [[2, '1', undefined, 'p']]],
    ['with quotes', 'ek,name\n"1","a, ""b"""\n', [[2, '1', 'a, "b"', undefined]]],
    ['with empty fields', 'ek,name,policy\n,"",\n', [[2, '', '', '']]],
    ['without rows', 'ek,name\n', []],
  ])('%s', (_, text, rows) => {
    expect(read(text)).toEqual(rows);
  });

  it.each([
    ['csv.columns', '\n\n'],
    ['csv.columns', 'ek,hostname\n1,a\n'],
    ['csv.columns', 'ek,ek\n1,1\n'],
    ['csv.fields', 'ek,name\n1\n'],
    ['csv.fields', 'ek,name\n1,a,b\n'],
    ['csv.fields', 'ek,name\n1,"a\n'],
    ['csv.fields', 'ek,name\n1,"a"b\n'],
    ['csv.fields', 'ek,name\n1,a"b"\n'],
  ])('is refused, %s: %j', (code, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('of any size takes time in proportion to it', () => {
    const quotes = `ek,name\n1,"${'""'.repeat(500_000)}`;
    expect(() => read(quotes)).toThrow('does not end');
    expect(read(`ek,name\n${'1,a\n'.repeat(20_000)}`)).toHaveLength(20_000);
  });
});
