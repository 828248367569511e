/** Writes the generated pages of `docs/`; with `--check` it only says which are not current, and ends with 1. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../support/repository.ts';
import { generatedPages } from './pages.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

for (const { path, text } of generatedPages()) {
  const file = join(ROOT, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  process.stdout.write(`${path}: ${values.check ? 'not current' : 'written'}\n`);
  if (values.check) process.exitCode = 1;
  else writeFileSync(file, text);
}
