/** Makes a list of N entries and judges it, dropping what only the making needed. */
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { replayPrefix } from '../../src/logs/ima/replay.ts';
import { floorReplay, longList } from '../support/ima-list-builder.ts';

export function readImaList(n: number): number {
  const list = longList(n);
  const quoted = floorReplay(list, 'sha256');
  const { equal, entries } = replayPrefix(parseImaList(list.bytes), { bank: 'sha256', quoted });
  if (!equal || entries !== n) throw new Error('the list does not replay');
  return entries;
}
