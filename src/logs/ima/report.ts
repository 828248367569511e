/** An IMA list as `assay log` shows it. */

import type { HashName } from '../../bytes/hash.ts';
import { hashSize } from '../../bytes/hash.ts';
import { printable, toHex } from '../../bytes/text.ts';
import type { LogBinding, LogReport, LogReportEvent, LogReportPcrs } from '../report.ts';
import type { ImaFields, ImaFieldsProblem } from './fields.ts';
import { printablePath, readFields } from './fields.ts';
import type { ImaBinding, ImaExtendMode, ImaList } from './model.ts';
import { entryPcr, entryTemplate, pcrsNamed, templateDigest } from './model.ts';
import { entryBinding } from './bindings.ts';
import { replayWhole } from './replay.ts';
import type { ImaSignatureType } from './signature.ts';

/** An entry. `binding` is against the stored template digest; that of a violation is `hint`, nothing covers its data. */
export interface ImaReportEvent extends LogReportEvent {
  readonly violation?: true;
  /** made safe to print */
  readonly path?: string;
  readonly fileDigest?: { readonly kind: 'ima' | 'verity'; readonly algorithm: string; readonly hex: string };
  readonly signature?: {
    readonly type: ImaSignatureType;
    readonly version: number;
    readonly hash: string;
    readonly keyId: string;
  };
  /** the measured buffer: text when all of it prints, else hexadecimal */
  readonly buffer?: {
    readonly bytes: number;
    readonly matches: boolean;
    readonly text?: string;
    readonly hex?: string;
  };
  /** why the template data could not be read, in place of the fields above */
  readonly problem?: ImaFieldsProblem;
}

/** The report of a list. */
export interface ImaReport extends LogReport<ImaReportEvent> {
  readonly format: ImaList['format'];
  /** `pcrs` is the native mode; this is what a kernel that pads SHA-1 would have extended (banks other than SHA-1) */
  readonly paddedPcrs: LogReportPcrs;
}

/** The banks shown unless others are asked for. */
const DEFAULT_BANKS: readonly HashName[] = ['sha1', 'sha256', 'sha384'];

/** The whole list. It does not say which mode a kernel used: only a quoted value tells (`replayPrefix`). */
export function imaReport(list: ImaList, banks: readonly HashName[] = DEFAULT_BANKS): ImaReport {
  const events = Array.from({ length: list.count }, (_, index) => imaReportEvent(list, index));
  const initial = pcrTable(list, banks, (bank) => '00'.repeat(hashSize(bank)));
  const whole = (mode: ImaExtendMode) => (bank: HashName, pcr: number) => toHex(replayWhole(list, bank, mode, pcr));
  const padding = banks.filter((bank) => bank !== 'sha1');
  return {
    schema: 'assay.log/1',
    format: list.format,
    banks,
    events,
    initial,
    pcrs: pcrTable(list, banks, whole('native')),
    paddedPcrs: pcrTable(list, padding, whole('padded-sha1')),
    anomalies: list.anomalies,
  };
}

/** One entry. */
function imaReportEvent(list: ImaList, index: number): ImaReportEvent {
  const binding = entryBinding(list, index);
  const { fields, problem } = readFields(list, index);
  return {
    index,
    pcr: entryPcr(list, index),
    type: { name: entryTemplate(list, index).name },
    digests: { [list.digestHash]: toHex(templateDigest(list, index)) },
    binding: BINDINGS[binding],
    ...(binding === 'violation' && { violation: true }),
    ...(fields === undefined ? { problem } : decoded(fields)),
  };
}

const BINDINGS: Readonly<Record<ImaBinding, LogBinding>> = { bound: 'bound', violation: 'hint', mismatch: 'mismatch' };

function decoded(fields: ImaFields): Partial<ImaReportEvent> {
  const { fileDigest, signature, buffer } = fields;
  const header = signature?.decoded;
  return {
    path: printablePath(fields),
    fileDigest: { kind: fileDigest.kind, algorithm: fileDigest.algorithm, hex: toHex(fileDigest.bytes) },
    ...(header && {
      signature: { type: header.type, version: header.version, hash: header.hash, keyId: header.keyId },
    }),
    ...(buffer && { buffer: shownBuffer(buffer) }),
  };
}

function shownBuffer(buffer: NonNullable<ImaFields['buffer']>): NonNullable<ImaReportEvent['buffer']> {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(buffer.bytes);
  const shown = { bytes: buffer.bytes.length, matches: buffer.matches };
  const prints = !text.includes('\ufffd') && printable(text, text.length) === text;
  return prints ? { ...shown, text } : { ...shown, hex: toHex(buffer.bytes) };
}

function pcrTable(
  list: ImaList,
  banks: readonly HashName[],
  value: (bank: HashName, pcr: number) => string,
): LogReportPcrs {
  const pcrs = pcrsNamed(list);
  return Object.fromEntries(
    banks.map((bank) => [bank, Object.fromEntries(pcrs.map((pcr) => [String(pcr), value(bank, pcr)]))]),
  );
}
