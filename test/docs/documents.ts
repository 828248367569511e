/** The pages of the documentation. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, ROOT } from '../support/repository.ts';
import { blocksOf, type Block } from './markdown.ts';

/** README.md, SECURITY.md, the page of the policies and everything below `docs/`, from the root of the repository. */
export function documents(): string[] {
  const below = filesBelow(join(ROOT, 'docs')).filter((path) => path.endsWith('.md'));
  return ['README.md', 'SECURITY.md', 'policies/README.md', ...below.map((path) => `docs/${path}`)];
}

export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

export function isRun({ language, info }: Block): boolean {
  return language === 'sh' && info === 'run';
}

/** Pages with commands that `test/e2e/docs-commands.test.ts` runs. */
export function pagesThatRun(): string[] {
  return documents().filter((page) => blocksOf(textOf(page)).some(isRun));
}
