import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/repository.ts';
import { goldens } from './goldens.ts';

const all = await goldens();

it.each(all)('$path is what the code says (npm run goldens writes it)', ({ path, text }) => {
  expect(text).toBe(readFileSync(join(ROOT, path), 'utf8'));
});

it('the help covers commands below commands', () => {
  const help = all.find(({ path }) => path.endsWith('cli-help.txt'))?.text ?? '';
  expect(help).toContain('$ assay --help');
  expect(help).toContain('$ assay verify --help');
  expect(help).toContain('$ assay policy test --help');
});
