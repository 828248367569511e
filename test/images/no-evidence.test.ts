/** A manifest and a reference come from files alone: nothing that reads evidence is within reach of this room. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModules } from '../support/modules.ts';
import { filesBelow, ROOT } from '../support/repository.ts';

const SRC = join(ROOT, 'src');
const modules = readModules(
  SRC,
  filesBelow(SRC).filter((path) => path.endsWith('.ts')),
);

/** Every file that src/images reaches by imports, types included, and the packages those files import. */
function reachable(start: string): { files: Set<string>; packages: Set<string> } {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const open = modules.filter(({ path }) => path.startsWith(start)).map(({ path }) => path);
  const files = new Set(open);
  const packages = new Set<string>();
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const { file, specifier } of byPath.get(path)?.imports ?? []) {
      if (file === null) packages.add(specifier);
      else if (!files.has(file)) {
        files.add(file);
        open.push(file);
      }
    }
  }
  return { files, packages };
}

const rooms = (files: ReadonlySet<string>): Set<string> =>
  new Set([...files].map((path) => path.slice(0, path.indexOf('/'))));

test('images reach documents and formats, and no room that knows evidence', () => {
  const { files } = reachable('images/');
  expect([...rooms(files)].toSorted()).toEqual(['bytes', 'images', 'references', 'uefi', 'x509']);
  expect(files.size).toBeGreaterThan(25);
});

test('images cannot open a file or a connection', () => {
  const { packages } = reachable('images/');
  expect([...packages].toSorted()).toEqual(['fzstd', 'node:crypto', 'node:zlib', 'zod/mini', 'zod/v4/locales/en.js']);
});

test('the question is one that can be answered otherwise', () => {
  expect(rooms(reachable('facts/').files)).toContain('logs');
});
