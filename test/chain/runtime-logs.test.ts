/**
 * What no digest covers never makes a link better: in which log a measurement stands, under which name, in which order to those of
 * other PCRs. The hosts here are other than approved in some way, and their logs are honest: a host would change them to hide that.
 */
import { describe, expect, test } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import type { EvidenceBundle } from '../../src/evidence/bundle.ts';
import * as types from '../../src/logs/tcg/event-types.ts';
import type { RecordSpec } from '../support/cel-builder.ts';
import { statuses } from '../support/fixtures.ts';
import { improvements, seededRandom } from '../support/flips.ts';
import { findEvent, forge, type ForgedHost } from '../support/forge.ts';
import { file } from '../support/ima-list-builder.ts';
import { fromFirmwareLog, recordsOf, toFirmwareLog, withRecords, type JsonRecord } from '../support/runtime-edits.ts';
import { SEED } from '../support/seed.ts';
import { utf16 } from '../support/tcg-log-builder.ts';

const PHASES: readonly RecordSpec[] = ['enter-initrd', 'leave-initrd', 'sysinit', 'ready'].map((text) => ({ text }));
const MACHINE: RecordSpec = { pcr: 15, eventType: 'machine-id', text: 'machine-id:00112233445566778899aabbccddeeff' };
/** Those of PCRs in which these hosts have something to hide; systemd makes eight more. */
const SEPARATORS = [4, 7, 9, 12].map((pcr): RecordSpec => ({
  pcr,
  eventType: 'os-separator',
  text: 'os-separator',
}));
const records =
  (...specs: readonly RecordSpec[]) =>
  (host: ForgedHost): void => {
    host.records = [...specs];
  };

/** By what is wrong with them; the first is right in every way. */
const HOSTS: Readonly<Record<string, AppraisalInput>> = {
  'nothing wrong': forge('uki/baseline', records(...SEPARATORS, ...PHASES)),
  'phases in another order': forge('uki/baseline', records({ text: 'ready' }, ...PHASES)),
  'an unknown phase': forge('uki/baseline', records(...PHASES, { text: 'maintenance' })),
  'a command line from the running system': forge(
    'uki/baseline',
    records(...PHASES, { pcr: 12, text: 'init=/bin/sh', eventType: null }, MACHINE),
  ),
  'a volume key': forge(
    'uki/baseline',
    records({ pcr: 15, eventType: 'volume-key', text: 'cryptsetup:root:1', measured: Buffer.alloc(32, 7) }, ...PHASES),
  ),
  'an NvPCR': forge(
    'uki/baseline',
    records(...SEPARATORS, { pcr: 9, eventType: 'nvpcr-init', text: 'nvpcr-init:login:0x1d10203:000b' }, ...PHASES),
  ),
  'an override at boot': forge('uki/baseline', (host) => {
    host.events.push({ pcr: 12, type: types.EV_IPL, data: utf16('init=/bin/sh\0') });
    host.records = [...SEPARATORS, ...PHASES];
  }),
  'another section': forge('uki/baseline', (host) => {
    host.events[findEvent(host, 11, types.EV_IPL, 3)] = { pcr: 11, type: types.EV_IPL, data: Buffer.from('other') };
    host.records = [...PHASES];
  }),
  'an image loaded behind the separator of PCR 4': forge('uki/baseline', (host) => {
    host.events.push({ pcr: 4, type: types.EV_EFI_BOOT_SERVICES_APPLICATION, data: Buffer.from('a program') });
    host.records = [...SEPARATORS, ...PHASES];
  }),
  'IMA in PCR 11': forge('uki/baseline', (host) => {
    host.entries.push(file('/usr/bin/measured', { pcr: 11 }));
    host.records = [...PHASES];
  }),
  'Secure Boot’s variable behind its separator': forge('uki-secureboot/baseline', (host) => {
    host.events.push(host.events[findEvent(host, 7, types.EV_EFI_VARIABLE_DRIVER_CONFIG)]!);
    host.records = [...SEPARATORS, ...PHASES];
  }),
};

