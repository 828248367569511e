/** The demo as README.md shows it is the demo as it prints. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assay } from '../cli/terminal.ts';
import { blocksOf, missingLines } from './markdown.ts';

it('every chain that README.md shows is printed by the demo, in this order', { timeout: 120_000 }, async () => {
  const [block, ...none] = blocksOf(readFileSync('README.md', 'utf8')).filter(({ info }) => info === 'demo');
  expect(none).toEqual([]);
  expect(block?.text.match(/^\S.* (un)?trusted/gmu)?.length).toBeGreaterThanOrEqual(8);
  const { out, code } = await assay(['demo', '--exit']);
  expect(missingLines(block!.text, out)).toEqual([]);
  expect(code).toBe(0);
});
