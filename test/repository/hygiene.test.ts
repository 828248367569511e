import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAMS } from '../tools/programs.ts';
import { ROOT, trackedFiles } from '../support/repository.ts';

const files = await trackedFiles();
const isText = (path: string): boolean => /\.(ts|mjs|js|json|md|yaml|yml|sh)$|^\.ci\/run$/.test(path);
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const code = files.filter((path) => /^(src|test)\/.*\.tsx?$/.test(path));

/** `path:line: text` of every line that matches; the files that define what is searched for are left out. */
function find(paths: readonly string[], pattern: RegExp, except: readonly string[] = []): string[] {
  return paths
    .filter((path) => !except.includes(path))
    .flatMap((path) =>
      textOf(path)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
}

const SELF = ['test/repository/hygiene.test.ts', 'test/repository/lint.test.ts'];

describe('the repository', () => {
  it('has code to look at', () => {
    expect(code.length).toBeGreaterThan(100);
  });

  it('skips and narrows no test, and silences no compiler', () => {
    const pattern = /\b(it|test|describe)\.(skip|only|todo)\b|@ts-(ignore|nocheck|expect-error)|(istanbul|v8) ignore/;
    // A file of types states what must not compile, which is what @ts-expect-error is for.
    const checked = code.filter((path) => !path.endsWith('.test-d.ts'));
    expect(find(checked, pattern, SELF)).toEqual([]);
  });

  it('leaves nothing to do later', () => {
    expect(find(code, /\b(TODO|FIXME|XXX|HACK)\b/, SELF)).toEqual([]);
  });

  it('names no path of a developer’s machine, and no number of a tracker', () => {
    const pattern = /(?<![\w.}])\/(home|root|Users|work)\/|\bissue #?\d+\b/i;
    const texts = files.filter((path) => isText(path) && path !== 'package-lock.json' && !path.startsWith('fixtures/'));
    expect(find(texts, pattern, SELF)).toEqual([]);
  });

  it('says on top of every source what it is about', () => {
    const sources = files.filter((path) => /^src\/.*\.tsx?$/.test(path));
    expect(sources.filter((path) => !/^(#!.*\n)?\/\*\*/.test(textOf(path)))).toEqual([]);
  });

  it('names files in kebab-case', () => {
    const names = files.filter((path) => /^(src|test)\//.test(path)).map((path) => path.split('/').at(-1)!);
    expect(names.filter((name) => /[A-Z_]/.test(name) && name !== 'README.md')).toEqual([]);
  });

  it('keeps the fixtures below ten megabytes', () => {
    const size = files
      .filter((path) => path.startsWith('fixtures/'))
      .reduce((sum, path) => sum + readFileSync(join(ROOT, path)).length, 0);
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThanOrEqual(10 * 1024 * 1024);
  });
});

describe('programs', () => {
  it('are started by one module', () => {
    expect(find(code, /['"](node:)?child_process['"]/, SELF).map((line) => line.split(':')[0])).toEqual([
      'test/tools/programs.ts',
    ]);
  });

  it('lie at absolute paths, and belong to a Debian package or to Node', () => {
    const problems = Object.entries(PROGRAMS).filter(([name, { path, package: owner }]) =>
      owner === null ? !['node', 'npm'].includes(name) : !path.startsWith('/usr/'),
    );
    expect(problems).toEqual([]);
  });
});
