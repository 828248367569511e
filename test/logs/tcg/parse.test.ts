/** Framing of firmware logs: both formats, what is an anomaly, and what is refused. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/bytes/text.ts';
import { refusesLog, type TcgAnomalyKind, type TcgLog } from '../../../src/logs/tcg/model.ts';
import { MAX_EVENTS, MAX_LOG_SIZE, parseTcgLog } from '../../../src/logs/tcg/parse.ts';
import { labCapture } from '../../support/lab-bundle.ts';
import {
  agileEvent,
  agileLog,
  legacyEvent,
  legacyLog,
  pcrsAfter,
  separators,
  specIdData,
  specIdEvent,
  startupLocality,
  u16,
  u32,
  type EventSpec,
} from '../../support/tcg-log-builder.ts';
import { replayBank } from '../../../src/logs/replay.ts';
import { errorCode } from '../../tpm/outcome.ts';

const BANKS = ['sha1', 'sha256'] as const;
const VERSION: EventSpec = { pcr: 0, type: 0x08, data: Buffer.from('v1\0') };
const EVENTS: readonly EventSpec[] = [VERSION, ...separators()];
const NO_ACTION = 3;

const parse = (bytes: Uint8Array): TcgLog => parseTcgLog(bytes).untrusted;
const kinds = (bytes: Uint8Array): TcgAnomalyKind[] => parse(bytes).anomalies.map(({ kind }) => kind);
const code = (bytes: Uint8Array): string => errorCode(() => parseTcgLog(bytes));

/** A crypto-agile log whose Spec ID event has this data. */
const withSpecId = (data: Uint8Array, ...rest: Uint8Array[]): Buffer =>
  Buffer.concat([legacyEvent({ pcr: 0, type: NO_ACTION, data, measured: 'zero' }), ...rest]);

describe('a crypto-agile log', () => {
  const { bytes, offsets } = agileLog(BANKS, EVENTS);
  const log = parse(bytes);

  test('has its format, banks and Spec ID', () => {
    expect(log).toMatchObject({ format: 'tcg-2.0', registers: 'pcr', banks: BANKS, anomalies: [] });
    expect(log.specId).toMatchObject({ signature: 'Spec ID Event03', specVersionMajor: 2, uintnSize: 2 });
  });

  test('has every event where it lies, as views of the log', () => {
    expect(log.events.map(({ offset }) => offset)).toEqual(offsets);
    expect(log.events.reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length);
    expect(log.events.slice(1).map(({ pcr, type, data }) => ({ pcr, type, data: Buffer.from(data) }))).toEqual(
      EVENTS.map(({ pcr, type, data }) => ({ pcr, type, data: Buffer.from(data) })),
    );
    for (const { data, dataOffset, digests } of log.events) {
      expect(data.buffer).toBe(bytes.buffer);
      expect(data.byteOffset - bytes.byteOffset).toBe(dataOffset);
      expect(digests.sha1!.buffer).toBe(bytes.buffer);
    }
  });

  test('keeps digests of an algorithm it does not compute, and replays the others', () => {
    const event = Buffer.concat([
      u32(0),
      u32(8),
      u32(2),
      u16(0x12),
      Buffer.alloc(32, 7),
      u16(4),
      Buffer.alloc(20, 9),
      u32(0),
    ]);
    const read = parse(
      withSpecId(
        specIdData([
          [0x12, 32],
          [4, 20],
        ]),
        event,
      ),
    );
    expect(read.banks).toEqual(['sha1']);
    expect(read.events[1]!.foreignDigests).toEqual([{ algorithmId: 0x12, digest: Buffer.alloc(32, 7) }]);
    expect(read.anomalies.map(({ kind }) => kind)).toEqual(['algorithm-unknown']);
    expect(replayBank(read, 'sha1').final.size).toBe(1);
  });

  test('is the same wherever it lies in memory', () => {
    const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    expect(parse(shifted).events).toEqual(log.events);
  });
});

