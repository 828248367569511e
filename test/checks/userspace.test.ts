/** What the running system measured: where it begins in each PCR, and what of it is approved. */
import { describe, expect, test } from 'vitest';
import { partEvents } from '../../src/checks/userspace.ts';
import { Facts } from '../../src/facts/facts.ts';
import type { EventContent, Fact } from '../../src/facts/model.ts';
import { answer, ask, event, firmwareSet, hex, mokSet, separator } from '../support/facts.ts';

const text = (words: string): EventContent => ({ kind: 'text', role: 'systemd', text: words });
const from = (part: 'log.systemd' | 'log.ima', fact: Fact<'event'>): Fact<'event'> => ({
  ...fact,
  source: { ...fact.source, part },
});
const runtime = (pcr: number, words: string): Fact<'event'> => from('log.systemd', event(pcr, words, text(words)));
const parted = (pcr: number, ...events: readonly Fact<'event'>[]): readonly [number, number] => {
  const { boot, userspace } = partEvents(new Facts(events, 'sha256'), pcr);
  expect([...boot, ...userspace]).toEqual(events);
  return [boot.length, userspace.length];
};

describe('where userspace begins', () => {
  test('PCR 11: behind the last event that is neither a phase by its digest nor of a runtime log', () => {
    const section = event(11, '.linux');
    expect(parted(11, section, section)).toEqual([2, 0]);
    expect(parted(11, section, runtime(11, 'enter-initrd'), runtime(11, 'anything'))).toEqual([1, 2]);
    expect(parted(11, section, event(11, 'enter-initrd'), event(11, 'final'))).toEqual([1, 2]);
    expect(parted(11, event(11, 'ready'), section)).toEqual([2, 0]);
    expect(parted(11, runtime(11, '.linux'), section, runtime(11, 'ready'))).toEqual([2, 1]);
    expect(parted(11, section, from('log.ima', event(11, 'a file')), runtime(11, 'ready'))).toEqual([1, 2]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14])('PCR %i: systemd’s separator, once and last', (pcr) => {
    const word = event(pcr, 'os-separator');
    const other = event(pcr, 'other');
    expect(parted(pcr, other, word)).toEqual([1, 1]);
    expect(parted(pcr, word)).toEqual([0, 1]);
    expect(parted(pcr, word, word)).toEqual([1, 1]);
    expect(parted(pcr, word, other)).toEqual([2, 0]);
    expect(parted(pcr, other, from('log.systemd', other))).toEqual([2, 0]);
  });

  test.each([8, 10, 15])('PCR %i: nowhere, since systemd closes it not', (pcr) => {
    expect(parted(pcr, runtime(pcr, 'os-separator'))).toEqual([1, 0]);
  });

  test('PCR 9: names of NvPCRs and separators, and what no digest tells stays with the boot', () => {
    const init = runtime(9, 'nvpcr-init:login:0x1d10203:000b');
    const [kernel, word, end] = [event(9, 'initrd'), event(9, 'os-separator'), event(9, 'nvpcr-separator')];
    expect(parted(9, kernel, word, init, init, end)).toEqual([1, 4]);
    expect(parted(9, kernel, init, word, end)).toEqual([1, 3]);
    expect(parted(9, kernel, word, init, word)).toEqual([2, 2]);
    expect(parted(9, kernel, init, kernel, end)).toEqual([3, 1]);
    expect(parted(9, kernel, from('log.systemd', event(9, 'nvpcr-init:login')))).toEqual([2, 0]);
  });
});

describe('boot.phases-approved', () => {
  const asked = (words: readonly string[], parameters = {}) =>
    answer(ask('boot.phases-approved', { facts: words.map((word) => runtime(11, word)), parameters }));
  const NO = 'no: boot.phase-unapproved';

  test.each<[string, string]>([
    ['', 'yes'],
    ['enter-initrd', 'yes'],
    ['enter-initrd:leave-initrd:sysinit:ready', 'yes'],
    ['enter-initrd:leave-initrd:sysinit:ready:shutdown:final', 'yes'],
    ['sysinit:ready', 'yes'],
    ['ready', NO],
    ['leave-initrd', NO],
    ['enter-initrd:sysinit', NO],
    ['enter-initrd:enter-initrd', NO],
    ['sysinit:ready:shutdown:final:sysinit', NO],
    ['sysinit:Ready', NO],
    ['maintenance', NO],
  ])('%s: %s', (path, expected) => expect(asked(path.split(':').filter((word) => word !== ''))).toBe(expected));

  test('says the whole path, and points at the first that is wrong', () => {
    const facts = [runtime(11, 'sysinit'), event(11, 'x'), runtime(11, 'own'), runtime(11, 'ready')];
    const wrong = from('log.systemd', event(11, 'y'));
    const { findings } = ask('boot.phases-approved', { facts: [...facts, wrong] });
    expect(findings[0]).toMatchObject({ observed: `own:ready:${hex('y')}`, at: { part: 'log.systemd', pcr: 11 } });
    expect(findings[0]!.at.index).toBe(facts[2]!.source.index);
  });

  test('phases of the operator’s own', () => {
    const paths = ['early:late', 'sysinit'];
    expect(asked(['early', 'late'], { paths })).toBe('yes');
    expect(asked(['early'], { paths })).toBe('yes');
    expect(asked(['late'], { paths })).toBe(NO);
    expect(asked(['sysinit', 'ready'], { paths })).toBe(NO);
    expect(asked([], { paths: [] })).toBe('yes');
    expect(asked(['ready'], { paths: [] })).toBe(NO);
  });

  test('a phase that must be reached', () => {
    const parameters = { reached: 'ready' };
    expect(asked(['sysinit'], parameters)).toBe('unknown: boot.phase-not-reached');
    expect(asked([], parameters)).toBe('unknown: boot.phase-not-reached');
    expect(asked(['sysinit', 'ready', 'shutdown'], parameters)).toBe('yes');
    expect(asked(['ready'], parameters)).toBe(NO);
  });

  test.each([{ paths: [''] }, { paths: ['a:'] }, { paths: [':a'] }, { reached: 'never' }, { reached: 'a', paths: [] }])(
    'refuses the parameters %j',
    (parameters) => expect(() => asked([], parameters)).toThrow(/paths|reached/),
  );
});

describe('boot.nvpcrs-declared', () => {
  const init = runtime(9, 'nvpcr-init:login:0x1d10203:000b');
  const [word, end] = [event(9, 'os-separator'), event(9, 'nvpcr-separator')];
  const open = { nvpcrs: { open: 'their content is not judged here' } };
  const asked = (facts: readonly Fact[], parameters = {}) =>
    answer(ask('boot.nvpcrs-declared', { facts: [event(9, 'initrd'), ...facts], parameters }));
  const NO = 'no: boot.nvpcr-unapproved';

  test('closed: none at all', () => {
    expect(asked([])).toBe('yes');
    expect(asked([word])).toBe('yes');
    expect(asked([word, init])).toBe(NO);
    expect(asked([end])).toBe(NO);
  });

  test('open: any, but behind their separator', () => {
    expect(asked([word, init, init, end], open)).toBe('yes');
    expect(asked([init], open)).toBe('yes');
    expect(asked([init, end, init], open)).toBe(NO);
    expect(asked([init, end, end], open)).toBe(NO);
    expect(ask('boot.nvpcrs-declared', { parameters: open }).notes).toEqual([
      'NvPCRs open: their content is not judged here',
    ]);
  });
});

describe('systemd’s separator is none of the boot’s', () => {
  const word = (pcr: number): Fact<'event'> => runtime(pcr, 'os-separator');
  const sets = [firmwareSet([[0, 'crtm']])];

  test.each<[string, readonly Fact[], string]>([
    ['firmware.components-known', [event(0, 'crtm'), word(0), word(2)], 'yes'],
    ['firmware.components-known', [word(0)], 'unknown: firmware.component-unknown'],
    ['firmware.components-known', [event(0, 'crtm'), word(0), event(0, 'x')], 'unknown: firmware.component-unknown'],
    ['firmware.configuration', [word(1), word(3), word(6)], 'yes'],
    ['firmware.configuration', [word(3), word(3)], 'no: firmware.configuration-unapproved'],
    ['secure-boot.events-known', [event(7, '0', separator), word(7)], 'yes'],
    ['secure-boot.events-known', [word(7), event(7, '0', separator)], 'no: secure-boot.event-unexpected'],
    ['boot.events-known', [event(5, '0', separator), word(4), word(5)], 'yes'],
    ['boot.events-known', [word(5), event(5, '0', separator)], 'no: boot.event-unexpected'],
    ['runtime.pcr15', [], 'yes'],
  ])('%s', (id, facts, expected) => {
    const fifteen = { name: 'pcr', subject: '15', source: { part: 'quote' }, provenance: {} } as const;
    const value = { quoted: '', replayed: '', equal: true, events: 0, separators: 0 };
    expect(answer(ask(id, { facts: [...facts, { ...fifteen, value }], sets }))).toBe(expected);
  });

  test('secure-boot.mok-state', () => {
    const asked = (facts: readonly Fact[]) => answer(ask('secure-boot.mok-state', { facts, sets: [mokSet(['keys'])] }));
    expect(asked([event(14, 'keys'), word(14)])).toBe('yes');
    expect(asked([word(14), event(14, 'keys')])).toBe('no: secure-boot.mok-unapproved');
  });
});
