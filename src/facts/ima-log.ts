/** Facts of the runtime list: whether it leads to the quoted PCR 10, how, and which boot it belongs to. */

import { hashSize, type HashName } from '../bytes/hash.ts';
import { printable, toHex } from '../bytes/text.ts';
import type { Replayed, Untrusted } from '../bytes/trust.ts';
import { bootAggregates, type PcrAtStart } from '../logs/ima/boot-aggregate.ts';
import { IMA_PCR, type ImaList, type ImaPrefix } from '../logs/ima/model.ts';
import { replayPrefix, replayWhole, type ImaReplay } from '../logs/ima/replay.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { pcrSubject } from './firmware-log.ts';
import type { Fact } from './model.ts';

const PART = 'log.ima';

interface ImaFacts {
  readonly facts: readonly Fact[];
  readonly prefix: Replayed<ImaPrefix> | null;
}

/** How a replay is found: directly, or from a cache. A pure function of list, bank and quoted value. */
export type ReplayFinder = (list: Untrusted<ImaList>, bank: HashName, quoted: Uint8Array) => ImaReplay;

/** The finder that replays. */
export const findReplay: ReplayFinder = (list, bank, quoted) => replayPrefix(list, { bank, quoted });

/** Facts of a list that is tied to verified quotes, in every quoted bank; the judged one gives the prefix. */
export function imaFacts(
  source: Untrusted<ImaList>,
  quoted: QuotedPcrs,
  judged: HashName,
  atHandOver: PcrAtStart,
  find: ReplayFinder,
): ImaFacts {
  const list = source.untrusted;
  const facts: Fact[] = [
    {
      name: 'log',
      value: { state: 'parsed', format: list.format, events: list.count },
      provenance: {},
      subject: 'ima',
      source: { part: PART },
    },
    ...list.anomalies.map(({ kind, detail, offset, index }): Fact<'log.anomaly'> => ({
      name: 'log.anomaly',
      value: { kind, detail: printable(detail), fatal: kind === 'truncated' },
      provenance: {},
      subject: 'ima',
      source: { part: PART, offset, index },
    })),
  ];
  let prefix: Replayed<ImaPrefix> | null = null;
  for (const bank of quoted.banks) {
    const value = quoted.value(bank, IMA_PCR);
    if (value === undefined) continue;
    const replay = find(source, bank, value);
    facts.push(pcrFact(list, replay, value, bank === judged));
    if (bank !== judged || replay.prefix === undefined) continue;
    prefix = replay.prefix;
    facts.push(listFact(list, replay, bank), ...aggregateFacts(list, replay, atHandOver));
  }
  return { facts, prefix };
}

/** PCR 10 when no list was sent: explained only if it was never extended. */
export function pcr10WithoutList(quoted: QuotedPcrs, judged: HashName): readonly Fact[] {
  return quoted.banks.flatMap((bank): Fact<'pcr'>[] => {
    const value = quoted.value(bank, IMA_PCR);
    if (value === undefined) return [];
    const equal = value.every((byte) => byte === 0);
    return [
      {
        name: 'pcr',
        value: { quoted: toHex(value), replayed: '00'.repeat(hashSize(bank)), equal, events: 0, separators: 0 },
        provenance: { digest: 'quoted' },
        subject: pcrSubject(bank, IMA_PCR, bank === judged),
        source: { part: 'quote', pcr: IMA_PCR, bank },
      },
    ];
  });
}

function pcrFact(list: ImaList, replay: ImaReplay, quoted: Uint8Array, judged: boolean): Fact<'pcr'> {
  const { bank, equal, entries } = replay;
  return {
    name: 'pcr',
    value: {
      quoted: toHex(quoted),
      replayed: toHex(equal ? quoted : replayWhole(list, bank, 'native')),
      equal,
      events: equal ? entries : list.count,
      separators: 0,
    },
    provenance: { digest: 'quoted' },
    subject: pcrSubject(bank, IMA_PCR, judged),
    source: { part: 'quote', pcr: IMA_PCR, bank },
  };
}

function listFact(list: ImaList, { mode, entries }: ImaReplay, bank: HashName): Fact<'ima'> {
  return {
    name: 'ima',
    value: { mode: mode === 'padded-sha1' ? 'padded' : 'native', entries, waiting: list.count - entries },
    provenance: { digest: 'replayed', data: 'bound' },
    subject: '',
    source: { part: PART, pcr: IMA_PCR, bank },
  };
}

/** One per kernel since the reset; a list of nothing else must not make the facts grow without end. */
const MAX_AGGREGATES = 16;

function aggregateFacts(list: ImaList, { entries }: ImaReplay, atHandOver: PcrAtStart): readonly Fact[] {
  return bootAggregates(list, atHandOver, entries, IMA_PCR, MAX_AGGREGATES).map(
    ({ index, recorded, expected, result }) => ({
      name: 'ima.boot-aggregate',
      value: {
        result,
        expected: expected === undefined ? 'not known' : `${recorded.algorithm}:${toHex(expected)}`,
        observed: `${recorded.algorithm}:${toHex(recorded.bytes)}`,
      },
      provenance: { digest: 'replayed', data: 'bound' },
      subject: String(index),
      source: { part: PART, index, pcr: IMA_PCR },
    }),
  );
}
