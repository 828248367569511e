import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HashName } from '../../../src/bytes/hash.ts';
import { coveredEntries } from '../../../src/logs/ima/model.ts';
import { parseBinaryList } from '../../../src/logs/ima/parse-binary.ts';
import type { ImaReplayRequest } from '../../../src/logs/ima/replay.ts';
import { checkTemplateDigests, entryBinding } from '../../../src/logs/ima/bindings.ts';
import { replayPrefix } from '../../../src/logs/ima/replay.ts';
import type { EntrySpec, KernelMode } from '../../support/ima-list-builder.ts';
import { binaryList, file, floorReplay, longList, manyFiles, pcrAfter } from '../../support/ima-list-builder.ts';
import { labCapture } from '../../support/lab-bundle.ts';
import { anyEntry } from './arbitrary.ts';

const replay = (specs: readonly EntrySpec[], request: ImaReplayRequest) =>
  replayPrefix(parseBinaryList(binaryList(specs)), request);

/** Quotes the PCR after some entries and replays the whole list against it. */
const replayAt = (specs: readonly EntrySpec[], n: number, bank: HashName = 'sha256', mode?: KernelMode) =>
  replay(specs, { bank, quoted: pcrAfter(specs.slice(0, n), bank, mode) });

describe('a booted machine', () => {
  const lab = labCapture('uki', 'baseline');
  const list = parseBinaryList(lab.ima);

  it.each([
    ['sha1', 'native'],
    ['sha256', 'native'],
    // Debian's kernel has SHA-512, and so SHA-384, only as a module.
    ['sha384', 'padded-sha1'],
  ] as const)('reproduces its quoted PCR 10 in %s, extended %s', (bank, mode) => {
    const found = replayPrefix(list, { bank, quoted: lab.pcr(bank, 10) });
    expect(found).toMatchObject({ equal: true, mode });
    expect(found.prefix?.replayed).toMatchObject({ bank, mode, pcr: 10, end: found.entries });
    expect(found.entries).toBeGreaterThan(40);
  });

  it('does not reproduce it once any byte of template data is flipped', () => {
    const quoted = lab.pcr('sha256', 10);
    const { columns } = list.untrusted;
    fc.assert(
      fc.property(
        fc.nat(replayPrefix(list, { bank: 'sha256', quoted }).entries - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (i, at, mask) => {
          const bytes = lab.ima.slice();
          const offset = columns.dataOffset[i]! + (at % columns.dataLength[i]!);
          bytes[offset] = bytes[offset]! ^ mask;
          const damaged = parseBinaryList(bytes);
          expect(entryBinding(damaged.untrusted, i)).toBe('mismatch');
          expect(replayPrefix(damaged, { bank: 'sha256', quoted })).toMatchObject({ equal: false, prefix: undefined });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the prefix', () => {
  const specs = manyFiles(9);

  it('ends exactly where the quote was made, in either mode', () => {
    fc.assert(
      fc.property(
        fc.array(anyEntry, { minLength: 1, maxLength: 10 }),
        fc.nat(),
        fc.constantFrom<HashName>('sha1', 'sha256', 'sha384', 'sha512'),
        fc.constantFrom<KernelMode>('native', 'padded-sha1', 'padded-sha1-full'),
        (entries, at, bank, mode) => {
          const n = at % (entries.length + 1);
          const found = replayAt(entries, n, bank, bank === 'sha1' ? 'native' : mode);
          // Entries of other PCRs at the end leave PCR 10 as it was: the prefix ends with its last entry.
          const end = entries.slice(0, n).findLastIndex((e) => e.pcr === 10) + 1;
          expect(found).toMatchObject({ equal: true, entries: end });
          // Violations alone tell only the kernels before 5.8 from the others.
          const tells = entries.slice(0, end).some((e) => e.pcr === 10 && !e.violation);
          const padded = end > 0 && bank !== 'sha1' && (tells ? mode !== 'native' : mode === 'padded-sha1');
          expect(found.mode).toBe(end === 0 ? undefined : padded ? 'padded-sha1' : 'native');
        },
      ),
    );
  });

  it('covers the entries that name its PCR, no others', () => {
    const mixed = [file('/a'), file('/b', { pcr: 11 }), file('/c'), file('/d', { pcr: 11 }), file('/e')];
    const prefix = replayAt(mixed, 3).prefix!.replayed;
    expect([...coveredEntries(prefix)]).toEqual([0, 2]);
    const other = replay(mixed, { bank: 'sha256', pcr: 11, quoted: pcrAfter(mixed, 'sha256', 'native', 11) });
    expect([...coveredEntries(other.prefix!.replayed)]).toEqual([1, 3]);
  });

  it.each(['removed', 'reordered', 'repeated', 'added'])('is not found when an entry was %s', (change) => {
    const quoted = pcrAfter(specs, 'sha256');
    const changed = {
      removed: specs.toSpliced(4, 1),
      reordered: specs.toSpliced(4, 2, specs[5]!, specs[4]!),
      repeated: specs.toSpliced(4, 0, specs[4]!),
      added: specs.toSpliced(4, 0, file('/tmp/evil')),
    }[change]!;
    expect(replay(changed, { bank: 'sha256', quoted })).toMatchObject({ equal: false, mode: undefined, entries: 0 });
  });

  it('is not found when the list was cut before the quoted entry', () => {
    const quoted = pcrAfter(specs, 'sha256');
    expect(replay(specs.slice(0, 8), { bank: 'sha256', quoted }).equal).toBe(false);
  });

  it('proves nothing in a list that ends inside an entry', () => {
    const bytes = binaryList(specs);
    const cut = parseBinaryList(bytes.subarray(0, bytes.length - 1));
    const found = replayPrefix(cut, { bank: 'sha256', quoted: pcrAfter(specs.slice(0, 8), 'sha256') });
    expect(found).toMatchObject({ equal: true, entries: 8, prefix: undefined });
  });
});

describe('the mode', () => {
  it('is never a mixture', () => {
    const specs = manyFiles(6);
    const half = pcrAfter(specs.slice(0, 3), 'sha256', 'native');
    for (const modes of [
      ['native', 'padded-sha1'],
      ['padded-sha1', 'native'],
    ] as const) {
      const first = pcrAfter(specs.slice(0, 3), 'sha256', modes[0]);
      const quoted = pcrAfter(specs.slice(3), 'sha256', modes[1], 10, first);
      expect(replay(specs, { bank: 'sha256', quoted }).equal).toBe(false);
    }
    const quoted = pcrAfter(specs.slice(3), 'sha256', 'native', 10, half);
    expect(replay(specs, { bank: 'sha256', quoted }).equal).toBe(true);
  });

  it('padded hashes the template data, not what the list stores beside it', () => {
    const specs = manyFiles(2);
    const bytes = binaryList(specs);
    bytes[4] = bytes[4]! ^ 1;
    const list = parseBinaryList(bytes);
    expect(replayPrefix(list, { bank: 'sha384', quoted: pcrAfter(specs, 'sha384', 'padded-sha1') }).equal).toBe(true);
    expect(checkTemplateDigests(list.untrusted)).toEqual({ bound: 1, violations: [], mismatches: [0] });
  });
});

describe('violations', () => {
  it('extend all-0xFF, whatever their template data', () => {
    const specs = [file('/a'), file('/b', { violation: true }), file('/c')];
    expect(replayAt(specs, 3)).toMatchObject({ equal: true, entries: 3 });
    expect(replayAt(specs, 3, 'sha384', 'padded-sha1')).toMatchObject({ equal: true, mode: 'padded-sha1' });
    expect(replayAt(specs, 3, 'sha384', 'padded-sha1-full')).toMatchObject({ equal: true, mode: 'padded-sha1' });
    expect(
      replay([specs[0]!, file('/other', { violation: true }), specs[2]!], {
        bank: 'sha256',
        quoted: pcrAfter(specs, 'sha256'),
      }).equal,
    ).toBe(true);
  });

  it('cannot be invented: zeroing a stored digest breaks the replay', () => {
    const specs = manyFiles(2);
    const hidden = specs.with(1, { ...specs[1]!, violation: true });
    expect(replay(hidden, { bank: 'sha256', quoted: pcrAfter(specs, 'sha256') }).equal).toBe(false);
  });

  it('cannot be hidden: a stored digest put in place of the zeros breaks the replay', () => {
    const specs = [file('/a'), file('/b', { violation: true })];
    expect(
      replay(manyFiles(0).concat(file('/a'), file('/b')), { bank: 'sha256', quoted: pcrAfter(specs, 'sha256') }).equal,
    ).toBe(false);
  });

  it('have a digest that is zero in every byte', () => {
    const bytes = binaryList([file('/a', { violation: true })]);
    bytes[4 + 19] = 1;
    expect(entryBinding(parseBinaryList(bytes).untrusted, 0)).toBe('mismatch');
  });
});

describe('going on from an earlier replay', () => {
  it('gives what a replay from the start gives', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 10 }), fc.nat(), fc.nat(), (specs, a, b) => {
        const first = replayAt(specs, a % (specs.length + 1));
        const later = Math.max(first.entries, b % (specs.length + 1));
        const quoted = pcrAfter(specs.slice(0, later), 'sha256');
        const from = {
          entries: first.entries,
          value: pcrAfter(specs.slice(0, first.entries), 'sha256'),
          mode: first.mode,
        };
        const whole = replay(specs, { bank: 'sha256', quoted });
        expect(replay(specs, { bank: 'sha256', quoted, from })).toMatchObject({ equal: true, entries: whole.entries });
      }),
    );
  });

  it('stays in the mode of the earlier replay', () => {
    const specs = manyFiles(4);
    const value = pcrAfter(specs.slice(0, 2), 'sha256');
    const quoted = pcrAfter(specs.slice(2), 'sha256', 'padded-sha1', 10, value);
    const from = { entries: 2, value, mode: undefined };
    expect(replay(specs, { bank: 'sha256', quoted, from: { ...from, mode: 'native' } }).equal).toBe(false);
    expect(replay(specs, { bank: 'sha256', quoted: value, from: { ...from, mode: 'native' } }).mode).toBe('native');
    expect(replay(specs, { bank: 'sha256', quoted, from: { ...from, mode: 'padded-sha1' } }).equal).toBe(true);
  });

  it('does not find a value the PCR had before', () => {
    const specs = manyFiles(5);
    const from = { entries: 3, value: pcrAfter(specs.slice(0, 3), 'sha256'), mode: 'native' as const };
    const quoted = pcrAfter(specs.slice(0, 2), 'sha256');
    expect(replay(specs, { bank: 'sha256', quoted, from })).toMatchObject({ equal: false, entries: 3 });
  });

  it('rejects a state that cannot be of this list', () => {
    const quoted = new Uint8Array(32);
    expect(() =>
      replay(manyFiles(1), { bank: 'sha256', quoted, from: { entries: 2, value: quoted, mode: 'native' } }),
    ).toThrow(RangeError);
    expect(() => replay(manyFiles(1), { bank: 'sha256', quoted: new Uint8Array(20) })).toThrow(RangeError);
    const from = { entries: 0, value: new Uint8Array(20), mode: undefined };
    expect(() => replay(manyFiles(1), { bank: 'sha256', quoted, from })).toThrow(RangeError);
    const noMode = { entries: 1, value: quoted, mode: undefined };
    expect(() => replay(manyFiles(1), { bank: 'sha256', quoted, from: noMode })).toThrow(RangeError);
  });
});

describe('nothing to replay', () => {
  const zero = new Uint8Array(32);

  it('an empty list reproduces a PCR that was never extended, and no other', () => {
    expect(replay([], { bank: 'sha256', quoted: zero })).toMatchObject({ equal: true, mode: undefined, entries: 0 });
    expect(replay([], { bank: 'sha256', quoted: pcrAfter([file('/a')], 'sha256') })).toMatchObject({
      equal: false,
      prefix: undefined,
    });
  });

  it('a PCR that was never extended covers no entry of the list', () => {
    const found = replay(manyFiles(3), { bank: 'sha256', quoted: zero });
    expect(found).toMatchObject({ equal: true, mode: undefined, entries: 0 });
    expect([...coveredEntries(found.prefix!.replayed)]).toEqual([]);
  });
});

it('replays a list of 100,000 entries in columns that take less than a fifth of its bytes', () => {
  const long = longList(100_000);
  const list = parseBinaryList(long.bytes);
  expect(list.untrusted.count).toBe(100_000);
  expect(list.untrusted.bytes.buffer).toBe(long.bytes.buffer);
  const columns = Object.values(list.untrusted.columns).reduce((sum, column) => sum + column.buffer.byteLength, 0);
  expect(columns).toBeLessThan(long.bytes.length / 5);
  expect(checkTemplateDigests(list.untrusted).bound).toBe(100_000);
  const quoted = floorReplay(long, 'sha256');
  expect(replayPrefix(list, { bank: 'sha256', quoted })).toMatchObject({ equal: true, entries: 100_000 });
}, 30_000);
