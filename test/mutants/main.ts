/**
 * `npm run mutants -- [--room R] [--kinds K,…] [--file PATH] [--max N] [--seed S] [--json FILE]`: takes guards out of the rooms that decide
 * about trust, one at a time, and runs the unit tests that import the source. A mutant that no test notices is a survivor.
 * Without `--kinds` guards only; `--max` takes a sample that `--seed` repeats. Exit 1 with survivors that equivalents.json does not explain.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '../fuzz/random.ts';
import { ROOT, trackedFiles } from '../support/repository.ts';
import { start } from '../tools/programs.ts';
import { equivalents, explain } from './equivalents.ts';
import { CONTROL, type Job, type Result } from './job.ts';
import { RelatedTests } from './related.ts';
import { KINDS, scan, type Kind, type Mutant } from './scan.ts';

const ROOMS = ['tpm', 'logs', 'checks', 'chain'];
/**
 * Milliseconds without a result after which a mutant counts as one that never ends. One that survives runs all tests of the core,
 * which takes minutes where others work too.
 */
const PATIENCE = 400_000;

const { values } = parseArgs({
  options: {
    room: { type: 'string' },
    file: { type: 'string' },
    kinds: { type: 'string', default: 'guard' },
    max: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});

const kinds = values.kinds.split(',') as Kind[];
const unknown = kinds.find((kind) => !KINDS.includes(kind));
if (unknown !== undefined) {
  process.stderr.write(`unknown kind ${unknown}; there are: ${KINDS.join(', ')}\n`);
  process.exit(3);
}

const mutants = sample(await allMutants());
process.stdout.write(`${mutants.length} mutants (${kinds.join(', ')}), seed ${values.seed}\n`);
const folder = await mkdtemp(join(tmpdir(), 'assay-mutants-'));
const results = new Map<number, string | null>();
/** What failed behind all mutants, without one; undefined until that was tried. */
let control: string | null | undefined;
/** The mutant, or the control, that is tried. */
let current: number | undefined;
try {
  while (results.size < mutants.length || control === undefined) await runDriver();
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (control !== null) throw new Error(`fails without a mutant, so the kills prove nothing: ${control}`);
await report();

async function allMutants(): Promise<Mutant[]> {
  const rooms = values.room === undefined ? ROOMS : [values.room];
  const files =
    values.file === undefined ? await Promise.all(rooms.map((room) => trackedFiles(`src/${room}`))) : [[values.file]];
  const sources = files.flat().filter((path) => path.endsWith('.ts'));
  const found = await Promise.all(sources.map(async (path) => scan(path, await readFile(join(ROOT, path), 'utf8'))));
  return found.flat().filter(({ kind }) => kinds.includes(kind));
}

/** `--max` of them, spread over all by the seed, in the order of the files. */
function sample(all: readonly Mutant[]): Mutant[] {
  const max = values.max === undefined ? all.length : Number(values.max);
  const random = new Random(values.seed);
  const left = all.map((_, index) => index);
  while (left.length > max) left.splice(random.below(left.length), 1);
  return left.map((index) => all[index]!);
}

/** Starts a driver on what is left, and waits until it is done or makes no progress. */
async function runDriver(): Promise<void> {
  current = undefined;
  const related = new RelatedTests();
  const jobFile = join(folder, 'job.json');
  const resultsFile = join(folder, `results-${results.size}`);
  const left = mutants
    .map((mutant, id) => ({ id, mutant, tests: related.of(mutant.file) }))
    .filter(({ id }) => !results.has(id));
  const last = mutants.at(-1);
  const job = { mutants: left, control: last === undefined ? [] : related.of(last.file) } satisfies Job;
  await writeFile(jobFile, JSON.stringify(job));
  await writeFile(resultsFile, '');
  const log = join(folder, 'driver.log');
  const driver = start('node', ['--import', 'tsx', join(ROOT, 'test/mutants/driver.ts'), jobFile, resultsFile], {
    cwd: ROOT,
    log,
  });
  const ended = driver.exited.then(() => true);
  let size = 0;
  let since = performance.now();
  let running = true;
  while (running && performance.now() - since < PATIENCE) {
    running = !(await Promise.race([ended, wait(200, false)]));
    const now = (await stat(resultsFile)).size;
    if (now === size) continue;
    size = now;
    since = performance.now();
    await collect(resultsFile);
  }
  if (running) await driver.stop();
  await collect(resultsFile);
  if (control !== undefined) return;
  if (current === undefined) throw new Error(`the driver failed:\n${await readFile(log, 'utf8')}`);
  // A mutant may also exhaust the memory of the tests' thread, and the driver ends with that.
  const what = running ? 'never ends' : 'ends the run';
  if (current === CONTROL) control = what;
  else note(current, what);
}

async function collect(file: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  for (const line of lines) {
    const { id, killedBy } = JSON.parse(line) as Result;
    current = killedBy === undefined ? id : undefined;
    if (killedBy === undefined) continue;
    if (id === CONTROL) control = killedBy;
    else note(id, killedBy);
  }
}

function note(id: number, killedBy: string | null): void {
  if (results.has(id)) return;
  results.set(id, killedBy);
  if (killedBy === null) process.stdout.write(`survived  ${name(mutants[id]!)}\n`);
}

function name({ file, line, kind, before, after }: Mutant): string {
  return `${file}:${line} ${kind}: ${before} → ${after}`;
}

async function report(): Promise<void> {
  const survivors = mutants.filter((_, id) => results.get(id) === null);
  const known = equivalents();
  const unexplained = survivors.filter((mutant) => explain(known, mutant) === null);
  const killed = mutants.length - survivors.length;
  process.stdout.write(
    `${killed} killed, ${survivors.length - unexplained.length} equivalent, ${unexplained.length} survived\n`,
  );
  if (values.json !== undefined) {
    const all = mutants.map((mutant, id) => ({ ...mutant, killedBy: results.get(id) ?? null }));
    await writeFile(values.json, `${JSON.stringify(all, null, 2)}\n`);
  }
  process.exitCode = unexplained.length === 0 ? 0 : 1;
}
