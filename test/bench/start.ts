/** The command line from a shell: one whole `assay verify` beside an empty Node. */
import { existsSync } from 'node:fs';
import { run } from '../tools/programs.ts';
import { readContext } from '../support/fixtures.ts';
import type { Effort } from './measure.ts';
import { atMost, round, type Figure } from './figure.ts';

const BIN = 'dist/bin/assay.js';

export async function start({ runs }: Effort): Promise<Figure> {
  if (!existsSync(BIN)) throw new Error(`${BIN} is not there: run \`npm run build\` first`);
  const { nonce, at } = readContext('uki/baseline');
  const folder = 'fixtures/uki/baseline';
  const verify = [BIN, 'verify', `${folder}/bundle.json`, '--policy', 'policies/kvm-uki.yaml', '--nonce', nonce];
  const args = [...verify, '--at', at, '--ak', `${folder}/ak-ecc.tpm2b`];
  const timed = async (list: readonly string[]): Promise<number> => {
    const began = performance.now();
    await run('node', list);
    return performance.now() - began;
  };
  let empty = Infinity;
  let ours = Infinity;
  for (let i = 0; i < runs; i++) {
    empty = Math.min(empty, await timed(['-e', '0']));
    ours = Math.min(ours, await timed(args));
  }
  return atMost(2.5, {
    id: 'start',
    what: '`assay verify` of one bundle, from the shell',
    unit: 'ms',
    value: round(ours, 0),
    floor: { what: '`node -e 0`', value: round(empty, 0) },
    peers: [],
  });
}
