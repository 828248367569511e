/** The coverage map: complete over every captured machine, and right about what it says. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { UNCOVERED_REASONS, type PartCoverage } from '../../src/facts/coverage.ts';
import { readFields } from '../../src/logs/ima/fields.ts';
import { entryTemplate, templateDigest } from '../../src/logs/ima/model.ts';
import { parseBinaryList } from '../../src/logs/ima/parse-binary.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../lab/scenarios.ts';
import { inputOf } from '../support/fixtures.ts';
import { coverageOf, flipBytes, seededRandom, withPart } from '../support/flips.ts';
import { forge, type ForgedHost } from '../support/forge.ts';
import { binaryList, file } from '../support/ima-list-builder.ts';
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

/** The text form of a binary list, as the kernel would print it. */
function printed(bytes: Uint8Array): Buffer {
  const list = parseBinaryList(bytes).untrusted;
  const lines = Array.from({ length: list.count }, (_, index) => {
    const { path, fileDigest, signature } = readFields(list, index).fields!;
    const { name } = entryTemplate(list, index);
    const digest = `${name === 'ima' ? '' : `${fileDigest.algorithm}:`}${toHex(fileDigest.bytes)}`;
    const rest = name === 'ima-sig' ? ` ${toHex(signature?.bytes ?? new Uint8Array(0))}` : '';
    return `${list.columns.pcr[index]} ${toHex(templateDigest(list, index))} ${name} ${digest} ${path}${rest}\n`;
  });
  return Buffer.from(lines.join(''));
}

describe('the map of the runtime list', () => {
  const host = (change: (host: ForgedHost) => void = () => {}) =>
    forge('uki/baseline', (forged) => {
      forged.entries = [file('boot_aggregate'), file('/a'), file('/b', { template: 'ima' })];
      change(forged);
    });
  const withList = (input: AppraisalInput, edit: (bytes: Uint8Array) => Uint8Array) =>
    coverageOf({ ...input, evidence: withPart(input.evidence, 'log.ima', edit) }).find((p) => p.part === 'log.ima')!;
  const binary = (input: AppraisalInput, more: readonly number[] = []) =>
    withList(input, (bytes) => Buffer.concat([bytes, Buffer.from(more)]));
  const text = (input: AppraisalInput, edit = (lines: string) => lines) =>
    withList(input, (bytes) => Buffer.from(edit(printed(bytes).toString())));
  /** `class` or the reason of each run of bytes, with its length */
  const runs = ({ segments }: PartCoverage) => segments.map((one) => [one.reason ?? one.class, one.length]);
  const lengths = ({ segments }: PartCoverage, word: string) =>
    segments.filter((one) => (one.reason ?? one.class) === word).map(({ length }) => length);

  const FRAMED = 4 + 40 + 4;
  const SIGNED = FRAMED + '/a\0'.length + 4;

  test('in figures: the data of each entry, and in the oldest template without the length of the name', () => {
    expect(runs(binary(host())).slice(4)).toEqual([
      ['framing', 4],
      ['stored-template-digest', 20],
      ['framing', 4 + 'ima-sig'.length + 4],
      ['bound', SIGNED],
      ['framing', 4],
      ['stored-template-digest', 20],
      ['framing', 4 + 'ima'.length],
      ['bound', 20],
      ['framing', 4],
      ['bound', 2],
    ]);
  });

  test('as text, in figures: what the template data is printed as', () => {
    const map = text(host());
    expect(map.note).toBe('hexadecimal may be spelled in either case');
    expect(runs(map).slice(2)).toEqual([
      ['framing', 1 + '10 '.length + 41 + 'ima-sig '.length],
      ['bound', 'sha256:'.length + 64 + ' /a '.length],
      ['framing', 1 + '10 '.length + 41 + 'ima '.length],
      ['bound', 40 + ' /b'.length],
      ['framing', 1],
    ]);
    const cut = text(host(), (lines) => lines.trimEnd());
    expect(runs(cut)).toEqual(runs(map).slice(0, -1));
    expect(binary(host()).note).toBeUndefined();
  });

  test('a PCR of one digit is printed with a space before it', () => {
    const nine = host((forged) => forged.entries.push(file('/c', { pcr: 9 })));
    const [, padded] = [text(nine), text(nine, (lines) => lines.replace('\n9 ', '\n 9 '))];
    expect(runs(padded).slice(-3)).toEqual([
      ['framing', 1 + ' 9 '.length + 41 + 'ima-sig '.length],
      ['bound', 'sha256:'.length + 64 + ' /c '.length],
      ['framing', 1],
    ]);
  });

  test('a violation: what marks it was extended, what stands beside it is nobody’s word', () => {
    const input = host((forged) => forged.entries.push(file('/v', { violation: true })));
    expect(runs(binary(input)).slice(-4)).toEqual([
      ['framing', 4],
      ['replayed', 20],
      ['framing', 4 + 'ima-sig'.length + 4],
      ['violation-data', SIGNED],
    ]);
    expect(lengths(text(input), 'violation-data')).toEqual(['sha256:'.length + 64 + ' /v '.length]);
  });

  test('entries of a PCR that is not quoted, of one that does not replay, and behind the quote', () => {
    const elsewhere = host((forged) => forged.entries.splice(1, 0, file('/e', { pcr: 17 })));
    expect(lengths(binary(elsewhere), 'pcr-not-judged')).toEqual([20, SIGNED]);
    expect(lengths(text(elsewhere), 'pcr-not-judged')).toEqual(['sha256:'.length + 64 + ' /e '.length]);
    const refused = host((forged) => forged.values.set(10, Buffer.alloc(32, 1)));
    for (const map of [binary(refused), text(refused)]) {
      expect(new Set(runs(map).map(([word]) => word))).toEqual(new Set(['framing', 'pcr-not-replayed']));
    }
    const later = [...binaryList([file('/l')])];
    expect(lengths(binary(host(), later), 'after-quoted-prefix')).toEqual([20, SIGNED]);
    expect(
      lengths(
        text(host(), (lines) => `${lines}${printed(Buffer.from(later)).toString()}`),
        'after-quoted-prefix',
      ),
    ).toEqual(['sha256:'.length + 64 + ' /l '.length]);
  });

  test('a tail that is no entry, and a list that is none', () => {
    expect(lengths(binary(host(), [1, 2, 3]), 'unread-tail')).toEqual([3]);
    expect(
      lengths(
        text(host(), (lines) => `${lines}10 ab`),
        'unread-tail',
      ),
    ).toEqual([5]);
    expect(runs(text(host(), (lines) => `${lines}no line\n`))).toEqual([['unreadable', expect.any(Number)]]);
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
