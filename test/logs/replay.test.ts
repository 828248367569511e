/** Replay of firmware logs against what a TPM signed. */
import { describe, expect, test } from 'vitest';
import { digest, type HashName } from '../../src/bytes/hash.ts';
import { celExtends } from '../../src/logs/cel/extends.ts';
import { parseCelLog } from '../../src/logs/cel/parse.ts';
import { otherExtends } from '../../src/logs/ima/extends.ts';
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { replayAgainstQuote, replayBank, type QuoteReplay, type QuoteReplayOptions } from '../../src/logs/replay.ts';
import { bankDisagreements, classifyReplayed } from '../../src/logs/tcg/classify.ts';
import { decodeLog } from '../../src/logs/tcg/event-data.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { separatorEvidence } from '../../src/logs/tcg/separators.ts';
import { celLog, type RecordSpec } from '../support/cel-builder.ts';
import { binaryList, file, hashedData, type EntrySpec } from '../support/ima-list-builder.ts';
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
    expect(result.pcrs.get(7)).toMatchObject({ firmwareEvents: 2, runtime: [], runtimeStated: 0 });
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

const section: EventSpec = { pcr: 11, type: 0x0d, data: Buffer.from('.linux\0') };
const spec = (pcr: number, text: string): EventSpec => ({ pcr, type: 0, data: Buffer.from(text) });
/** What PCRs hold after these extends, of whatever logs. */
const at = (...events: EventSpec[]): ReadonlyMap<number, Uint8Array> => pcrsAfter('sha256', events);
const systemd = (...records: RecordSpec[]) => celExtends(parseCelLog(celLog(records)));
const ima = (...entries: EntrySpec[]) => otherExtends(parseImaList(binaryList(entries)), () => 'native');

describe('attack 49: what systemd extends after the firmware log', () => {
  const runtime = [systemd({ text: 'enter-initrd' }, { pcr: 9, text: 'nvpcr' }, { text: 'ready' })];

  test('follows it, as much as the quoted value covers', () => {
    const events = [section, spec(11, 'enter-initrd'), spec(11, 'ready')];
    for (let used = 0; used <= 2; used++) {
      const result = replay([section], at(...events.slice(0, used + 1)), { runtime });
      expect(result.pcrs.get(11)).toMatchObject({ status: 'equal', runtimeStated: 2, firmwareEvents: 1 });
      expect(result.pcrs.get(11)!.runtime.map(({ index }) => index)).toEqual([0, 2].slice(0, used));
      expect(result.log.replayed.equal.has(11)).toBe(true);
    }
  });

  test('explains a PCR the firmware log does not write to', () => {
    expect(replay([section], at(spec(9, 'nvpcr')), { runtime }).pcrs.get(9)).toMatchObject({
      status: 'equal',
      runtime: [{ part: 'log.systemd', index: 1 }],
      firmwareEvents: 0,
    });
    expect(replay([section], new Map([[9, ZERO]]), { runtime }).pcrs.get(9)).toMatchObject({
      status: 'untouched',
      runtime: [],
      runtimeStated: 1,
    });
  });

  test('does not help in another order, or when one is missing', () => {
    const turned = at(section, spec(11, 'ready'), spec(11, 'enter-initrd'));
    expect(replay([section], turned, { runtime }).pcrs.get(11)).toMatchObject({
      status: 'differs',
      runtime: [],
      runtimeStated: 2,
    });
    const whole = at(section, spec(11, 'enter-initrd'), spec(11, 'ready'));
    expect(statuses(replay([section], whole))).toEqual({ 11: 'differs' });
    expect(statuses(replay([section], whole, { runtime: [systemd({ text: 'ready' })] }))).toEqual({ 11: 'differs' });
  });

  test('never stands in for a firmware event', () => {
    const stood = [systemd({ text: '.linux\0' })];
    expect(statuses(replay([section], at(spec(11, 'x')), { runtime: stood }))).toEqual({ 11: 'differs' });
  });

  test('does not extend a bank that its record has no digest of', () => {
    const other = celExtends(
      parseCelLog(Buffer.concat([celLog([{ text: 'x' }], ['sha1']), celLog([{ text: 'ready' }])])),
    );
    expect(replay([section], at(section, spec(11, 'ready')), { runtime: [other] }).pcrs.get(11)).toMatchObject({
      status: 'equal',
      runtime: [{ index: 1 }],
    });
  });

  test('does not reach IMA’s own PCR, nor an NvPCR any', () => {
    const others = [systemd({ pcr: 10, text: 'x' }, { nvIndex: 11, text: 'x' })];
    expect(statuses(replay([section], at(spec(10, 'x')), { runtime: others }))).toEqual({ 10: 'differs' });
    expect(others[0]!.stated).toEqual([]);
  });
});

