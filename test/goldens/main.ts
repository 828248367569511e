/** `npm run goldens`: writes every golden file and generated page; with `--check` it only says which differ, and ends with 1. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../support/repository.ts';
import { goldens } from './goldens.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

for (const { path, text } of await goldens()) {
  const file = join(ROOT, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  process.stdout.write(`${path}: ${values.check ? 'differs' : 'written'}\n`);
  if (values.check) process.exitCode = 1;
  else writeFileSync(file, text);
}
