/** `npm run lab`: boots hosts and writes their evidence. The only part of the lab that reads the clock and makes random numbers. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { ensureInstalled } from '../tools/programs.ts';
import { fixtureOf, judgedBy, writeFixture, writeJson } from './bundle.ts';
import { captureVariant } from './capture.ts';
import { deriveVariant } from './derived.ts';
import { IMAGE_PROGRAMS } from './images.ts';
import { MACHINE_PROGRAMS, probeAccelerator, type Accelerator } from './machine.ts';
import { ORACLE_PROGRAMS } from './oracle.ts';
import { provenance } from './provenance.ts';
import { SCENARIOS, SCENARIO_NAMES, findVariant, isScenario, policyOf, type Scenario } from './scenarios.ts';

const HELP = `Boots a real measured machine (QEMU, OVMF, swtpm) and writes its evidence.

usage: npm run lab -- SCENARIO [--variant NAME] [--out DIR] [--json]
       npm run lab -- --all [SCENARIO] [--out DIR] [--json]
       npm run lab -- live

  --variant NAME   what differs from the good boot (default: baseline)
  --all            every variant, two machines at a time
  --out DIR        where DIR/SCENARIO/VARIANT is written (default: fixtures)
  --json           one JSON document on standard output, progress on standard error
  live             a machine whose image holds the agent enrols, attests, is found out and boots again (after npm run build)
  --help

Scenarios and variants:
${SCENARIO_NAMES.map((name) => `  ${name}\n    ${Object.keys(SCENARIOS[name]).join('\n    ')}`).join('\n')}

exit codes: 0 written, 3 usage error or failure
`;

interface Job {
  readonly scenario: Scenario;
  readonly variant: string;
}

interface Outcome extends Job {
  readonly folder: string;
  readonly seconds: number;
  readonly result: 'evidence' | 'does-not-boot' | 'failed';
  readonly error?: string;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** The live run is a test: what it says is asserted. */
async function live(): Promise<number> {
  const vitest = await startVitest('test', ['test/lab/live-agent.test.ts'], {
    run: true,
    watch: false,
    project: ['tools'],
  });
  await vitest.close();
  return process.exitCode === undefined || process.exitCode === 0 ? 0 : 3;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      variant: { type: 'string' },
      out: { type: 'string', default: 'fixtures' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (positionals[0] === 'live' && positionals.length === 1) return await live();
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const jobs = chooseJobs(positionals, values.variant, values.all);
  await ensureInstalled([...IMAGE_PROGRAMS, ...MACHINE_PROGRAMS, ...ORACLE_PROGRAMS]);
  const accelerator = await probeAccelerator();
  say(accelerator === 'kvm' ? 'accelerator: KVM' : 'accelerator: software emulation (no usable /dev/kvm)');
  const outcomes = await runAll(jobs, values.out, accelerator);
  if (values.json) process.stdout.write(`${JSON.stringify({ schema: 'assay.lab/1', accelerator, outcomes })}\n`);
  const failed = outcomes.filter((outcome) => outcome.result === 'failed');
  say(`${outcomes.length - failed.length} written, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 3;
}

function chooseJobs(positionals: readonly string[], variant: string | undefined, all: boolean): Job[] {
  for (const name of positionals)
    if (!isScenario(name)) throw new Error(`no scenario ${name}; there are ${SCENARIO_NAMES.join(', ')}`);
  const named = positionals.filter(isScenario);
  if (all) {
    if (variant !== undefined) throw new Error('--all and --variant exclude each other');
    const chosen = named.length === 0 ? SCENARIO_NAMES : named;
    return chosen.flatMap((scenario) => Object.keys(SCENARIOS[scenario]).map((name) => ({ scenario, variant: name })));
  }
  const [scenario] = named;
  if (scenario === undefined || named.length > 1) throw new Error('name one scenario; see --help');
  const name = variant ?? 'baseline';
  findVariant(scenario, name);
  return [{ scenario, variant: name }];
}

/** Booted variants first, two machines at a time; then those made from their evidence. */
async function runAll(jobs: readonly Job[], out: string, accelerator: Accelerator): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const isBooted = (job: Job): boolean => findVariant(job.scenario, job.variant).how === 'booted';
  const queue = jobs.filter(isBooted);
  const worker = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift())
      outcomes.push(await attempt(job, out, accelerator));
  };
  await Promise.all([worker(), worker()]);
  for (const job of jobs.filter((one) => !isBooted(one))) outcomes.push(await attempt(job, out, accelerator));
  return outcomes;
}

async function attempt(job: Job, out: string, accelerator: Accelerator): Promise<Outcome> {
  const began = performance.now();
  const folder = join(out, job.scenario, job.variant);
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  try {
    const result = await capture(job, out, folder, accelerator);
    say(`${job.scenario}/${job.variant}: ${result}, ${seconds()} s, ${folder}`);
    return { ...job, folder, seconds: seconds(), result };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say(`${job.scenario}/${job.variant}: FAILED after ${seconds()} s\n${message}`);
    return { ...job, folder, seconds: seconds(), result: 'failed', error: message };
  }
}

async function capture(
  job: Job,
  out: string,
  folder: string,
  accelerator: Accelerator,
): Promise<'evidence' | 'does-not-boot'> {
  const variant = findVariant(job.scenario, job.variant);
  const label = `${job.scenario}/${job.variant}`;
  if (variant.how === 'derived') {
    await deriveVariant(variant, { out, scenario: job.scenario, folder });
    return 'evidence';
  }
  const now = (): Date => new Date();
  const progress = (line: string): void => say(`${label}: ${line}`);
  progress('preparing the image and booting');
  const result = await captureVariant({
    scenario: job.scenario,
    variant,
    accelerator,
    nonce: randomBytes(32),
    now,
    progress,
  });
  await mkdir(folder, { recursive: true });
  if (result.capture !== null) {
    await writeFixture(folder, judgedBy(fixtureOf(result.capture), policyOf(job.scenario, variant)));
  }
  await writeJson(join(folder, 'provenance.json'), await provenance(result, { variant, accelerator, at: now() }));
  return result.capture === null ? 'does-not-boot' : 'evidence';
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 3;
}