describe('attack 50: a PCR that systemd and IMA write to', () => {
  const phases = ['enter-initrd', 'leave-initrd', 'sysinit', 'ready'];
  const entry = file('/usr/bin/measured', { pcr: 11 });
  const measured: EventSpec = { pcr: 11, type: 0, data: hashedData(entry) };
  const runtime = [systemd(...phases.map((text) => ({ text }))), ima(file('/usr/bin/other'), entry)];

  test('replays wherever the one came between the others, and says where', () => {
    for (let place = 0; place <= phases.length; place++) {
      const extended = phases.map((text) => spec(11, text));
      extended.splice(place, 0, measured);
      const result = replay([section], at(section, ...extended), { runtime }).pcrs.get(11)!;
      expect(result).toMatchObject({ status: 'equal', runtimeStated: 5 });
      expect(result.runtime.map(({ part, index }) => `${part} ${index}`)).toEqual(
        extended.map((event) =>
          event === measured ? 'log.ima 1' : `log.systemd ${phases.indexOf(String(event.data))}`,
        ),
      );
    }
  });

  test('replays to a prefix of both, and of one alone', () => {
    for (const extended of [[], [measured], [spec(11, 'enter-initrd')], [spec(11, 'enter-initrd'), measured]]) {
      const { runtime: used, status } = replay([section], at(section, ...extended), { runtime }).pcrs.get(11)!;
      expect([status, used.length]).toEqual(['equal', extended.length]);
    }
  });

  test('does not replay against the order of either log', () => {
    const twice = [measured, spec(11, 'leave-initrd'), spec(11, 'enter-initrd')];
    expect(statuses(replay([section], at(section, ...twice), { runtime }))).toEqual({ 11: 'differs' });
  });

  test('is given up when there are too many orders, for all PCRs together', () => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => i);
    const records = many(8).map((i) => ({ text: `word ${i}` }));
    const entries = many(8).map((i) => file(`/usr/bin/${i}`, { pcr: 11 }));
    const logs = [systemd(...records), ima(...entries)];
    const events = records.flatMap(({ text }, i) => [
      { pcr: 11, type: 0, data: hashedData(entries[i]!) },
      spec(11, text),
    ]);
    expect(statuses(replay([section], at(section, ...events), { runtime: logs }))).toEqual({ 11: 'differs' });
    // Seven of each are within reach, in the order that is tried last.
    const seven = [systemd(...records.slice(0, 7)), ima(...entries.slice(0, 7))];
    const last = [
      ...events.filter((_, i) => i % 2 === 0).slice(0, 7),
      ...events.filter((_, i) => i % 2 === 1).slice(0, 7),
    ];
    expect(statuses(replay([section], at(section, ...last), { runtime: seven }))).toEqual({ 11: 'equal' });
    // A value that no order leads to costs all of it, and the next PCR gets what is left.
    const both = [
      systemd(...records.slice(0, 7), { pcr: 12, text: 'x' }),
      ima(...entries.slice(0, 7), file('/usr/bin/x', { pcr: 12 })),
    ];
    const wrong = new Map(at(spec(12, 'x'))).set(11, Buffer.from(ONES));
    expect(statuses(replay([section], wrong, { runtime: both }))[12]).toBe('equal');
  });

  test('a bank that the kernel pads is extended with padded SHA-1', () => {
    const padded = otherExtends(parseImaList(binaryList([entry, { ...entry, violation: true }])), () => 'padded-sha1');
    const sha1 = digest('sha1', hashedData(entry));
    expect(padded.stated.map((extend) => [...extend.digest('sha256')!])).toEqual([
      [...sha1, ...new Uint8Array(12)],
      [...new Uint8Array(20).fill(0xff), ...new Uint8Array(12)],
    ]);
    const native = otherExtends(parseImaList(binaryList([{ ...entry, violation: true }])), () => 'native');
    expect(native.stated[0]!.digest('sha256')).toEqual(ONES);
  });

  test('IMA’s own PCR is left to its replay', () => {
    const { stated } = ima(file('/a'), file('/b', { pcr: 11 }), file('/c'));
    expect(stated.map(({ pcr, index }) => [pcr, index])).toEqual([[11, 1]]);
  });

  test('a list of nothing but such entries is looked at so far and no farther', () => {
    const list = parseImaList(binaryList(Array.from({ length: 1100 }, (_, i) => file(`/${i}`, { pcr: 11 }))));
    expect(otherExtends(list, () => 'native').stated).toHaveLength(1024);
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

  test('an event without a digest of one bank disagrees with nothing', () => {
    const log = parseTcgLog(agileLog(BANKS, EVENTS).bytes).untrusted;
    const events = log.events.map((event) => ({ ...event, digests: { ...event.digests, sha1: undefined } }));
    const alone = { ...log, events };
    expect(bankDisagreements(decodeLog(alone, 'sha256'), decodeLog(alone, 'sha1'))).toEqual([]);
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
