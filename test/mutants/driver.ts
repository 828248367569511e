/**
 * Runs the related tests against one mutant after the other, in one vitest whose transform puts the mutant in place of the source.
 * Started by main.ts as a program of its own, which can be ended when a mutant never does: `driver.ts JOB RESULTS`.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVitest, type TestSpecification } from 'vitest/node';
import { ROOT } from '../support/repository.ts';
import { apply, type Mutant } from './scan.ts';

export interface Job {
  readonly mutants: readonly {
    readonly id: number;
    readonly mutant: Mutant;
    readonly tests: readonly (readonly string[])[];
  }[];
}

/** One line of the results file. */
export interface Result {
  readonly id: number;
  /** The test that failed, or null where the mutant survived. */
  readonly killedBy: string | null;
}

const [jobFile, resultsFile] = process.argv.slice(2);
const { mutants } = JSON.parse(await readFile(jobFile!, 'utf8')) as Job;
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

// A test that fails without any mutant would kill them all.
for (const path of new Set(mutants.flatMap(({ tests }) => tests.flat()))) {
  const specification = specifications.get(join(ROOT, path));
  const failure = specification === undefined ? null : await firstFailure([specification]);
  if (failure === null) continue;
  process.stderr.write(`fails without a mutant, left out: ${failure}\n`);
  specifications.delete(join(ROOT, path));
}

for (const { id, mutant, tests } of mutants) {
  current = mutant;
  vitest.invalidateFile(join(ROOT, mutant.file));
  let killedBy: string | null = null;
  for (const group of tests) {
    const found = group.map((path) => specifications.get(join(ROOT, path))).filter((one) => one !== undefined);
    killedBy ??= await firstFailure(found);
    if (killedBy !== null) break;
  }
  await appendFile(resultsFile!, `${JSON.stringify({ id, killedBy } satisfies Result)}\n`);
  vitest.invalidateFile(join(ROOT, mutant.file));
}
await vitest.close();

async function firstFailure(tests: readonly TestSpecification[]): Promise<string | null> {
  if (tests.length === 0) return null;
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([...tests]);
  for (const module of testModules) {
    for (const test of module.children.allTests('failed')) return `${module.relativeModuleId}: ${test.fullName}`;
    if (module.state() === 'failed') return `${module.relativeModuleId}: does not load`;
  }
  return unhandledErrors.length > 0 ? 'an unhandled error' : null;
}
