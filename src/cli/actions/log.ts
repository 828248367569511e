/** What `assay log` does. */

import { EvidenceError } from '../../bytes/errors.ts';
import type { Json } from '../../bytes/json.ts';
import { isCelLog, parseCelLog } from '../../logs/cel/parse.ts';
import { celReport, type CelReport, type CelReportEvent } from '../../logs/cel/report.ts';
import { isAsciiList, parseImaList } from '../../logs/ima/parse.ts';
import { imaReport, type ImaReport, type ImaReportEvent } from '../../logs/ima/report.ts';
import { parseTcgLog } from '../../logs/tcg/parse.ts';
import { tcgReport, type TcgReport, type TcgReportEvent } from '../../logs/tcg/report.ts';
import type { LogOptions } from '../commands/log.ts';
import type { Io } from '../io.ts';
import { readInput } from '../input.ts';
import { pcrTables, renderLog } from '../render/log.ts';
import type { Style } from '../style.ts';

/** @throws EvidenceError when the file is no log; UsageError when it cannot be read */
export function showLog(io: Io, file: string, options: LogOptions): void {
  const bytes = readInput(file, 'log');
  if (bytes.length === 0) throw new EvidenceError('log.empty', 'the log is empty', { part: file });
  const report = reportOf(bytes, file);
  io.out(options.json === true ? `${JSON.stringify(report)}\n` : text(report, io));
}

type Report = TcgReport | ImaReport | CelReport;

function reportOf(bytes: Uint8Array, file: string): Report {
  if (isCelLog(bytes)) return celReport(parseCelLog(bytes, file).untrusted);
  return isImaList(bytes)
    ? imaReport(parseImaList(bytes, file).untrusted)
    : tcgReport(parseTcgLog(bytes, { part: file }).untrusted);
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

function text(report: Report, io: Io): string {
  switch (report.format) {
    case 'tcg-1.2':
    case 'tcg-2.0': {
      const registers = report.measurementRegisters ?? {};
      const tables = pcrTables('registers of the guest', registers, io.outStyle);
      return renderLog(report, describeTcg, io.outStyle) + lines(tables);
    }
    case 'systemd-cel':
      return renderLog(report, describeCel, io.outStyle) + lines(nvLines(report, io.outStyle));
    case 'ima-binary':
    case 'ima-ascii':
      return renderLog(report, describeIma, io.outStyle);
  }
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

function describeCel({ text }: CelReportEvent): string {
  return text ?? '';
}

/** Records of NvPCRs, which no PCR is extended by. */
function nvLines({ nvEvents, bank }: CelReport, style: Style): string[] {
  if (nvEvents.length === 0) return [];
  return [
    style.bold('NvPCRs, not replayed'),
    ...nvEvents.map(({ index, nvIndex, name, digests, text }) => {
      const digest = (digests[bank ?? 'sha256'] ?? '').slice(0, 16).padEnd(16);
      const register = `0x${nvIndex.toString(16)}${name === undefined ? '' : ` ${name}`}`;
      return `${String(index).padStart(6)}  ${register}  ${style.dim(digest)}  ${text ?? ''}`.trimEnd();
    }),
  ];
}

function lines(list: readonly string[]): string {
  return list.length === 0 ? '' : `${list.join('\n')}\n`;
}