describe('a TCG 1.2 log', () => {
  test('has one SHA-1 digest per event', () => {
    const log = parse(legacyLog(EVENTS).bytes);
    expect(log).toMatchObject({ format: 'tcg-1.2', banks: ['sha1'], anomalies: [] });
    expect(log.specId?.signature).toBe('Spec ID Event02');
    expect(log.events[1]!.digests).toMatchObject({ sha256: undefined, sha384: undefined, sha512: undefined });
  });

  test('attack 11: may begin with a startup locality, which is no Spec ID event', () => {
    const bytes = Buffer.concat([startupLocality(3), ...EVENTS].map(legacyEvent));
    const log = parse(bytes);
    expect(log.format).toBe('tcg-1.2');
    expect(log.startup).toEqual({ locality: 3, localityIndex: 0, hCrtmIndex: undefined });
    expect(log.anomalies.map(({ kind }) => kind)).toEqual(['spec-id-missing']);
  });
});

describe('the logs of booted machines', () => {
  test.each(['uki', 'uki-secureboot', 'shim-grub'])('%s has no anomaly and no unknown type', (scenario) => {
    const log = parse(labCapture(scenario, 'baseline').firmware);
    expect(log).toMatchObject({ format: 'tcg-2.0', banks: ['sha1', 'sha256', 'sha384'], anomalies: [] });
    expect(log.events.length).toBeGreaterThan(30);
  });
});

