/**
 * Where the boot ends in a PCR and the running system begins. Told by digests wherever these tell: the name under which an event
 * stands in a log, and the log itself, are covered by none.
 */

import { digestHex, HASHES, type HashName } from '../bytes/hash.ts';
import type { Facts } from '../facts/facts.ts';
import type { Fact } from '../facts/model.ts';
import { PHASES } from '../references/phases.ts';

/** The events of one PCR in their order, parted. */
interface Parted {
  /** of the firmware, the boot loader and the image */
  readonly boot: readonly Fact<'event'>[];
  /** of the running system */
  readonly userspace: readonly Fact<'event'>[];
}

/** The word with which systemd closes what came before its initrd, and the PCRs it closes (systemd-pcrosseparator.service(8)). */
export const OS_SEPARATOR = 'os-separator';
const CLOSED_BY_SYSTEMD: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14]);

/** PCR 9: the names of NV indexes that serve as PCRs, and the word behind them (systemd-tpm2-setup.service(8)). */
const NVPCR_INIT = 'nvpcr-init:';
export const NVPCR_SEPARATOR = 'nvpcr-separator';

const DIGESTS: ReadonlyMap<string, string> = new Map(
  HASHES.flatMap(({ name }) =>
    [...PHASES, OS_SEPARATOR, NVPCR_SEPARATOR].map((word) => [`${name}:${word}`, digestOf(word, name)] as const),
  ),
);

function digestOf(word: string, bank: HashName): string {
  return digestHex(bank, new TextEncoder().encode(word));
}

/** Whether an event measures a word, whatever its log calls it. */
export function measures({ value: { digest } }: Fact<'event'>, word: string, bank: HashName): boolean {
  return digest === (DIGESTS.get(`${bank}:${word}`) ?? digestOf(word, bank));
}

/** Parts the events of a PCR that replays. Nothing of the boot comes behind what is of the running system, or it is not parted there. */
export function partEvents(facts: Facts, pcr: number): Parted {
  const events = facts.events(pcr);
  const bank = facts.bank!;
  let from = events.length;
  let closed = false;
  for (; from > 0; from--) {
    const event = events[from - 1]!;
    if (isUserspace(event, pcr, bank)) continue;
    if (closed || !CLOSED_BY_SYSTEMD.has(pcr) || !measures(event, OS_SEPARATOR, bank)) break;
    closed = true;
  }
  return { boot: events.slice(0, from), userspace: events.slice(from) };
}

function isUserspace(event: Fact<'event'>, pcr: number, bank: HashName): boolean {
  const { content } = event.value;
  switch (pcr) {
    case 9:
      return measures(event, NVPCR_SEPARATOR, bank) || (content.kind === 'text' && content.text.startsWith(NVPCR_INIT));
    case 11:
      return event.source.part !== 'log.firmware' || PHASES.some((word) => measures(event, word, bank));
    default:
      return false;
  }
}
