/** What `assay log` does. */

import { EvidenceError } from '../../bytes/errors.ts';
import type { Json } from '../../bytes/json.ts';
import { isAsciiList, parseImaList } from '../../logs/ima/parse.ts';
import { imaReport, type ImaReport, type ImaReportEvent } from '../../logs/ima/report.ts';
import { parseTcgLog } from '../../logs/tcg/parse.ts';
import { tcgReport, type TcgReport, type TcgReportEvent } from '../../logs/tcg/report.ts';
import type { LogOptions } from '../commands/log.ts';
import type { Io } from '../io.ts';
import { readInput } from '../input.ts';
import { pcrTables, renderLog } from '../render/log.ts';

/** @throws EvidenceError when the file is no log; UsageError when it cannot be read */
export function showLog(io: Io, file: string, options: LogOptions): void {
  const bytes = readInput(file, 'log');
  if (bytes.length === 0) throw new EvidenceError('log.empty', 'the log is empty', { part: file });
  const report = isImaList(bytes)
    ? imaReport(parseImaList(bytes, file).untrusted)
    : tcgReport(parseTcgLog(bytes, { part: file }).untrusted);
  io.out(options.json === true ? `${JSON.stringify(report)}\n` : text(report, io));
}

/** Digest sizes of lists: SHA-1, and those that newer kernels offer per algorithm. */
const IMA_DIGEST_SIZES = [20, 32, 48, 64];

/**
 * Whether the bytes are an IMA list. A binary entry has, after PCR and digest, the length and the name of its template; at that
 * place a firmware log has the size of its first event's data, and data that begins otherwise.
 */
function isImaList(bytes: Uint8Array): boolean {
  if (isAsciiList(bytes)) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return IMA_DIGEST_SIZES.some((size) => {
    const at = 4 + size;
    if (bytes.length < at + 8) return false;
    const length = view.getUint32(at, true);
    if (length === 0 || length > 255) return false;
    return /^(?:ima(?:-[a-z0-9]+)*|[a-z0-9-]+(?:\|[a-z0-9-]+)*)$/.test(
      Buffer.from(bytes.subarray(at + 4, at + 4 + length)).toString('latin1'),
    );
  });
}

function text(report: TcgReport | ImaReport, io: Io): string {
  if (isTcg(report)) {
    const registers = report.measurementRegisters ?? {};
    return (
      renderLog(report, describeTcg, io.outStyle) + lines(pcrTables('registers of the guest', registers, io.outStyle))
    );
  }
  return renderLog(report, describeIma, io.outStyle);
}

function isTcg(report: TcgReport | ImaReport): report is TcgReport {
  return report.format === 'tcg-1.2' || report.format === 'tcg-2.0';
}

/** Fields that say what an event is about, the first that is there is shown. */
const SUBJECTS = ['text', 'path', 'name', 'description', 'signature', 'subject', 'code'];

function describeTcg({ data, quirk }: TcgReportEvent): string {
  const subject = SUBJECTS.map((field) => data[field]).find((value) => typeof value === 'string');
  const shown = subject ?? describeValue(data);
  return `${data.kind}${shown === '' ? '' : `: ${shown}`}${quirk === undefined ? '' : ` [${quirk}]`}`;
}

function describeValue({ value, bytes }: { readonly [field: string]: Json }): string {
  if (typeof value === 'number') return String(value);
  return typeof bytes === 'number' ? `${bytes} bytes` : '';
}

function describeIma({ path, violation, problem, buffer }: ImaReportEvent): string {
  const said = path ?? problem ?? '';
  return `${violation === true ? 'violation: ' : ''}${said}${buffer === undefined ? '' : ` (${buffer.bytes} bytes measured)`}`;
}

function lines(list: readonly string[]): string {
  return list.length === 0 ? '' : `${list.join('\n')}\n`;
}
