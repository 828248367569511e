/**
 * `npm run fuzz -- [--seconds N] [--seed S] [--target NAME] [--index I] [--no-growth]`: changed inputs for every reader of foreign
 * bytes. `--target NAME --seed S --index I` repeats one input. Exit 1 where a reader did anything but read or refuse.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureGrowth } from './growth.ts';
import { Fuzzer } from './harness.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';
import { inputOf } from './worker.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(0x7fffffff)) },
    target: { type: 'string' },
    index: { type: 'string' },
    'no-growth': { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const chosen = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) {
  process.stderr.write(`no target ${values.target}; there are: ${TARGETS.map(({ name }) => name).join(', ')}\n`);
  process.exit(3);
}

process.stdout.write(`seed ${seed}\n`);
let faulty = 0;
if (values.index === undefined) {
  await fuzzAll(chosen);
  if (!values['no-growth']) growAll(chosen);
} else chosen.forEach((target) => target.run(inputAt(target, Number(values.index))));
process.exitCode = faulty === 0 ? 0 : 1;

async function fuzzAll(targets: readonly Target[]): Promise<void> {
  const milliseconds = (Number(values.seconds) * 1000) / targets.length;
  const fuzzer = new Fuzzer(new URL('targets.ts', import.meta.url).href);
  let folder: string | undefined;
  for (const target of targets) {
    const { inputs, accepted, faults } = await fuzzer.fuzz({ target: target.name, seed, milliseconds });
    const share = inputs === 0 ? 0 : Math.round((100 * accepted) / inputs);
    process.stdout.write(`${target.name.padEnd(24)}${String(inputs).padStart(9)} inputs, ${share}% accepted\n`);
    if (inputs === 0 && faults.length === 0) {
      faulty++;
      process.stdout.write('  nothing was read: give it more seconds\n');
    }
    for (const { index, error } of faults) {
      faulty++;
      folder ??= await mkdtemp(join(tmpdir(), 'assay-fuzz-'));
      const path = join(folder, `${target.name.replaceAll(' ', '-')}-${index}.bin`);
      await writeFile(path, inputAt(target, index));
      process.stdout.write(
        `  ${error}\n  --target '${target.name}' --seed ${seed} --index ${index}; input in ${path}\n`,
      );
    }
  }
  await fuzzer.close();
}

function growAll(targets: readonly Target[]): void {
  process.stdout.write('growth: milliseconds at n, 2n, 4n\n');
  for (const target of targets) {
    for (const growth of target.growth) {
      const { name, times, ratio, linear } = measureGrowth(target, growth);
      if (!linear) faulty++;
      const shown = times.map((time) => time.toFixed(1).padStart(7)).join('');
      process.stdout.write(`${name.padEnd(44)}${shown}  ×${ratio.toFixed(1)}${linear ? '' : '  NOT LINEAR'}\n`);
    }
  }
}

function inputAt(target: Target, index: number): Uint8Array {
  return inputOf(target.seeds(), target, seed, index);
}
