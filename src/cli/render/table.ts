/** Rows under headings, aligned. */

import { printable } from '../../bytes/text.ts';
import type { Style } from '../style.ts';

/** Cells are made printable; the last column is as long as it is. */
export function renderTable({ dim }: Style, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => printable(cell, 200)));
  const widths = headings.map((heading, column) =>
    cells.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), heading.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [dim(line(headings)), ...cells.map(line), ''].join('\n');
}
