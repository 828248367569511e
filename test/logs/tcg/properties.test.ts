/** Random logs and random bytes. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HASHES, type HashName } from '../../../src/bytes/hash.ts';
import { replayBank } from '../../../src/logs/replay.ts';
import { decodeLog } from '../../../src/logs/tcg/event-data.ts';
import { parseTcgLog } from '../../../src/logs/tcg/parse.ts';
import { tcgReport } from '../../../src/logs/tcg/report.ts';
import { agileLog, legacyLog, pcrsAfter, specIdEvent, type EventSpec } from '../../support/tcg-log-builder.ts';
import { orMalformed } from '../../tpm/outcome.ts';

const TYPES = [
  1,
  4,
  5,
  6,
  7,
  8,
  0x0a,
  0x0d,
  0x11,
  ...Array.from({ length: 13 }, (_, i) => 0x80000001 + i),
  0x800000e0,
  0x8401,
];
const data = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.string({ maxLength: 40 }).map((text) => Buffer.from(text, 'utf16le')),
  fc.string({ maxLength: 40 }).map((text) => Buffer.from(`grub_cmd: ${text}\0`)),
);
const event: fc.Arbitrary<EventSpec> = fc.record(
  { pcr: fc.nat({ max: 23 }), type: fc.constantFrom(...TYPES), data, measured: data },
  { requiredKeys: ['pcr', 'type', 'data'] },
);
const events = fc.array(event, { maxLength: 30 });
const banks = fc.shuffledSubarray(
  HASHES.map(({ name }) => name),
  { minLength: 1 },
);
const locality = fc.constantFrom(0, 3, 4);

const buffers = (values: ReadonlyMap<number, Uint8Array>): [number, Buffer][] =>
  [...values].map(([pcr, value]): [number, Buffer] => [pcr, Buffer.from(value)]).toSorted(([a], [b]) => a - b);

describe('a built log', () => {
  test('parses to what it was built from and replays to what an independent account says', () => {
    fc.assert(
      fc.property(banks, events, locality, (names, specs, start) => {
        const startup = Buffer.concat([Buffer.from('StartupLocality\0'), Buffer.from([start])]);
        const all: EventSpec[] = [{ pcr: 0, type: 3, data: startup, measured: 'zero' }, ...specs];
        const log = parseTcgLog(agileLog(names, all).bytes, { registers: 'pcr' }).untrusted;
        expect(log.banks).toEqual(names);
        expect(log.events.slice(1).map((e) => [e.pcr, e.type, Buffer.from(e.data)])).toEqual(
          all.map((e) => [e.pcr, e.type, Buffer.from(e.data)]),
        );
        for (const bank of names) {
          expect(buffers(replayBank(log, bank).final)).toEqual(buffers(pcrsAfter(bank, all, start)));
        }
      }),
    );
  });

  test('the same for TCG 1.2', () => {
    fc.assert(
      fc.property(events, (specs) => {
        const log = parseTcgLog(legacyLog(specs).bytes).untrusted;
        expect(
          log.events
            .slice(1)
            .map(({ offset, length }) => offset + length)
            .at(-1) ?? log.bytes.length,
        ).toBe(log.bytes.length);
        expect(buffers(replayBank(log, 'sha1').final)).toEqual(buffers(pcrsAfter('sha1', specs)));
      }),
    );
  });

  test('any flipped bit of a digest changes the PCR it goes to, and no other', () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 10 }),
        fc.nat(),
        fc.nat(),
        fc.nat({ max: 7 }),
        (specs, which, at, bit) => {
          const { bytes } = agileLog(['sha256'], specs);
          const before = parseTcgLog(bytes).untrusted;
          const target = before.events[1 + (which % specs.length)]!;
          const digest = target.digests.sha256!;
          const changed = Uint8Array.from(bytes);
          changed[digest.byteOffset - bytes.byteOffset + (at % digest.length)]! ^= 1 << bit;
          const values = (log: Uint8Array): Map<number, Buffer> =>
            new Map(buffers(replayBank(parseTcgLog(log).untrusted, 'sha256').final));
          const [old, now] = [values(bytes), values(changed)];
          expect([...old.keys()].filter((pcr) => !old.get(pcr)!.equals(now.get(pcr)!))).toEqual([target.pcr]);
        },
      ),
    );
  });

  test('cut anywhere it parses to a prefix of its events', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), fc.nat(), (specs, at) => {
        const { bytes, offsets } = agileLog(['sha1', 'sha256'], specs);
        const length = offsets[1]! + (at % (bytes.length - offsets[1]!));
        const whole = parseTcgLog(bytes).untrusted;
        const cut = orMalformed(() => parseTcgLog(bytes.subarray(0, length)).untrusted)!;
        expect(cut.events).toEqual(whole.events.slice(0, cut.events.length));
        const rest = bytes.subarray(cut.events.at(-1)!.offset + cut.events.at(-1)!.length, length);
        // Every byte left over is accounted for: none, padding, or a truncated event.
        const tail = cut.anomalies.map(({ kind }) => kind).filter((kind) => kind === 'truncated' || kind === 'padding');
        expect(tail).toHaveLength(rest.length === 0 ? 0 : 1);
      }),
    );
  });
});

describe('any bytes', () => {
  const headers = [specIdEvent(['sha1', 'sha256']), specIdEvent(['sha256']), Buffer.alloc(0)];
  const soup = fc
    .tuple(fc.constantFrom(...headers), fc.uint8Array({ maxLength: 400 }))
    .map((parts) => Buffer.concat(parts));

  test('parse, decode, replay and show, or are an EvidenceError', () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.uint8Array({ maxLength: 400 })), (bytes) => {
        const log = orMalformed(() => parseTcgLog(bytes).untrusted);
        if (log === undefined) return true;
        return JSON.stringify(tcgReport(log)).length > 0;
      }),
      { numRuns: 500 },
    );
  });

  test('as the data of an event decode to something, in every PCR and type', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.nat({ max: 15 }), data, (type, pcr, bytes) => {
        const { untrusted } = parseTcgLog(agileLog(['sha256'], [{ pcr, type, data: bytes }]).bytes);
        const [, decoded] = decodeLog(untrusted, 'sha256' satisfies HashName).events;
        expect(['bound', 'bound-with-quirk', 'hint', 'mismatch']).toContain(decoded!.binding);
      }),
      { numRuns: 1000 },
    );
  });
});
