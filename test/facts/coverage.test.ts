/** The coverage map: complete over every captured machine, and right about what it says. */
import { describe, expect, test } from 'vitest';
import { UNCOVERED_REASONS, type PartCoverage } from '../../src/facts/coverage.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../lab/scenarios.ts';
import { inputOf } from '../support/fixtures.ts';
import { coverageOf, flipBytes, seededRandom } from '../support/flips.ts';
import { forge, type ForgedHost } from '../support/forge.ts';
import { file } from '../support/ima-list-builder.ts';
import { SEED } from '../support/seed.ts';

const machines = SCENARIO_NAMES.flatMap((scenario) =>
  Object.entries(SCENARIOS[scenario])
    // A relayed quote is not verified, and an unsigned image does not boot: there is nothing to map.
    .filter(([variant]) => variant !== 'relayed-quote' && variant !== 'unsigned')
    .map(([variant]) => `${scenario}/${variant}`),
);
const baselines = SCENARIO_NAMES.map((scenario) => `${scenario}/baseline`);

const lengthOf = (part: PartCoverage | undefined, kind: string): number =>
  part?.segments.filter((segment) => segment.class === kind).reduce((sum, { length }) => sum + length, 0) ?? 0;

describe('the map', () => {
  test.each(machines)('%s: every byte has one class', (name) => {
    const { evidence, ...input } = inputOf(name);
    const parts = coverageOf({ evidence, ...input });
    expect(parts.map(({ part, length }) => [part, length])).toEqual([
      ...evidence.quotes.flatMap(({ attest, signature }, i) => [
        [`quotes[${i}].attest`, attest.length],
        [`quotes[${i}].signature`, signature.length],
      ]),
      ['log.firmware', evidence.firmwareLog!.bytes!.length],
      ['log.ima', evidence.imaLog!.bytes!.length],
    ]);
    for (const { length, segments } of parts) {
      let offset = 0;
      for (const segment of segments) {
        expect(segment.offset).toBe(offset);
        expect(segment.length).toBeGreaterThan(0);
        expect(segment.reason === undefined).toBe(segment.class !== 'uncovered');
        expect(UNCOVERED_REASONS).toContain(segment.reason ?? UNCOVERED_REASONS[0]);
        offset += segment.length;
      }
      expect(offset).toBe(length);
    }
  });

  test('of the first machine, in figures', () => {
    const parts = coverageOf(inputOf('uki/baseline'));
    const firmware = parts.find(({ part }) => part === 'log.firmware');
    // 35 events of a digest in three quoted banks each
    expect(lengthOf(firmware, 'replayed')).toBe(35 * (20 + 32 + 48));
    const ima = parts.find(({ part }) => part === 'log.ima');
    // 94 entries: a template digest each that nothing rests on, and template data that all is
    expect(lengthOf(ima, 'uncovered')).toBe(94 * 20);
    expect(lengthOf(ima, 'bound')).toBe(ima!.length - 94 * (4 + 20 + 4 + 'ima-sig'.length + 4));
  });

  test('digests of a bank that is not quoted are bound where their data is, and uncovered elsewhere', () => {
    const input = inputOf('uki/baseline');
    const evidence = { ...input.evidence, quotes: input.evidence.quotes.slice(0, 1) };
    const firmware = coverageOf({ ...input, evidence }).find(({ part }) => part === 'log.firmware')!;
    expect(lengthOf(firmware, 'replayed')).toBe(35 * 32);
    const other = firmware.segments.filter((segment) => segment.reason === 'other-bank-digest');
    // 10 events whose data only hints at what their digests are of
    expect(other.reduce((sum, { length }) => sum + length, 0)).toBe(10 * (20 + 48));
  });
});

const WORDS = ['enter-initrd', 'leave-initrd', 'sysinit', 'ready'];
const phases = (host: ForgedHost): void => {
  host.records = WORDS.map((text) => ({ text }));
};

