/** Facts of what the running system extended: events of the PCRs that replay, and whether a log's own order is the TPM's. */

import type { HashName } from '../bytes/hash.ts';
import { printable, toHex } from '../bytes/text.ts';
import type { Replayed, Untrusted } from '../bytes/trust.ts';
import { refusesCelLog, type CelLog } from '../logs/cel/model.ts';
import { classifyRuntime, type ClassifiedExtend } from '../logs/classify-runtime.ts';
import { entriesOfPcr, type ImaPrefix } from '../logs/ima/model.ts';
import type { QuoteReplay } from '../logs/replay.ts';
import type { RuntimeLog } from '../logs/runtime-log.ts';
import { SEPARATOR_ERROR, separatorOf } from '../logs/tcg/separators.ts';
import type { EventContent, Fact, FactSource } from './model.ts';

const SYSTEMD = { subject: 'systemd', part: 'log.systemd' } as const;

/** Facts of systemd's log as a whole. */
export function celLogFacts({ untrusted: log }: Untrusted<CelLog>): readonly Fact[] {
  const { subject, part } = SYSTEMD;
  return [
    {
      name: 'log',
      value: { state: 'parsed', format: log.format, events: log.records.length },
      provenance: {},
      subject,
      source: { part },
    },
    ...log.anomalies.map(({ kind, detail, offset, index }): Fact<'log.anomaly'> => ({
      name: 'log.anomaly',
      value: { kind, detail: printable(detail), fatal: refusesCelLog(kind) },
      provenance: {},
      subject,
      source: { part, offset, index },
    })),
  ];
}

/** Longer texts systemd cuts itself (pcrextend.c), so that no digest is of them. */
const MAX_TEXT = 1024;

/**
 * Facts of the extends that the judged bank's quoted values cover.
 * @param separated the PCRs that the firmware closed with a separator
 */
export function runtimeEventFacts(replay: QuoteReplay, separated: ReadonlySet<number>): readonly Fact[] {
  const { bank } = replay;
  const closed = new Set(separated);
  return classifyRuntime(replay.runtime).flatMap((extended): Fact[] => {
    const { pcr, digest, binding } = extended;
    const separator = separatorOf(pcr, bank, digest);
    const about = { subject: String(extended.index), source: sourceOf(extended, bank) };
    const facts: Fact[] = [
      {
        name: 'event',
        value: {
          type: printable(extended.type),
          digest: toHex(digest),
          afterSeparator: closed.has(pcr),
          content: contentOf(extended, separator),
          ...(extended.hint !== undefined && { hint: printable(extended.hint) }),
        },
        provenance: { digest: 'replayed', data: binding },
        ...about,
      },
    ];
    if (separator !== undefined) closed.add(pcr);
    if (binding === 'mismatch') {
      const detail = 'a text that does not hash to it';
      const value = { type: printable(extended.type), digest: toHex(digest), detail };
      facts.push({ name: 'log.mismatch', value, provenance: { digest: 'replayed', data: 'mismatch' }, ...about });
    }
    if (extended.disagrees !== undefined) {
      const [bound, unbound] = binding === 'bound' ? [bank, extended.disagrees] : [extended.disagrees, bank];
      const value = { type: printable(extended.type), banks: `the text is ${bound}’s and not ${unbound}’s` };
      facts.push({ name: 'log.bank-disagreement', value, provenance: { digest: 'replayed' }, ...about });
    }
    return facts;
  });
}

/** Separators are told by their digest alone, in whatever log they stand. */
function contentOf({ verified }: ClassifiedExtend, separator: number | undefined): EventContent {
  if (separator !== undefined) return { kind: 'separator', error: separator === SEPARATOR_ERROR };
  const text = verified?.verified;
  return text === undefined || text.length > MAX_TEXT ? { kind: 'none' } : { kind: 'text', role: 'systemd', text };
}

function sourceOf({ part, index, offset, pcr }: ClassifiedExtend, bank: HashName): FactSource {
  return { part, index, offset, pcr, bank };
}

/** How many separators runtime logs put into one PCR. */
export function runtimeSeparators(replay: QuoteReplay, pcr: number): number {
  const extended = replay.pcrs.get(pcr)?.runtime ?? [];
  return extended.filter(({ digest }) => separatorOf(pcr, replay.bank, digest) !== undefined).length;
}

/**
 * A runtime log is written in the order of its extends, and one quote is of one moment: what it covers of the log is a prefix, over
 * all PCRs. A log that has an extend in its middle which the quote lacks was put together by somebody.
 * @param ima what the replay of IMA's own PCR covers of the same list
 */
export function orderFacts(log: RuntimeLog, replay: QuoteReplay, ima: Replayed<ImaPrefix> | null): readonly Fact[] {
  if (log.stated.length === 0) return [];
  const covered = new Set<number>();
  for (const { runtime } of replay.pcrs.values()) {
    for (const { part, index } of runtime) if (part === log.part) covered.add(index);
  }
  const left = log.stated
    .filter(({ pcr, index, digest }) => {
      const result = replay.pcrs.get(pcr);
      return (
        result !== undefined && result.status !== 'differs' && !covered.has(index) && digest(replay.bank) !== undefined
      );
    })
    .map(({ index }) => index);
  if (ima !== null) {
    const prefix = ima.replayed;
    covered.add(prefix.end - 1);
    for (const index of entriesOfPcr(prefix.list, prefix.pcr)) {
      if (index < prefix.end) continue;
      left.push(index);
      break;
    }
  }
  const last = Math.max(-1, ...covered);
  const first = Math.min(Infinity, ...left);
  if (first > last) return [];
  const detail = `the quote covers what stands at ${last}, and not what stands before it at ${first}`;
  return [
    {
      name: 'log.anomaly',
      value: { kind: 'order', detail, fatal: true },
      provenance: {},
      subject: log.part === 'log.systemd' ? 'systemd' : 'ima',
      source: { part: log.part, index: first },
    },
  ];
}
