import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../support/repository.ts';
import { run } from '../tools/programs.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-ci-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('adds up the reports of all test runs, and counts failed and skipped stages', async () => {
  const report = (numPassedTests: number, numFailedTests: number, numPendingTests: number): string =>
    JSON.stringify({ numPassedTests, numFailedTests, numPendingTests, numTodoTests: 0 });
  await writeFile(join(folder, 'test.json'), report(100, 1, 2));
  await writeFile(join(folder, 'unit-lts.json'), report(50, 0, 0));
  const { stdout } = await run('node', [join(ROOT, '.ci/totals.mjs'), folder, '3', '4']);
  expect(stdout.toString()).toBe('150 passed, 4 failed, 6 skipped\n');
});

it('.ci/run starts scripts that package.json has', async () => {
  const script = await readFile(join(ROOT, '.ci/run'), 'utf8');
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const named = [...script.matchAll(/\bnpm run --silent (\S+)/g)].map(([, name]) => name!);
  expect(named).toEqual(expect.arrayContaining(['types', 'lint', 'format', 'fuzz', 'mutants', 'bench', 'demo']));
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});