describe('framing that is refused or reported', () => {
  const { bytes, offsets } = agileLog(BANKS, EVENTS);
  const header = specIdEvent(BANKS);

  test('attack 1: a log too short for an event, empty, or text', () => {
    expect(code(new Uint8Array(0))).toBe('tcg.empty');
    expect(code(bytes.subarray(0, 31))).toBe('tcg.not-a-log');
    expect(code(Buffer.from('pcrs:\n  sha256:\n    0 : 0x00\n'.repeat(20)))).toBe('tcg.not-a-log');
    expect(code(Buffer.alloc(4096))).toBe('tcg.empty');
    expect(code(Buffer.alloc(4096, 0xff))).toBe('tcg.empty');
  });

  test('attack 2: an event larger than what is left ends the log as truncated, and the log does not hold', () => {
    const large = Buffer.concat([bytes, agileEvent(VERSION, BANKS).subarray(0, -3), Buffer.from([1])]);
    expect(kinds(large)).toEqual(['truncated']);
    expect(refusesLog('truncated')).toBe(true);
    expect(parse(large).events).toHaveLength(EVENTS.length + 1);
    expect(kinds(Buffer.concat([bytes, Buffer.from([1])]))).toEqual(['truncated']);
  });

  test('attack 3: an event size of 4 GiB allocates nothing', () => {
    const event = agileEvent(VERSION, BANKS);
    event.writeUInt32LE(0xffffffff, event.length - VERSION.data.length - 4);
    expect(kinds(Buffer.concat([header, event]))).toEqual(['truncated']);
    const first = Buffer.from(header);
    first.writeUInt32LE(0xffffffff, 28);
    expect(code(first)).toBe('tcg.not-a-log');
  });

  test('attack 4: a digest count of 0, above the Spec ID event, or above any TPM', () => {
    for (const count of [0, 3, 17, 0xffffffff]) {
      const event = agileEvent(VERSION, BANKS);
      event.writeUInt32LE(count, 8);
      expect(code(Buffer.concat([header, event]))).toBe('tcg.digest-count');
    }
    const fewer = Buffer.concat([header, agileEvent(VERSION, ['sha256'])]);
    expect(kinds(fewer)).toEqual(['digest-missing']);
    expect([...replayBank(parse(fewer), 'sha1').incomplete]).toEqual([0]);
    expect(replayBank(parse(fewer), 'sha1').final.size).toBe(0);
  });

  test('attack 5: an algorithm not listed, listed twice, or in another order', () => {
    expect(code(Buffer.concat([header, agileEvent(VERSION, ['sha1', 'sha384'])]))).toBe('tcg.digest-algorithm');
    expect(code(Buffer.concat([header, agileEvent(VERSION, ['sha1', 'sha1'])]))).toBe('tcg.digest-repeated');
    const reordered = Buffer.concat([header, agileEvent(VERSION, ['sha256', 'sha1'])]);
    expect(kinds(reordered)).toEqual(['digest-order']);
    expect(toHex(parse(reordered).events[1]!.digests.sha256!)).toBe(toHex(parse(bytes).events[1]!.digests.sha256!));
  });

  test('attack 6: a digest size that disagrees with the algorithm, or with any', () => {
    for (const size of [0, 1, 20, 33, 65535]) {
      expect(code(withSpecId(specIdData([[11, size]])))).toBe('tcg.spec-id-digest-size');
    }
    for (const size of [0, 65, 65535]) {
      expect(code(withSpecId(specIdData([[0x4242, size]])))).toBe('tcg.spec-id-digest-size');
    }
  });

  test('attack 7: a Spec ID event without algorithms, with one twice, or with too many', () => {
    expect(code(withSpecId(specIdData([])))).toBe('tcg.spec-id-algorithms');
    expect(
      code(
        withSpecId(
          specIdData([
            [11, 32],
            [11, 32],
          ]),
        ),
      ),
    ).toBe('tcg.spec-id-algorithms');
    const many = specIdData(Array.from({ length: 17 }, (_, i) => [0x100 + i, 32] as const));
    expect(code(withSpecId(many))).toBe('tcg.spec-id-algorithms');
    const claimed = specIdData([[11, 32]]);
    claimed.writeUInt32LE(0xffffffff, 24);
    expect(code(withSpecId(claimed))).toBe('tcg.spec-id-algorithms');
    claimed.writeUInt32LE(2, 24);
    expect(code(withSpecId(claimed))).toBe('tcg.spec-id');
  });

  test('attack 8: a vendorInfoSize longer or shorter than the event', () => {
    const data = specIdData([[11, 32]], Buffer.from('vendor'));
    const exact = parse(withSpecId(data));
    expect(exact.anomalies).toEqual([]);
    expect(Buffer.from(exact.specId!.vendorInfo).toString()).toBe('vendor');
    for (const size of [2, 200]) {
      data[data.length - 7] = size;
      expect(kinds(withSpecId(data))).toEqual(['spec-id-vendor-info']);
    }
  });

  test('attack 9: a Spec ID event that is not first, or comes twice', () => {
    const late = Buffer.concat([legacyEvent(VERSION), header]);
    expect(parse(late).format).toBe('tcg-1.2');
    expect(kinds(late)).toEqual(['spec-id-missing', 'spec-id-repeated']);
    const second: EventSpec = { pcr: 0, type: NO_ACTION, data: specIdData([[4, 20]]), measured: 'zero' };
    const twice = Buffer.concat([header, agileEvent(second, BANKS), agileEvent(VERSION, BANKS)]);
    expect(kinds(twice)).toEqual(['spec-id-repeated']);
    expect(parse(twice).banks).toEqual(BANKS);
    expect(refusesLog('spec-id-repeated')).toBe(true);
  });

  test('attack 10: a Spec ID event with a digest or for another PCR', () => {
    const data = specIdData([[11, 32]]);
    expect(kinds(legacyEvent({ pcr: 0, type: NO_ACTION, data }))).toEqual(['spec-id-digest']);
    expect(kinds(legacyEvent({ pcr: 5, type: NO_ACTION, data, measured: 'zero' }))).toEqual(['spec-id-pcr']);
    expect(code(legacyEvent({ pcr: 24, type: NO_ACTION, data, measured: 'zero' }))).toBe('tcg.not-a-log');
  });

  test.each([0x00, 0xff])('attack 12: a tail of %i is padding only if all of it is', (pad) => {
    for (const length of [1, 7, 4096]) {
      expect(kinds(Buffer.concat([bytes, Buffer.alloc(length, pad)]))).toEqual(['padding']);
    }
    const tail = Buffer.alloc(300, pad);
    expect(parse(Buffer.concat([bytes, tail])).events).toEqual(parse(bytes).events);
    const broken = (at: number): string => {
      const copy = Buffer.concat([bytes, tail]);
      copy[bytes.length + at] = 0x5a;
      const outcome = errorCode(() => parseTcgLog(copy));
      return outcome === 'accepted'
        ? parse(copy)
            .anomalies.map(({ kind }) => kind)
            .join()
        : outcome;
    };
    for (const at of [0, 3, 11, 150, 299]) expect(broken(at)).toMatch(/^(?:truncated|tcg\.digest-count)$/);
    expect(refusesLog('padding')).toBe(false);
  });

  test('attack 13: a log cut between two events parses, and leads to other values', () => {
    const cut = bytes.subarray(0, offsets.at(-1));
    expect(kinds(cut)).toEqual([]);
    expect(replayBank(parse(cut), 'sha256').final.get(7)).toBeUndefined();
    const early = bytes.subarray(0, offsets[2]);
    expect(replayBank(parse(early), 'sha256').final.get(0)).not.toEqual(
      replayBank(parse(bytes), 'sha256').final.get(0),
    );
  });

  test('attack 14: a PCR that does not exist is refused but for EV_NO_ACTION, and extends nothing', () => {
    for (const pcr of [24, 0x31, 0x32, 0xffffffff]) {
      const log = parse(Buffer.concat([header, agileEvent({ ...VERSION, pcr }, BANKS)]));
      expect(log.anomalies.map(({ kind }) => kind)).toEqual(['pcr-out-of-range']);
      expect(replayBank(log, 'sha256').final.size).toBe(0);
    }
    expect(refusesLog('pcr-out-of-range')).toBe(true);
    const noAction = (pcr: number): EventSpec => ({ pcr, type: NO_ACTION, data: Buffer.from('x'), measured: 'zero' });
    expect(kinds(Buffer.concat([header, agileEvent(noAction(0xffffffff), BANKS)]))).toEqual([]);
    expect(kinds(Buffer.concat([header, agileEvent(noAction(24), BANKS)]))).toEqual(['no-action-pcr']);
  });

  test('attack 15: unknown types extend and are reported', () => {
    for (const type of [0x8401, 0x10000000, 0x40e, 0x800000ff, 0xffffffff]) {
      const events: EventSpec[] = [{ pcr: 2, type, data: Buffer.from([1]) }];
      const log = parse(agileLog(BANKS, events).bytes);
      expect(log.anomalies.map(({ kind }) => kind)).toEqual(['type-unknown']);
      expect(Buffer.from(replayBank(log, 'sha256').final.get(2)!)).toEqual(pcrsAfter('sha256', events).get(2));
    }
  });

  test('attack 16: too many events, and too large a log', () => {
    const event = agileEvent({ ...VERSION, data: Buffer.alloc(0) }, BANKS);
    const many = Buffer.concat([header, Buffer.alloc(event.length * MAX_EVENTS, event)]);
    expect(code(many)).toBe('tcg.too-many-events');
    expect(code(new Uint8Array(MAX_LOG_SIZE + 1))).toBe('tcg.too-large');
  });

  test('a log of a confidential guest is told by its registers', () => {
    const guest = [1, 2, 3].map((pcr): EventSpec => ({ pcr, type: 4, data: u32(0) }));
    expect(parse(agileLog(['sha384'], guest).bytes).registers).toBe('ccel-mr');
    expect(parse(agileLog(['sha384'], [VERSION, ...guest]).bytes).registers).toBe('pcr');
    expect(parse(agileLog(['sha256'], guest).bytes).registers).toBe('pcr');
    const stated = parseTcgLog(agileLog(['sha384'], guest).bytes, { registers: 'pcr' }).untrusted;
    expect(stated.registers).toBe('pcr');
    const fifth = parseTcgLog(agileLog(['sha384'], [{ ...VERSION, pcr: 5 }]).bytes, { registers: 'ccel-mr' }).untrusted;
    expect(fifth.anomalies.map(({ kind }) => kind)).toEqual(['pcr-out-of-range']);
  });
});

