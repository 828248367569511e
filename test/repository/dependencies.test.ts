import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/repository.ts';

interface Row {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly reason: string;
  readonly advisories: string;
}

type Versions = Readonly<Record<string, string>>;

const read = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
const declared = read('package.json') as { dependencies: Versions; devDependencies: Versions };
const lock = read('package-lock.json') as { packages: Readonly<Record<string, { version: string; license: string }>> };
const page = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');

/** Rows of the table under a heading. */
function rowsUnder(heading: string): Row[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [name = '', version = '', licence = '', reason = '', advisories = ''] = line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim());
      return { name: name.replaceAll('`', ''), version, licence, reason, advisories };
    });
}

describe.each([
  ['At run time', declared.dependencies],
  ['To build and test', declared.devDependencies],
])('docs/dependencies.md, %s', (heading, versions) => {
  const rows = rowsUnder(heading);

  it('lists what package.json declares, with its version', () => {
    expect(Object.fromEntries(rows.map(({ name, version }) => [name, version]))).toEqual(versions);
  });

  it('is sorted, and gives each a reason and the advisories', () => {
    expect(rows.map(({ name }) => name)).toEqual(rows.map(({ name }) => name).toSorted());
    expect(rows.filter(({ reason, advisories }) => reason === '' || advisories === '')).toEqual([]);
  });

  it('agrees with the lock file', () => {
    const locked = rows.map(({ name }) => {
      const { version, license } = lock.packages[`node_modules/${name}`]!;
      return { name, version, licence: license };
    });
    expect(rows.map(({ name, version, licence }) => ({ name, version, licence }))).toEqual(locked);
  });
});

it('versions are exact', () => {
  const all = Object.values({ ...declared.dependencies, ...declared.devDependencies });
  expect(all.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
