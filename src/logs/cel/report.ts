/** systemd's log as `assay log` shows it. */

import { hashSize, PcrAccumulator, type HashName } from '../../bytes/hash.ts';
import { printable, toHex } from '../../bytes/text.ts';
import type { LogReport, LogReportEvent, LogReportPcrs } from '../report.ts';
import { boundText } from './bindings.ts';
import type { CelLog, CelRecord } from './model.ts';

/** What every record has, of a PCR or not. */
interface CelReportRecord {
  readonly offset: number;
  /** made safe to print; what the log says, whether or not it is bound */
  readonly text?: string;
  readonly bootId?: string;
  /** CLOCK_BOOTTIME, microseconds */
  readonly timestamp?: number;
  /** digests of algorithms that this verifier does not compute */
  readonly foreignDigests?: readonly { readonly algorithm: string; readonly digest: string }[];
}

/** A record of a PCR. `binding` is that of the report's `bank`. */
export interface CelReportEvent extends LogReportEvent, CelReportRecord {}

/** A record of an NvPCR: shown, and never replayed. */
interface CelReportNvEvent extends Omit<LogReportEvent, 'pcr' | 'binding'>, CelReportRecord {
  readonly nvIndex: number;
  readonly name?: string;
}

/** The report of a log. What its PCRs held before is not in it: `pcrs` is what it would lead to from zero. */
export interface CelReport extends LogReport<CelReportEvent> {
  readonly format: CelLog['format'];
  /** the bank in which texts were compared with digests; null for a log without digests of a PCR */
  readonly bank: HashName | null;
  readonly nvEvents: readonly CelReportNvEvent[];
}

/** The whole log. Everything in it is the host's word: no quote is looked at here. */
export function celReport(log: CelLog): CelReport {
  const bank = (['sha256', 'sha384', 'sha512', 'sha1'] as const).find((name) => log.banks.includes(name)) ?? null;
  const events: CelReportEvent[] = [];
  const nvEvents: CelReportNvEvent[] = [];
  for (const record of log.records) {
    const { pcr, nvIndex, content } = record;
    if (pcr !== null) {
      const binding = bank === null ? 'not-extended' : boundText(record, bank).binding;
      events.push({ ...reportRecord(record), pcr, binding });
    } else {
      const name = content?.nvIndexName ?? null;
      nvEvents.push({ ...reportRecord(record), nvIndex: nvIndex!, ...(name !== null && { name: printable(name) }) });
    }
  }
  const pcrs = [...new Set(events.map(({ pcr }) => pcr))].toSorted((a, b) => a - b);
  return {
    schema: 'assay.log/1',
    format: log.format,
    banks: log.banks,
    bank,
    events,
    initial: pcrTable(log.banks, pcrs, (bank) => '00'.repeat(hashSize(bank))),
    pcrs: pcrTable(log.banks, pcrs, (bank, pcr) => toHex(replayPcr(log, bank, pcr))),
    nvEvents,
    anomalies: log.anomalies.map((anomaly) => ({ ...anomaly, detail: printable(anomaly.detail) })),
  };
}

function reportRecord({ index, offset, digests, foreignDigests, contentType, content }: CelRecord) {
  const { eventType = null, text = null, bootId = null, timestamp = null } = content ?? {};
  return {
    index,
    offset,
    type: { name: printable(eventType ?? contentType) },
    digests: Object.fromEntries([...digests].map(([name, { value }]) => [name, toHex(value)])),
    ...(foreignDigests.size > 0 && {
      foreignDigests: [...foreignDigests].map(([name, digest]) => ({ algorithm: printable(name), digest })),
    }),
    ...(text !== null && { text: printable(text.value) }),
    ...(bootId !== null && { bootId: printable(bootId) }),
    ...(timestamp !== null && { timestamp }),
  };
}

function replayPcr(log: CelLog, bank: HashName, pcr: number): Uint8Array {
  const accumulator = new PcrAccumulator(bank);
  for (const record of log.records) {
    const extended = record.pcr === pcr ? record.digests.get(bank) : undefined;
    if (extended !== undefined) accumulator.extend(extended.value);
  }
  return accumulator.value();
}

function pcrTable(
  banks: readonly HashName[],
  pcrs: readonly number[],
  value: (bank: HashName, pcr: number) => string,
): LogReportPcrs {
  return Object.fromEntries(
    banks.map((bank) => [bank, Object.fromEntries(pcrs.map((pcr) => [String(pcr), value(bank, pcr)]))]),
  );
}
