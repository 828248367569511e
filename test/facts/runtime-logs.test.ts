/** Facts of what the running system extended, as an appraisal states them. */
import { describe, expect, test } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import { createCache } from '../../src/chain/cache.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import type { Fact, FactName } from '../../src/facts/model.ts';
import type { RecordSpec } from '../support/cel-builder.ts';
import { codes } from '../support/fixtures.ts';
import { forge, type ForgedHost } from '../support/forge.ts';
import { file } from '../support/ima-list-builder.ts';
import { recordsOf, withRecords } from '../support/runtime-edits.ts';
import { u32 } from '../support/tcg-log-builder.ts';

const factsOf = <N extends FactName>(input: AppraisalInput, name: N): Fact<N>[] =>
  appraise(input).facts.filter((fact): fact is Fact<N> & Fact => fact.name === name);
const eventsOf = (input: AppraisalInput, pcr: number) =>
  factsOf(input, 'event').filter(({ source }) => source.pcr === pcr && source.part !== 'log.firmware');
const host = (...records: readonly RecordSpec[]) =>
  forge('uki/baseline', (one: ForgedHost) => {
    one.records = [...records];
  });

test('an event of systemd’s log has its place, and its text where the digest is of it', () => {
  const [one, two] = eventsOf(
    host({ text: 'sysinit' }, { text: 'cryptsetup:root:1', eventType: 'volume-key', measured: Buffer.alloc(3) }),
    11,
  );
  expect(one).toMatchObject({
    value: { type: 'phase', afterSeparator: false, content: { kind: 'text', role: 'systemd', text: 'sysinit' } },
    provenance: { digest: 'replayed', data: 'bound' },
    source: { part: 'log.systemd', index: 0, offset: 0, pcr: 11, bank: 'sha256' },
  });
  expect(two).toMatchObject({
    value: { type: 'volume-key', content: { kind: 'none' }, hint: 'cryptsetup:root:1' },
    provenance: { digest: 'replayed', data: 'hint' },
    source: { index: 1 },
  });
});

test('events of a PCR stand in the order they were made, over all logs', () => {
  const input = forge('uki/baseline', (one) => {
    one.records = [{ text: 'sysinit' }, { text: 'ready' }];
    one.entries.push(file('/usr/bin/measured', { pcr: 11 }));
  });
  const all = factsOf(input, 'event').filter(({ source }) => source.pcr === 11);
  const parts = all.map(({ source }) => source.part);
  expect(parts.slice(-3)).toEqual(['log.systemd', 'log.systemd', 'log.ima']);
  expect(new Set(parts.slice(0, -3))).toEqual(new Set(['log.firmware']));
  expect(all.at(-1)).toMatchObject({
    value: { type: 'ima-sig', hint: '/usr/bin/measured', content: { kind: 'none' } },
  });
  expect(factsOf(input, 'pcr').find(({ subject }) => subject === '11')!.value).toMatchObject({ events: all.length });
});

test('extends that came after the quote are none of its facts', () => {
  const input = host({ text: 'sysinit' });
  const later = [...recordsOf(input.evidence), ...recordsOf(host({ text: 'ready' }, { pcr: 15, text: 'x' }).evidence)];
  const grown = { ...input, evidence: withRecords(input.evidence, later) };
  expect(eventsOf(grown, 11)).toHaveLength(1);
  expect(appraise(grown).verdict).toBe('trusted');
  expect(factsOf(grown, 'log').find(({ subject }) => subject === 'systemd')!.value).toMatchObject({ events: 3 });
});

test('of a PCR that does not replay nothing is stated', () => {
  const input = forge('uki/baseline', (one) => {
    one.records = [{ text: 'sysinit' }, { pcr: 15, text: 'x' }];
    one.values.set(11, Buffer.alloc(32, 1));
  });
  expect(eventsOf(input, 11)).toEqual([]);
  expect(eventsOf(input, 15)).toHaveLength(1);
});

test('attack 38: a separator is one by its digest, in systemd’s log too', () => {
  const input = host({ pcr: 4, text: 'x', eventType: null, measured: u32(1) }, { pcr: 4, text: 'y', eventType: null });
  expect(eventsOf(input, 4).map(({ value }) => [value.content, value.afterSeparator])).toEqual([
    [{ kind: 'separator', error: true }, true],
    [{ kind: 'none' }, true],
  ]);
  expect(factsOf(input, 'pcr').find(({ subject }) => subject === '4')!.value.separators).toBe(2);
});

test('a text too long to be systemd’s is no content', () => {
  const [event] = eventsOf(host({ text: 'x'.repeat(1025) }), 11);
  expect(event!.value.content).toEqual({ kind: 'none' });
});

describe('what the logs say of themselves', () => {
  test('an absent log is a fact, and no gap', () => {
    const input = forge('uki/baseline');
    expect(factsOf(input, 'log').find(({ subject }) => subject === 'systemd')!.value).toEqual({ state: 'absent' });
    expect(appraise(input).verdict).toBe('trusted');
  });

  test('a note refuses nothing', () => {
    const input = host({ text: 'sysinit' });
    const records = recordsOf(input.evidence).map((record) => Object.assign(record, { colour: 'red' }));
    const noted = { ...input, evidence: withRecords(input.evidence, records) };
    expect(appraise(noted)).toMatchObject({ verdict: 'trusted' });
    expect(appraise(noted).links[2]!.notes).toEqual(expect.arrayContaining(['key-unknown: field "colour"']));
  });

  test('an extend before those that are covered, which is not, was never made', () => {
    const input = host({ text: 'sysinit' }, { text: 'ready' });
    const [one, two] = recordsOf(input.evidence);
    const other = recordsOf(host({ pcr: 15, text: 'x' }).evidence)[0]!;
    const found = (...records: (typeof other)[]) => {
      const appraisal = appraise({ ...input, evidence: withRecords(input.evidence, records) });
      return [appraisal.verdict, ...codes(appraisal)].join(' ');
    };
    expect(found(one!, two!, other)).toBe('trusted');
    expect(found(one!, other, two!)).toBe('untrusted log.anomaly');
    expect(found(other, one!, two!)).toBe('untrusted log.anomaly');
    // Of PCRs that nobody quotes nothing is known.
    expect(found({ ...other, pcr: 16 }, one!, two!)).toBe('trusted');
    expect(found({ ...other, digests: other.digests.slice(0, 1) }, one!, two!)).toBe('trusted');
  });
});

test('logs kept in a cache are not taken for others', () => {
  const cache = createCache();
  const inputs = [host({ text: 'sysinit' }), host({ text: 'ready' }), forge('uki/baseline')];
  const [one] = inputs as [AppraisalInput, ...AppraisalInput[]];
  const { systemdLog: _, ...without } = one.evidence;
  for (const input of [...inputs, { ...one, evidence: without }, ...inputs]) {
    expect(appraise(input, cache)).toEqual(appraise(input));
  }
  expect(appraise(one).inputs).toHaveProperty('systemdLog', one.evidence.systemdLog!.id);
});
