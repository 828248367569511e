/** Replay of firmware logs against what a TPM signed. */
import { describe, expect, test } from 'vitest';
import { digest, type HashName } from '../../src/bytes/hash.ts';
import {
  replayAgainstQuote,
  replayBank,
  type QuoteReplay,
  type QuoteReplayOptions,
  type RuntimeExtend,
} from '../../src/logs/replay.ts';
import { bankDisagreements, classifyReplayed } from '../../src/logs/tcg/classify.ts';
import { decodeLog } from '../../src/logs/tcg/event-data.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { separatorEvidence } from '../../src/logs/tcg/separators.ts';
import { labCapture } from '../support/lab-bundle.ts';
import { quotedPcrs } from '../support/quoted.ts';
import {
  agileEvent,
  agileLog,
  GUIDS,
  legacyLog,
  pcrsAfter,
  separators,
  startupLocality,
  u32,
  variable,
  type EventSpec,
} from '../support/tcg-log-builder.ts';
import { errorCode } from '../tpm/outcome.ts';

const BANKS = ['sha1', 'sha256'] as const;
const SECURE_BOOT: EventSpec = {
  pcr: 7,
  type: 0x80000001,
  data: variable('SecureBoot', GUIDS.global, Buffer.from([1])),
};
const VERSION: EventSpec = { pcr: 0, type: 8, data: Buffer.from('v1\0') };
const EVENTS: readonly EventSpec[] = [VERSION, SECURE_BOOT, ...separators()];
const ZERO = new Uint8Array(32);
const ONES = new Uint8Array(32).fill(0xff);

/** The log of some events against the values other events lead to. */
function replay(
  logged: readonly EventSpec[],
  quoted: ReadonlyMap<number, Uint8Array>,
  options: QuoteReplayOptions = {},
): QuoteReplay {
  return replayAgainstQuote(
    parseTcgLog(agileLog(BANKS, logged).bytes),
    quotedPcrs('sha256', quoted),
    'sha256',
    options,
  );
}

const statuses = (result: QuoteReplay): Record<number, string> =>
  Object.fromEntries([...result.pcrs].map(([pcr, { status }]) => [pcr, status]));

