/**
 * Runs the related tests against one mutant after the other, in one vitest whose transform puts the mutant in place of the source.
 * Started by main.ts as a program of its own, which can be ended when a mutant never does: `driver.ts JOB RESULTS`.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVitest } from 'vitest/node';
import { ROOT } from '../support/repository.ts';
import { CONTROL, type Job, type Result } from './job.ts';
import { apply, fits, type Mutant } from './scan.ts';

const [jobFile, resultsFile] = process.argv.slice(2);
const { mutants, control } = JSON.parse(await readFile(jobFile!, 'utf8')) as Job;
let current: Mutant | undefined;

const vitest = await createVitest(
  'test',
  {
    config: false,
    root: ROOT,
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/seed.ts'],
    watch: true,
    bail: 1,
    reporters: [{}],
    pool: 'threads',
    maxWorkers: 1,
    isolate: false,
    // On a busy machine a test that is only slow would count as a kill; a mutant that never ends is ended from outside.
    testTimeout: 60_000,
  },
  {
    plugins: [
      {
        name: 'mutant',
        enforce: 'pre',
        transform(code, id) {
          const path = id.split('?')[0];
          return current !== undefined && path === join(ROOT, current.file) ? apply(code, current) : undefined;
        },
      },
    ],
  },
);
const specifications = new Map((await vitest.globTestSpecifications()).map((one) => [one.moduleId, one]));

/** Tests that fail without any mutant would kill them all: each is tried once, when it first kills. */
const sound = new Map<string, boolean>();

for (const { id, mutant, tests } of mutants) {
  await note({ id });
  let killedBy: string | null = null;
  for (const group of tests) {
    killedBy = await kill(mutant, group);
    if (killedBy !== null) break;
  }
  await note({ id, killedBy });
}
await note({ id: CONTROL });
let failed: string | null = null;
for (const group of control) failed ??= await failsWithoutMutant(group);
await note({ id: CONTROL, killedBy: failed });
await vitest.close();

function note(result: Result): Promise<void> {
  return appendFile(resultsFile!, `${JSON.stringify(result)}\n`);
}

async function failsWithoutMutant(group: readonly string[]): Promise<string | null> {
  const failure = await firstFailure(group.filter((path) => sound.get(path) !== false));
  return failure && `${failure.path}: ${failure.test}`;
}

async function kill(mutant: Mutant, group: readonly string[]): Promise<string | null> {
  for (;;) {
    const tests = group.filter((path) => sound.get(path) !== false);
    const failure = await withMutant(mutant, () => firstFailure(tests));
    if (failure === null || (await isSound(failure.path))) return failure && `${failure.path}: ${failure.test}`;
  }
}

async function isSound(path: string): Promise<boolean> {
  let known = sound.get(path);
  if (known === undefined) {
    known = (await firstFailure([path])) === null;
    sound.set(path, known);
    if (!known) process.stderr.write(`fails without a mutant, left out: ${path}\n`);
  }
  return known;
}

async function withMutant<T>(mutant: Mutant, work: () => Promise<T>): Promise<T> {
  const path = join(ROOT, mutant.file);
  const source = await readFile(path, 'utf8');
  if (!fits(source, mutant)) throw new Error(`${mutant.file} changed since it was scanned`);
  current = mutant;
  vitest.invalidateFile(path);
  try {
    return await work();
  } finally {
    current = undefined;
    vitest.invalidateFile(path);
  }
}

async function firstFailure(
  paths: readonly string[],
): Promise<{ readonly path: string; readonly test: string } | null> {
  const tests = paths.flatMap((path) => specifications.get(join(ROOT, path)) ?? []);
  if (tests.length === 0) return null;
  // A run answers with every module of the runs before it too, and an old failure is no kill.
  vitest.state.filesMap.clear();
  const { testModules } = await vitest.runTestSpecifications(tests);
  for (const module of testModules) {
    const path = module.relativeModuleId;
    for (const test of module.children.allTests('failed')) return { path, test: test.fullName };
    if (module.state() === 'failed') return { path, test: 'does not load' };
  }
  return null;
}
