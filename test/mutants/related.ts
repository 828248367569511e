/** Which unit tests can tell a source's mutants from the source: those that import it, the nearest first. */
import { join } from 'node:path';
import { readModules } from '../support/modules.ts';
import { filesBelow, ROOT } from '../support/repository.ts';

/** Folders of tests that look at the repository or at running programs, not at what a function answers. */
const LEFT_OUT = [
  'lab',
  'corpus',
  'tools',
  'e2e',
  'faults',
  'repository',
  'fuzz',
  'mutants',
  'goldens',
  'bench',
  'service',
  'cli',
];

export class RelatedTests {
  readonly #tests: ReadonlyMap<string, ReadonlySet<string>>;

  constructor() {
    const files = ['src', 'test'].flatMap((folder) =>
      filesBelow(join(ROOT, folder)).map((path) => `${folder}/${path}`),
    );
    const modules = readModules(
      ROOT,
      files.filter((path) => path.endsWith('.ts') && !path.startsWith('test/fuzz/')),
    );
    const imports = new Map(modules.map(({ path, imports: list }) => [path, list.flatMap(({ file }) => file ?? [])]));
    const tests = modules.filter(({ path }) => path.endsWith('.test.ts') && !LEFT_OUT.includes(path.split('/')[1]!));
    this.#tests = new Map(tests.map(({ path }) => [path, reachable(path, imports)]));
  }

  /** Two groups: the tests of the source's own room, and the others. In each the tests with the fewest imports come first. */
  of(source: string): readonly (readonly string[])[] {
    const room = source.split('/')[1]!;
    const related = [...this.#tests]
      .filter(([, reached]) => reached.has(source))
      .toSorted((a, b) => a[1].size - b[1].size);
    const names = related.map(([path]) => path);
    const near = (path: string): boolean => path.startsWith(`test/${room}/`);
    return [names.filter(near), names.filter((path) => !near(path))].filter((group) => group.length > 0);
  }
}

function reachable(start: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>();
  for (const left = [start]; left.length > 0;) {
    const path = left.pop()!;
    if (seen.has(path)) continue;
    seen.add(path);
    left.push(...(imports.get(path) ?? []));
  }
  return seen;
}