describe('the firmware log', () => {
  test('leads to the quoted values', () => {
    const result = replay(EVENTS, pcrsAfter('sha256', EVENTS));
    expect([...result.pcrs.values()].every(({ status }) => status === 'equal')).toBe(true);
    expect(result.pcrs.get(7)).toMatchObject({ firmwareEvents: 2, runtimeUsed: 0 });
    expect([...result.log.replayed.equal].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(result.refusals).toEqual([]);
  });

  test('attack 13: cut between events it does not, at whichever event', () => {
    const quoted = pcrsAfter('sha256', EVENTS);
    for (let length = 0; length < EVENTS.length; length++) {
      const result = replay(EVENTS.slice(0, length), quoted);
      expect(statuses(result)[EVENTS[length]!.pcr]).toBe('differs');
      expect(result.log.replayed.equal.has(EVENTS[length]!.pcr)).toBe(false);
    }
  });

  test('removed, added or reordered within a PCR it does not', () => {
    const quoted = pcrsAfter('sha256', EVENTS);
    const [version, boot, ...rest] = EVENTS as [EventSpec, EventSpec, ...EventSpec[]];
    expect(statuses(replay([version, ...rest], quoted))[7]).toBe('differs');
    expect(statuses(replay([...EVENTS, boot], quoted))[7]).toBe('differs');
    expect(statuses(replay([version, ...rest, boot], quoted))[7]).toBe('differs');
    // The order between PCRs is not authenticated, and nothing may rest on it.
    expect(statuses(replay([boot, version, ...rest], quoted))[7]).toBe('equal');
  });

  test('truncated it may lead to the values, and is refused all the same', () => {
    const bytes = Buffer.concat([agileLog(BANKS, EVENTS).bytes, Buffer.from('tail')]);
    const result = replayAgainstQuote(parseTcgLog(bytes), quotedPcrs('sha256', pcrsAfter('sha256', EVENTS)), 'sha256');
    expect(result.refusals.map(({ kind }) => kind)).toEqual(['truncated']);
  });

  test('attack 33: PCR 0 starts where the log’s own startup events say, at no other value', () => {
    const events = [startupLocality(3), ...EVENTS];
    expect(statuses(replay(events, pcrsAfter('sha256', events, 3)))[0]).toBe('equal');
    expect(statuses(replay(EVENTS, pcrsAfter('sha256', EVENTS, 3)))[0]).toBe('differs');
    expect(statuses(replay(events, pcrsAfter('sha256', events, 0)))[0]).toBe('differs');
  });

  test('a PCR no log writes to is untouched at its reset value, and differs at any other', () => {
    const quoted = new Map<number, Uint8Array>([
      [11, ZERO],
      [12, digest('sha256', ZERO)],
      [17, ONES],
      [18, ZERO],
      [8, ONES],
    ]);
    expect(statuses(replay(EVENTS, quoted))).toEqual({
      8: 'differs',
      11: 'untouched',
      12: 'differs',
      17: 'untouched',
      18: 'untouched',
    });
    expect(
      statuses(
        replay([startupLocality(3)], new Map([[0, Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 3 : 0))]])),
      ),
    ).toEqual({
      0: 'untouched',
    });
  });

  test('attack 47: PCRs of a dynamic launch start at zero once something is measured into them', () => {
    const events: EventSpec[] = [{ pcr: 17, type: 6, data: Buffer.from('launch') }];
    expect(statuses(replay(events, pcrsAfter('sha256', events)))).toEqual({ 17: 'equal' });
    expect(statuses(replay(events, new Map([[17, ONES]])))).toEqual({ 17: 'differs' });
  });

  test('an event without a digest of the bank leaves its PCR without a value', () => {
    const { bytes } = agileLog(BANKS, EVENTS);
    const log = parseTcgLog(Buffer.concat([bytes, agileEvent(VERSION, ['sha1'])]));
    const result = replayAgainstQuote(log, quotedPcrs('sha256', pcrsAfter('sha256', EVENTS)), 'sha256');
    expect(result.pcrs.get(0)).toMatchObject({ status: 'differs', replayed: undefined });
    expect(statuses(result)[1]).toBe('equal');
  });

  test('refuses a bank it does not carry, and a log of measurement registers', () => {
    const quoted = quotedPcrs('sha256', pcrsAfter('sha256', EVENTS));
    expect(errorCode(() => replayAgainstQuote(parseTcgLog(legacyLog(EVENTS).bytes), quoted, 'sha256'))).toBe(
      'tcg.bank',
    );
    const guest = parseTcgLog(agileLog(BANKS, []).bytes, { registers: 'ccel-mr' });
    expect(errorCode(() => replayAgainstQuote(guest, quoted, 'sha256'))).toBe('tcg.registers');
  });

  test('skips the PCRs another replay answers for', () => {
    expect([
      ...replay(EVENTS, pcrsAfter('sha256', EVENTS), { skip: new Set([0, 1, 2, 3, 4, 5, 6]) }).pcrs.keys(),
    ]).toEqual([7]);
  });

  test('takes a known replay of the same log only', () => {
    const log = parseTcgLog(agileLog(BANKS, EVENTS).bytes);
    const quoted = quotedPcrs('sha256', pcrsAfter('sha256', EVENTS));
    const known = replayBank(log.untrusted, 'sha256');
    const foreign = replayBank(parseTcgLog(agileLog(BANKS, EVENTS.slice(1)).bytes).untrusted, 'sha256');
    const wrongBank = replayBank(log.untrusted, 'sha1');
    for (const given of [known, foreign, wrongBank]) {
      expect(statuses(replayAgainstQuote(log, quoted, 'sha256', { replay: given }))[0]).toBe('equal');
    }
  });
});

