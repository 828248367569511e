/** IMA: a long runtime list from bytes to its replayed prefix, in time and in memory. */
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { replayPrefix } from '../../src/logs/ima/replay.ts';
import { floorReplay, longList } from '../support/ima-list-builder.ts';
import { run } from '../tools/programs.ts';
import { atLeast, round, type Figure } from './figure.ts';
import { compare, type Effort } from './measure.ts';
import type { Peers } from './peers.ts';

const ENTRIES = 5000;
const MANY = 100_000;
const LIMIT_MB = 150;

export async function imaTime(peers: Peers, effort: Effort): Promise<Figure> {
  const list = longList(ENTRIES);
  const quoted = floorReplay(list, 'sha256');
  const ours = () => replayPrefix(parseImaList(list.bytes), { bank: 'sha256', quoted });
  if (!ours().equal) throw new Error('the list does not lead to the floor’s value');
  const [floor, product] = compare(
    [
      { name: 'floor', run: () => floorReplay(list, 'sha256') },
      { name: 'IMA list', run: ours },
    ],
    effort,
  );
  const perEntry = (microseconds: number): number => round((microseconds * 1000) / ENTRIES, 0);
  return atLeast(0.6, {
    id: 'ima',
    what: `runtime list from bytes: parse and replay ${ENTRIES} entries`,
    unit: 'ns/entry',
    value: perEntry(product!.best),
    floor: { what: 'H(template data) and extend of the same entries', value: perEntry(floor!.best) },
    peers: await peers.imaList(list.bytes),
  });
}

/** Peak resident memory of a process that holds, parses and replays the list, all of it: runtime and list included. */
export async function imaMemory(): Promise<Figure> {
  const { stdout } = await run('node', ['dist/bench/ima-memory.js', String(MANY)]);
  const { peak, bare } = JSON.parse(stdout.toString()) as { peak: number; bare: number };
  return {
    id: 'ima-memory',
    what: `peak memory of a process that judges ${MANY} entries`,
    unit: 'MB',
    value: round(peak, 0),
    floor: { what: 'the same process before it holds a list', value: round(bare, 0) },
    ratio: round(peak / bare),
    aim: { text: `< ${LIMIT_MB} MB`, met: peak < LIMIT_MB },
    peers: [],
  };
}