describe('the map of systemd’s log', () => {
  test('in figures: a digest of the quoted bank each, and text and the other banks’ digests that are of it', () => {
    const parts = coverageOf(forge('uki/baseline', phases));
    const log = parts.find(({ part }) => part === 'log.systemd')!;
    expect(lengthOf(log, 'replayed')).toBe(4 * 64);
    expect(lengthOf(log, 'bound')).toBe(4 * (40 + 96) + WORDS.join('').length);
    expect(lengthOf(log, 'framing')).toBe(log.length - 4 * (64 + 40 + 96) - WORDS.join('').length);
    // The sections of the image replay under the phases.
    const firmware = parts.find(({ part }) => part === 'log.firmware');
    expect(firmware!.segments.some(({ reason }) => reason === 'pcr-not-replayed')).toBe(false);
  });

  test('of what nothing covers, in figures', () => {
    const input = forge('uki/baseline', (host) => {
      phases(host);
      host.records.push(
        { text: 'cryptsetup:root', eventType: 'volume-key', pcr: 15 },
        { nvIndex: 1, text: 'product-id:missing' },
        { text: '\\303\\274', measured: Buffer.from('ü'), pcr: 15 },
      );
    });
    const log = coverageOf(input).find(({ part }) => part === 'log.systemd')!;
    expect(lengthOf(log, 'replayed')).toBe(6 * 64);
    // JSON writes each backslash as two.
    expect(lengthOf(log, 'bound')).toBe(5 * (40 + 96) + WORDS.join('').length + 10);
  });

  test('where its PCR does not replay, or nothing can be read', () => {
    const input = forge('uki/baseline', (host) => {
      phases(host);
      host.values.set(11, Buffer.alloc(32, 1));
    });
    const classes = (evidence: typeof input.evidence) =>
      new Set(
        coverageOf({ ...input, evidence })
          .find(({ part }) => part === 'log.systemd')!
          .segments.map((segment) => segment.reason ?? segment.class),
      );
    expect(classes(input.evidence)).toEqual(new Set(['framing']));
    const broken = { id: '', bytes: Uint8Array.of(1, 2) };
    expect(classes({ ...input.evidence, systemdLog: broken })).toEqual(new Set(['unreadable']));
    const { firmwareLog: _, ...without } = forge('uki/baseline', phases).evidence;
    expect(classes(without)).toEqual(new Set(['framing']));
  });

  test('an IMA entry in a PCR that replays is bound', () => {
    const before = coverageOf(forge('uki/baseline', phases)).find(({ part }) => part === 'log.ima')!;
    const after = coverageOf(
      forge('uki/baseline', (host) => {
        phases(host);
        host.entries.push(file('/a', { pcr: 11 }));
      }),
    ).find(({ part }) => part === 'log.ima')!;
    expect(lengthOf(after, 'bound') - lengthOf(before, 'bound')).toBe(4 + 40 + 4 + 3 + 4);
  });
});

/** A sample: test/e2e/every-byte.test.ts changes each. */
describe('a changed byte does what its class says', { timeout: 60_000 }, () => {
  test.each(baselines)('%s, three banks quoted', (name) => {
    const report = flipBytes(inputOf(name), 200, seededRandom(SEED));
    expect(report.problems).toEqual([]);
    expect(report.tried).toBeGreaterThan(90);
    // Types have a meaning only with a PCR, and the framing inside event data makes it a hint at worst.
    expect(['log.firmware: event type', 'log.firmware: event data', 'log.firmware: Spec ID']).toEqual(
      expect.arrayContaining([...report.stillTrusted]),
    );
  });

  test.each(['uki/baseline', 'shim-grub/baseline', 'uki/extra-program', 'uki/pcr7-extended'])(
    '%s, one bank quoted',
    (name) => {
      const input = inputOf(name);
      const evidence = { ...input.evidence, quotes: input.evidence.quotes.slice(0, 1) };
      expect(flipBytes({ ...input, evidence }, 200, seededRandom(SEED)).problems).toEqual([]);
    },
  );

  test('systemd’s log, trusted and not', () => {
    const trusted = forge('uki/baseline', phases);
    const other = forge('uki/baseline', (host) => {
      host.records = [{ text: 'ready' }, { text: 'x', pcr: 12 }, { text: 'y', eventType: 'volume-key', pcr: 15 }];
    });
    for (const input of [trusted, other]) {
      const report = flipBytes(input, 7, seededRandom(SEED), 'log.systemd');
      expect(report.problems).toEqual([]);
      expect(report.tried).toBeGreaterThan(150);
    }
  });
});
