/** A decoded log for people: a line per event, the PCR values it replays to, what is wrong with it. */

import { printable } from '../../bytes/text.ts';
import type { LogBinding, LogReport, LogReportEvent, LogReportPcrs } from '../../logs/report.ts';
import type { Style } from '../style.ts';

/** What an event says, as one line; logs of each kind have their own fields for it. */
type Describe<E extends LogReportEvent> = (event: E) => string;

const MAX_DETAIL = 120;

export function renderLog<E extends LogReportEvent>(report: LogReport<E>, describe: Describe<E>, style: Style): string {
  const bank = shownBank(report);
  return [
    `${style.bold('format')}  ${report.format}, ${report.events.length} events, banks ${report.banks.join(' ')}`,
    '',
    ...eventTable(report.events, describe, bank, style),
    '',
    ...pcrTables('replays to', report.pcrs, style),
    ...anomalyLines(report, style),
    '',
  ].join('\n');
}

/** The strongest bank events have a digest in; SHA-1 only where there is no other. */
function shownBank(report: LogReport): string {
  const recorded = new Set(report.events.flatMap((event) => Object.keys(event.digests)));
  return ['sha256', 'sha384', 'sha512', 'sha1'].find((bank) => recorded.has(bank)) ?? report.banks[0] ?? '';
}

function eventTable<E extends LogReportEvent>(
  events: readonly E[],
  describe: Describe<E>,
  bank: string,
  style: Style,
): string[] {
  // Not Math.max over a spread list: a runtime list has more entries than a call takes arguments.
  const width = events.reduce((most, event) => Math.max(most, event.type.name.length), 4);
  const head = `${'event'.padStart(6)}  PCR  ${'type'.padEnd(width)}  ${bank.padEnd(16)}  data`;
  return [
    style.dim(head),
    ...events.map((event) => {
      const digest = (event.digests[bank] ?? '').slice(0, 16).padEnd(16);
      const left = `${String(event.index).padStart(6)}  ${String(event.pcr).padStart(3)}  ${event.type.name.padEnd(width)}`;
      const said = printable(describe(event), MAX_DETAIL);
      return `${left}  ${style.dim(digest)}  ${bindingText(event.binding, style)}${said}`.trimEnd();
    }),
  ];
}

/** Data that is proved needs no word; the others say how far they may be believed. */
function bindingText(binding: LogBinding, style: Style): string {
  switch (binding) {
    case 'bound':
      return '';
    case 'bound-with-quirk':
      return style.dim('(quirk) ');
    case 'hint':
      return style.dim('(hint) ');
    case 'mismatch':
      return style.red('(mismatch) ');
    case 'not-extended':
      return style.dim('(not extended) ');
  }
}

/** PCR values, a table per bank. */
export function pcrTables(title: string, pcrs: LogReportPcrs, style: Style): string[] {
  return Object.entries(pcrs).flatMap(([bank, values]) => [
    `${style.bold(bank)} ${title}`,
    ...Object.entries(values).map(([pcr, value]) => `  PCR ${pcr.padStart(2)}  ${value}`),
  ]);
}

function anomalyLines(report: LogReport, style: Style): string[] {
  if (report.anomalies.length === 0) return [];
  return [
    '',
    style.yellow('anomalies'),
    ...report.anomalies.map(({ kind, offset, index, detail }) => {
      const where = index === undefined ? `offset ${offset}` : `event ${index}, offset ${offset}`;
      return `  ${kind} (${where}): ${printable(detail)}`;
    }),
  ];
}
