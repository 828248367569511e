/** Firmware logs and IMA lists: read, replayed and shown. */
import { boundText } from '../../src/logs/cel/bindings.ts';
import { parseCelLog } from '../../src/logs/cel/parse.ts';
import { celReport } from '../../src/logs/cel/report.ts';
import { readFields } from '../../src/logs/ima/fields.ts';
import { parseAsciiList } from '../../src/logs/ima/parse-ascii.ts';
import { parseBinaryList } from '../../src/logs/ima/parse-binary.ts';
import { replayPrefix } from '../../src/logs/ima/replay.ts';
import { imaReport } from '../../src/logs/ima/report.ts';
import type { ImaList } from '../../src/logs/ima/model.ts';
import { replayBank } from '../../src/logs/replay.ts';
import type { Untrusted } from '../../src/bytes/trust.ts';
import { decodeLog } from '../../src/logs/tcg/event-data.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { tcgReport } from '../../src/logs/tcg/report.ts';
import { celLog, celRecord } from '../support/cel-builder.ts';
import { asciiList, binaryList, buffer, file, longList, manyFiles } from '../support/ima-list-builder.ts';
import {
  agileLog,
  legacyLog,
  separators,
  startupLocality,
  tagged,
  type EventSpec,
} from '../support/tcg-log-builder.ts';
import { bundleParts, fixtureFiles, shortImaLists, text } from './seeds.ts';
import type { Target } from './target.ts';

const refuses = ['EvidenceError'];
const EV_IPL = 13;
const EV_EVENT_TAG = 6;

const SMALL: readonly EventSpec[] = [
  startupLocality(3),
  ...separators(),
  { pcr: 8, type: EV_IPL, data: text('grub_cmd: linux /vmlinuz root=/dev/sda1\0') },
  { pcr: 9, type: EV_EVENT_TAG, data: tagged(0x8f3b22ec, text('initrd')) },
];

function manyEvents(n: number, data: Uint8Array): Uint8Array {
  return agileLog(
    ['sha1', 'sha256'],
    Array.from({ length: n }, () => ({ pcr: 8, type: EV_IPL, data })),
  ).bytes;
}

function readIma(source: Untrusted<ImaList>): void {
  const list = source.untrusted;
  for (let index = 0; index < list.count; index++) readFields(list, index);
  replayPrefix(source, { bank: 'sha256', quoted: new Uint8Array(32) });
}

const SPACED = `\u001e${' '.repeat(10_000)}${JSON.stringify(celRecord({ text: 'ready' }))}\n`;
const LONG_TEXT = { text: '\\303'.repeat(2000) };

export const LOG_TARGETS: readonly Target[] = [
  {
    name: 'tcg log',
    seeds: () => [
      ...bundleParts((bundle) => bundle.firmwareLog?.bytes),
      new Uint8Array(agileLog(['sha1', 'sha256', 'sha384', 'sha512'], SMALL).bytes),
      new Uint8Array(legacyLog(SMALL).bytes),
    ],
    run(bytes) {
      const log = parseTcgLog(bytes).untrusted;
      for (const bank of log.banks) {
        replayBank(log, bank);
        decodeLog(log, bank);
      }
      JSON.stringify(tcgReport(log));
    },
    refuses,
    growth: [
      { name: 'events', n: 1000, make: (n) => manyEvents(n, text('grub_cmd: set a=b\0')) },
      { name: 'padding', n: 500_000, make: (n) => Buffer.concat([manyEvents(1, text('x')), Buffer.alloc(n, 0xff)]) },
      { name: 'event data', n: 500_000, make: (n) => manyEvents(1, new Uint8Array(n).fill(0x61)) },
    ],
  },
  {
    name: 'ima binary',
    seeds: () => [
      ...shortImaLists(),
      binaryList([file('/usr/bin/swtpm'), buffer('kexec-cmdline', text('root=/dev/sda')), ...manyFiles(3)]),
    ],
    run(bytes) {
      const source = parseBinaryList(bytes);
      readIma(source);
      if (bytes.length < 100_000) JSON.stringify(imaReport(source.untrusted));
    },
    refuses,
    growth: [
      { name: 'entries', n: 5000, make: (n) => longList(n).bytes },
      { name: 'one entry', n: 200_000, make: (n) => binaryList([file(`/${'a'.repeat(n)}`)]) },
    ],
  },
  {
    name: 'ima ascii',
    seeds: () => [
      asciiList([file('/usr/bin/swtpm'), file('/usr/lib/a b'), buffer('kexec-cmdline', text('root=/dev/sda'))]),
      asciiList(manyFiles(4), 'sha256'),
    ],
    run: (bytes) => readIma(parseAsciiList(bytes)),
    refuses,
    growth: [
      { name: 'entries', n: 5000, make: (n) => asciiList(manyFiles(n)) },
      { name: 'spaces', n: 100_000, make: (n) => text(`10 ${' '.repeat(n)}\n`) },
      { name: 'one line', n: 100_000, make: (n) => text('a '.repeat(n)) },
    ],
  },
  {
    name: 'systemd log',
    seeds: () => [
      ...['257', '262'].flatMap((version) => fixtureFiles(`systemd-log/${version}`, '.log')),
      celLog([{ text: 'ready' }, { nvIndex: 0x1d10200, text: 'product-id:missing' }, { text: 'a \\303\\274' }]),
    ],
    run(bytes) {
      const log = parseCelLog(bytes).untrusted;
      for (const record of log.records) for (const bank of log.banks) boundText(record, bank);
      JSON.stringify(celReport(log));
    },
    refuses,
    growth: [
      { name: 'records', n: 500, make: (n) => celLog(Array.from({ length: n }, () => ({ text: 'ready' }))) },
      { name: 'ends missing', n: 5000, make: (n) => text('\u001e'.repeat(n)) },
      {
        name: 'long texts',
        n: 50,
        make: (n) =>
          celLog(
            Array.from({ length: n }, () => LONG_TEXT),
            ['sha256'],
          ),
      },
      { name: 'white space', n: 50, make: (n) => text(SPACED.repeat(n)) },
    ],
  },
];
