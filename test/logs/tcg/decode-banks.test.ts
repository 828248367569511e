/** Decoding in several banks at once: never anything but what each bank says for itself. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { digest } from '../../../src/bytes/hash.ts';
import { decodeBanks, decodeLog } from '../../../src/logs/tcg/event-data.ts';
import type { TcgLog } from '../../../src/logs/tcg/model.ts';
import { parseTcgLog } from '../../../src/logs/tcg/parse.ts';
import { labCapture } from '../../support/lab-bundle.ts';
import { agileLog, GUIDS, u32, variable, type EventSpec } from '../../support/tcg-log-builder.ts';

const BANKS = ['sha1', 'sha256', 'sha384'] as const;

function parse(events: readonly EventSpec[]): TcgLog {
  return parseTcgLog(agileLog(BANKS, events).bytes).untrusted;
}

/** Few contents, so that digests of one event are often of the data of another. */
const boot = variable('Boot0001', GUIDS.global, Buffer.from('a boot option'));
const CONTENTS = [
  u32(0),
  u32(1),
  boot,
  boot.subarray(-13),
  variable('SecureBoot', GUIDS.global, Buffer.of(1)),
  Buffer.alloc(60, 0xff),
  Buffer.from('grub_cmd: boot\0'),
  Buffer.from('boot'),
  Buffer.from('boot\0'),
  Buffer.from('.linux\0'),
  Buffer.from('.linux\0', 'utf16le'),
];
const content = fc.constantFrom(...CONTENTS);
const place = fc.constantFrom<[number, number]>(
  [4, 0],
  [4, 7],
  [0x0d, 8],
  [0x0d, 11],
  [0x0d, 12],
  [0x80000001, 7],
  [0x80000002, 1],
  [0x800000e0, 7],
  [3, 0],
);
const event: fc.Arbitrary<EventSpec> = fc
  .record({ place, data: content, measured: content, other: content, where: fc.constantFrom(...BANKS, undefined) })
  .map(({ place: [type, pcr], data, measured, other, where }) => ({
    pcr,
    type,
    data,
    measured,
    ...(where !== undefined && { digests: { [where]: digest(where, other) } }),
  }));

test('each bank decodes to the same as by itself, whatever its digests are of', () => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 12 }),
      fc.shuffledSubarray([...BANKS], { minLength: 1 }),
      (specs, banks) => {
        const log = parse(specs);
        const decoded = decodeBanks(log, banks);
        expect([...decoded.keys()]).toEqual(banks);
        for (const bank of banks) expect(decoded.get(bank)).toEqual(decodeLog(log, bank));
      },
    ),
    { numRuns: 500 },
  );
});

test('a separator in one bank alone comes before the event in that bank alone', () => {
  const log = parse([
    { pcr: 7, type: 4, data: u32(0), digests: { sha1: digest('sha1', u32(9)) } },
    { pcr: 7, type: 5, data: Buffer.from('after') },
  ]);
  const decoded = decodeBanks(log);
  expect(BANKS.map((bank) => decoded.get(bank)!.afterSeparator.at(-1))).toEqual([false, true, true]);
});

test('the name of a section counts in the banks that prove it', () => {
  const name = Buffer.from('.linux\0');
  const log = parse([
    { pcr: 11, type: 0x0d, data: name, digests: { sha256: digest('sha256', Buffer.from('.initrd\0')) } },
    { pcr: 11, type: 0x0d, data: name, measured: Buffer.from('a kernel') },
  ]);
  const decoded = decodeBanks(log);
  expect(BANKS.map((bank) => decoded.get(bank)!.events.at(-1)!.body.kind)).toEqual([
    'stub-section',
    'label',
    'stub-section',
  ]);
});

test('the data of an honest log is decoded once', () => {
  const log = parseTcgLog(labCapture('shim-grub', 'baseline').firmware).untrusted;
  const [first, ...others] = [...decodeBanks(log).values()];
  expect(others).toHaveLength(2);
  for (const { events } of others) {
    for (const [i, decoded] of events.entries()) expect(decoded).toBe(first!.events[i]);
  }
});