describe('attacks 49 and 50: runtime extends after the firmware log', () => {
  const extend = (pcr: number, text: string, index: number): RuntimeExtend => ({
    pcr,
    digests: { sha256: digest('sha256', Buffer.from(text)) },
    source: { part: 'log.userspace', index },
  });
  const runtime = [extend(11, 'enter-initrd', 0), extend(9, 'nvpcr', 1), extend(11, 'ready', 2)];
  const section: EventSpec = { pcr: 11, type: 0x0d, data: Buffer.from('.linux\0') };
  const spec = (pcr: number, text: string): EventSpec => ({ pcr, type: 0, data: Buffer.from(text) });
  const at = (...events: EventSpec[]): ReadonlyMap<number, Uint8Array> => pcrsAfter('sha256', events);

  test('follow it, as many as the quoted value covers', () => {
    const events = [section, spec(11, 'enter-initrd'), spec(11, 'ready')];
    for (let used = 0; used <= 2; used++) {
      const result = replay([section], at(...events.slice(0, used + 1)), { runtime });
      expect(result.pcrs.get(11)).toMatchObject({ status: 'equal', runtimeUsed: used, firmwareEvents: 1 });
      expect(result.log.replayed.equal.has(11)).toBe(true);
    }
  });

  test('explain a PCR the firmware log does not write to', () => {
    expect(replay([section], at(spec(9, 'nvpcr')), { runtime }).pcrs.get(9)).toMatchObject({
      status: 'equal',
      runtimeUsed: 1,
      firmwareEvents: 0,
    });
    expect(replay([section], new Map([[9, ZERO]]), { runtime }).pcrs.get(9)).toMatchObject({
      status: 'untouched',
      runtimeUsed: 0,
    });
  });

  test('do not help in another order, or when one is missing', () => {
    expect(statuses(replay([section], at(section, spec(11, 'ready'), spec(11, 'enter-initrd')), { runtime }))).toEqual({
      11: 'differs',
    });
    expect(statuses(replay([section], at(section, spec(11, 'enter-initrd'), spec(11, 'ready'))))).toEqual({
      11: 'differs',
    });
  });

  test('never stand in for a firmware event', () => {
    const stood = [extend(11, '.linux\0', 0)];
    expect(statuses(replay([section], at(spec(11, 'x')), { runtime: stood }))).toEqual({ 11: 'differs' });
  });

  test('one without a digest of the bank ends the list', () => {
    const sha1Only: RuntimeExtend = {
      pcr: 11,
      digests: { sha1: new Uint8Array(20) },
      source: { part: 'log.ima', index: 0 },
    };
    const result = replay([section], at(section, spec(11, 'ready')), { runtime: [sha1Only, extend(11, 'ready', 1)] });
    expect(result.pcrs.get(11)).toMatchObject({ status: 'differs', runtimeUsed: 0 });
  });
});

describe('banks nobody measured into', () => {
  test('attacks 35 and 66: a bank without separators is told, whatever its PCRs hold', () => {
    const zeros = Object.fromEntries(BANKS.map((bank) => [bank, new Uint8Array(bank === 'sha1' ? 20 : 32)]));
    const events = EVENTS.map((event): EventSpec => ({ ...event, digests: { sha1: zeros['sha1']! } }));
    const log = parseTcgLog(agileLog(BANKS, events).bytes).untrusted;
    expect(separatorEvidence({ log, bank: 'sha256' })).toMatchObject({ complete: true, missing: [] });
    expect(separatorEvidence({ log, bank: 'sha1' })).toMatchObject({
      complete: false,
      missing: [0, 1, 2, 3, 4, 5, 6, 7],
    });
  });

  test('attack 38: a separator missing, twice, or with an error', () => {
    const evidence = (events: readonly EventSpec[]): ReturnType<typeof separatorEvidence> =>
      separatorEvidence({ log: parseTcgLog(agileLog(BANKS, events).bytes).untrusted, bank: 'sha256' });
    expect(evidence(EVENTS.filter(({ pcr, type }) => pcr !== 3 || type !== 4)).missing).toEqual([3]);
    expect(evidence([...EVENTS, { pcr: 7, type: 4, data: u32(0) }]).pcrs.get(7)).toMatchObject({ count: 2, index: 10 });
    expect(evidence([{ pcr: 0, type: 4, data: u32(1) }]).pcrs.get(0)).toMatchObject({ error: true, value: 1 });
    // By digest, not by what the log calls it; and never an event that is not extended.
    expect(evidence([{ pcr: 2, type: 0x11, data: Buffer.from('?'), measured: u32(0) }]).pcrs.get(2)).toMatchObject({
      value: 0,
    });
    expect(
      evidence([
        { pcr: 2, type: 3, data: u32(0) },
        { pcr: 8, type: 4, data: u32(0) },
      ]).pcrs.size,
    ).toBe(0);
  });
});

