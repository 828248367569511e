/** Other programs doing the same work, where they are installed; a whole process each, and said so. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrograms, run, type ProgramName } from '../tools/programs.ts';
import { fixtureFolder, readContext, readEvidence } from '../support/fixtures.ts';

type Peer = { readonly name: string; readonly value: string };

export interface Peers {
  signature(): Promise<readonly Peer[]>;
  eventLog(log: Uint8Array): Promise<readonly Peer[]>;
  imaList(list: Uint8Array): Promise<readonly Peer[]>;
}

export function installedPeers(): Peers {
  return {
    signature: async () => [...(await opensslSpeed()), ...(await checkQuote())],
    eventLog: async (log) => await process_('tpm2', 'tpm2_eventlog', log, (file) => ['eventlog', file]),
    imaList: async (list) =>
      await process_('evmctl', 'evmctl ima_measurement', list, (file) => [
        'ima_measurement',
        '--ignore-violations',
        file,
      ]),
  };
}

async function opensslSpeed(): Promise<readonly Peer[]> {
  if (missingPrograms(['openssl']).length > 0) return [];
  const { stdout } = await run('openssl', ['speed', '-seconds', '1', '-mr', 'ecdsap256']);
  const perSecond = Number(
    stdout
      .toString()
      .split('\n')
      .findLast((line) => line.startsWith('+F'))
      ?.split(':')
      .at(-1),
  );
  if (!Number.isFinite(perSecond) || perSecond <= 0) return [];
  // `-mr` prints operations a second or seconds an operation, by version; verification is the last field.
  const microseconds = perSecond > 1 ? 1e6 / perSecond : perSecond * 1e6;
  return [{ name: 'openssl speed ecdsap256 (verify)', value: `${microseconds.toFixed(1)} µs` }];
}

async function checkQuote(): Promise<readonly Peer[]> {
  if (missingPrograms(['tpm2']).length > 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  try {
    const quote = readEvidence('uki/baseline').quotes[0]!;
    await writeFile(join(folder, 'msg'), quote.attest);
    await writeFile(join(folder, 'sig'), quote.signature);
    const key = join(fixtureFolder('uki/baseline'), 'ak-ecc.tpm2b');
    const files = ['-u', key, '-m', join(folder, 'msg'), '-s', join(folder, 'sig')];
    return await timed('tpm2', 'tpm2_checkquote (process)', [
      'checkquote',
      ...files,
      '-q',
      readContext('uki/baseline').nonce,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function process_(
  program: ProgramName,
  name: string,
  input: Uint8Array,
  args: (file: string) => readonly string[],
): Promise<readonly Peer[]> {
  if (missingPrograms([program]).length > 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  try {
    const file = join(folder, 'input');
    await writeFile(file, input);
    return await timed(program, `${name} (process)`, args(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function timed(program: ProgramName, name: string, args: readonly string[]): Promise<readonly Peer[]> {
  let best = Infinity;
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    await run(program, args, { accept: [0, 1] });
    best = Math.min(best, performance.now() - began);
  }
  return [{ name, value: `${best.toFixed(1)} ms` }];
}