const NAMES = ['phase', 'filesystem', 'volume-key', 'os-separator', 'nvpcr-init', 'anything', undefined] as const;
const random = seededRandom(SEED);
const below = (n: number): number => Math.floor(random() * n);

const named = (record: JsonRecord, eventType: string | undefined): JsonRecord => {
  const { eventType: _, ...content } = record.content;
  return { ...record, content: { ...content, ...(eventType !== undefined && { eventType }) } };
};
const replaced = (all: readonly JsonRecord[], index: number, ...by: readonly JsonRecord[]): JsonRecord[] => [
  ...all.slice(0, index),
  ...by,
  ...all.slice(index + 1),
];

describe.each(Object.entries(HOSTS))('%s', { timeout: 60_000 }, (name, input) => {
  const { evidence } = input;
  const before = appraise(input);
  const judge = (changed: EvidenceBundle) => appraise({ ...input, evidence: changed });
  const honest = recordsOf(evidence);
  const better = (changes: readonly EvidenceBundle[]): string[] =>
    changes.flatMap((changed) => improvements(before, judge(changed)));
  const each = (change: (record: JsonRecord, index: number) => readonly JsonRecord[][]): string[] =>
    better(honest.flatMap(change).map((changed) => withRecords(evidence, changed)));

  test('its log replays', () => {
    expect(statuses(before).log).toBe('holds');
    expect(before.verdict === 'trusted').toBe(name === 'nothing wrong');
  });

  test('another name of a record makes no link better', () => {
    expect(each((record, i) => NAMES.map((word) => replaced(honest, i, named(record, word))))).toEqual([]);
  });

  test('another text, content or PCR of a record makes no link better', () => {
    const texts = ['ready', 'os-separator', 'nvpcr-init:', '', undefined];
    expect(
      each((record, i) => [
        ...texts.map((string) => {
          const { string: _, ...content } = record.content;
          return replaced(honest, i, { ...record, content: { ...content, ...(string !== undefined && { string }) } });
        }),
        replaced(honest, i, { ...record, content_type: 'pcclient_std' }),
        replaced(honest, i, { ...record, pcr: below(24) }),
      ]),
    ).toEqual([]);
  });

  test('a record left out, or there twice, makes no link better', () => {
    expect(each((record, i) => [replaced(honest, i), replaced(honest, i, record, record)])).toEqual([]);
    const { systemdLog: _, ...without } = evidence;
    expect(better([without, withRecords(evidence, [])])).toEqual([]);
  });

  test('a log cut anywhere makes no link better', () => {
    const bytes = evidence.systemdLog!.bytes!;
    const cuts = Array.from({ length: 20 }, () => bytes.slice(0, below(bytes.length)));
    expect(
      better(cuts.map((cut) => ({ ...evidence, systemdLog: { id: `sha256:${cut.length}`, bytes: cut } }))),
    ).toEqual([]);
  });

  const pairs = honest.slice(0, -1).map((one, i) => {
    const two = honest[i + 1]!;
    const changed = withRecords(evidence, [...honest.slice(0, i), two, one, ...honest.slice(i + 2)]);
    return { changed, samePcr: one.pcr === two.pcr };
  });

  test('records of one PCR in another order make no link better', () => {
    expect(better(pairs.filter(({ samePcr }) => samePcr).map(({ changed }) => changed))).toEqual([]);
  });

  test('the order of records of different PCRs changes no link', () => {
    for (const { changed } of pairs.filter(({ samePcr }) => !samePcr)) {
      expect(statuses(judge(changed))).toEqual(statuses(before));
    }
  });

  test('a record moved to the firmware log makes no link better', () => {
    expect(better(honest.map((_, i) => toFirmwareLog(evidence, i + 1)))).toEqual([]);
  });

  test('an event moved from the firmware log makes no link better, whatever it is called', () => {
    const moves = [1, 2, 3, 4, 5, 8, 12, 20].flatMap((count) =>
      ['phase', 'nvpcr-init', 'anything'].map((word) => fromFirmwareLog(evidence, count, word)),
    );
    expect(better(moves)).toEqual([]);
  });
});
