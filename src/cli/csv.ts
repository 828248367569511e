/** Tables of people: CSV (RFC 4180) with a line of column names. */

import { UsageError } from '../bytes/errors.ts';

/** One line by the names of its columns. */
export interface CsvRow {
  /** in the file, from 1 */
  readonly line: number;
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Reads a table. Fields may be in quotes, and hold no line break; blank lines are passed over.
 * @param columns that may be there; others are refused, so that a misspelt one is not ignored
 * @throws UsageError `csv.columns`, `csv.fields`
 */
export function readCsv(text: string, what: string, columns: readonly string[]): CsvRow[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  let names: readonly string[] | undefined;
  const rows: CsvRow[] = [];
  for (const [index, raw] of lines.entries()) {
    const content = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (content.trim() === '') continue;
    const fields = readFields(content, `${what}, line ${index + 1}`);
    if (names === undefined) names = columnNames(fields, what, columns);
    else if (fields.length === names.length) {
      rows.push({ line: index + 1, fields: new Map(names.map((name, at) => [name, fields[at]!])) });
    } else throw wrong(`${what}, line ${index + 1}`, `${fields.length} fields under ${names.length} columns`);
  }
  if (names === undefined) throw noColumns(what, 'no line of column names', columns);
  return rows;
}

function columnNames(fields: readonly string[], what: string, columns: readonly string[]): readonly string[] {
  const other = fields.find((name, index) => !columns.includes(name) || fields.indexOf(name) !== index);
  if (other === undefined) return fields;
  throw noColumns(what, `${JSON.stringify(other.slice(0, 40))} is no column, or is there twice`, columns);
}

function noColumns(what: string, why: string, columns: readonly string[]): UsageError {
  return new UsageError('csv.columns', `${what}: ${why}`, `begin with a line of column names: ${columns.join(',')}`);
}

function wrong(where: string, why: string): UsageError {
  return new UsageError('csv.fields', `${where}: ${why}`, 'separate fields by commas; quote those that hold one');
}

function readFields(content: string, where: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    const quoted = content[at] === '"';
    const end = quoted ? endOfQuoted(content, at, where) : endOfPlain(content, at);
    const text = content.slice(quoted ? at + 1 : at, quoted ? end - 1 : end);
    if (!quoted && text.includes('"')) throw wrong(where, 'a quote within a field that is not quoted');
    fields.push(quoted ? text.replaceAll('""', '"') : text.trim());
    if (end === content.length) return fields;
    if (content[end] !== ',') throw wrong(where, 'something follows a quoted field');
    at = end;
  }
}

function endOfPlain(content: string, from: number): number {
  const comma = content.indexOf(',', from);
  return comma === -1 ? content.length : comma;
}

/** The place after the closing quote. */
function endOfQuoted(content: string, from: number, where: string): number {
  for (let at = content.indexOf('"', from + 1); at !== -1; at = content.indexOf('"', at + 2)) {
    if (content[at + 1] !== '"') return at + 1;
  }
  throw wrong(where, 'a quoted field does not end');
}