describe('attack 32: startup events', () => {
  const log = (...events: EventSpec[]): TcgLog => parse(agileLog(BANKS, events).bytes);
  const hCrtm: EventSpec = { pcr: 0, type: 0x80000010, data: Buffer.from('HCRTM'), measured: Buffer.from('code') };

  test.each([0, 3, 4])('locality %i is where PCR 0 starts', (locality) => {
    const events = [startupLocality(locality), ...EVENTS];
    const read = log(...events);
    expect(read).toMatchObject({ anomalies: [], startup: { locality, localityIndex: 1 } });
    for (const bank of BANKS) {
      expect(new Map([...replayBank(read, bank).final].map(([pcr, v]) => [pcr, Buffer.from(v)]))).toEqual(
        pcrsAfter(bank, events, locality),
      );
    }
  });

  test('an H-CRTM sequence starts PCR 0 at 4, once or several times, with its locality or without', () => {
    for (const events of [
      [hCrtm, VERSION],
      [hCrtm, hCrtm, VERSION],
      [startupLocality(4), hCrtm],
      [hCrtm, startupLocality(4), VERSION],
    ]) {
      const read = log(...events);
      expect(read).toMatchObject({ anomalies: [], startup: { locality: 4 } });
      expect(Buffer.from(replayBank(read, 'sha256').final.get(0)!)).toEqual(pcrsAfter('sha256', events, 4).get(0));
    }
  });

  test.each<[string, TcgAnomalyKind, number, EventSpec[]]>([
    ['after an extend of PCR 0', 'startup-locality-late', 0, [VERSION, startupLocality(3)]],
    ['twice', 'startup-locality-repeated', 3, [startupLocality(3), startupLocality(4), VERSION]],
    ['twice the same', 'startup-locality-repeated', 3, [startupLocality(3), startupLocality(3), VERSION]],
    ['of another value', 'startup-locality-value', 0, [startupLocality(1), VERSION]],
    ['of 255', 'startup-locality-value', 0, [startupLocality(255), VERSION]],
    [
      'of another size',
      'startup-locality-malformed',
      0,
      [{ ...startupLocality(3), data: Buffer.from('StartupLocality\0\x03\0') }, VERSION],
    ],
    ['that contradicts an H-CRTM before it', 'h-crtm-misplaced', 4, [hCrtm, startupLocality(3), VERSION]],
    ['that contradicts an H-CRTM after it', 'h-crtm-misplaced', 3, [startupLocality(3), hCrtm, VERSION]],
    ['and an H-CRTM after an extend', 'h-crtm-misplaced', 0, [VERSION, hCrtm]],
  ])('%s', (_name, kind, locality, events) => {
    const read = log(...events);
    expect(read.anomalies.map((anomaly) => anomaly.kind)).toEqual([kind]);
    expect(refusesLog(kind)).toBe(true);
    expect(read.startup.locality).toBe(locality);
  });

  test('EV_NO_ACTION with a digest is reported and not extended', () => {
    const read = log({ pcr: 0, type: NO_ACTION, data: Buffer.from('x') });
    expect(read.anomalies.map(({ kind }) => kind)).toEqual(['no-action-digest']);
    expect(replayBank(read, 'sha256').final.size).toBe(0);
  });
});