describe('what a replayed log proves', () => {
  test('data is verified only where it is bound, in the quoted bank, in a PCR that replays', () => {
    const events = [
      ...EVENTS,
      { pcr: 4, type: 0x80000007, data: Buffer.from('Calling EFI Application from Boot Option') },
    ];
    const quoted = new Map(pcrsAfter('sha256', events)).set(0, Buffer.from(ONES));
    const classified = classifyReplayed(replay(events, quoted).log);
    expect(classified.some(({ event }) => event.pcr === 0)).toBe(false);
    expect(classified.find(({ event }) => event.pcr === 4 && event.type !== 4)).toMatchObject({
      binding: 'bound',
      afterSeparator: true,
      verified: { verified: { kind: 'action' } },
    });
    expect(classified.find(({ event }) => event.type === SECURE_BOOT.type)).toMatchObject({ afterSeparator: false });
  });

  test('hints and mismatches stay hints', () => {
    const file: EventSpec = { pcr: 9, type: 0x0d, data: Buffer.from('/vmlinuz\0'), measured: Buffer.from('content') };
    const forged: EventSpec = { ...SECURE_BOOT, measured: Buffer.from('SecureBoot was 0') };
    const events = [file, forged];
    const classified = classifyReplayed(replay(events, pcrsAfter('sha256', events)).log);
    expect(classified.map(({ binding, verified, hint }) => [binding, verified, hint?.kind])).toEqual([
      ['hint', undefined, 'file'],
      ['mismatch', undefined, 'variable'],
    ]);
  });

  test('attack 34: data of the unquoted bank is not verified, and the disagreement shows', () => {
    const other = variable('SecureBoot', GUIDS.global, Buffer.from([0]));
    const event: EventSpec = { ...SECURE_BOOT, measured: other, digests: { sha1: digest('sha1', SECURE_BOOT.data) } };
    const result = replay([event], pcrsAfter('sha256', [event]));
    expect(classifyReplayed(result.log)).toMatchObject([{ binding: 'mismatch' }]);
    const { log } = result.log.replayed;
    expect(bankDisagreements(decodeLog(log, 'sha256'), decodeLog(log, 'sha1'))).toEqual([
      { index: 1, bound: 'sha1', unbound: 'sha256' },
    ]);
    expect(bankDisagreements(decodeLog(log, 'sha1'), decodeLog(log, 'sha256'))).toEqual([
      { index: 1, bound: 'sha1', unbound: 'sha256' },
    ]);
  });

  test('a decoded log of another log or bank is not taken', () => {
    const result = replay(EVENTS, pcrsAfter('sha256', EVENTS));
    const { log } = result.log.replayed;
    const foreign = decodeLog(parseTcgLog(agileLog(BANKS, EVENTS.slice(0, 1)).bytes).untrusted, 'sha256');
    const own = classifyReplayed(result.log);
    expect(classifyReplayed(result.log, foreign)).toEqual(own);
    expect(classifyReplayed(result.log, decodeLog(log, 'sha1'))).toEqual(own);
    expect(classifyReplayed(result.log, decodeLog(log, 'sha256'))).toEqual(own);
  });
});

describe.each(['uki', 'uki-secureboot', 'shim-grub'])('booted machine %s', (scenario) => {
  const capture = labCapture(scenario, 'baseline');
  const pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15];

  test.each(['sha1', 'sha256', 'sha384'] as HashName[])('%s replays to the quoted values', (bank) => {
    const quoted = quotedPcrs(bank, new Map(pcrs.map((pcr) => [pcr, capture.pcr(bank, pcr)])));
    const result = replayAgainstQuote(parseTcgLog(capture.firmware), quoted, bank);
    expect(Object.entries(statuses(result)).filter(([, status]) => status === 'differs')).toEqual([]);
    expect(result.log.replayed.equal.size).toBeGreaterThanOrEqual(8);
    expect(separatorEvidence({ log: result.log.replayed.log, bank }).complete).toBe(true);
  });
});
