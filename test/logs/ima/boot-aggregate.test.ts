import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PcrAtStart } from '../../../src/logs/ima/boot-aggregate.ts';
import { bootAggregates, expectedBootAggregate } from '../../../src/logs/ima/boot-aggregate.ts';
import { parseBinaryList } from '../../../src/logs/ima/parse-binary.ts';
import { replayPrefix } from '../../../src/logs/ima/replay.ts';
import type { EntrySpec } from '../../support/ima-list-builder.ts';
import { binaryList, file, manyFiles } from '../../support/ima-list-builder.ts';
import { labCapture } from '../../support/lab-bundle.ts';

const sizes = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const pcrs: PcrAtStart = (bank, pcr) => new Uint8Array(sizes[bank]).fill(pcr + 1);
const judge = (specs: readonly EntrySpec[], at: PcrAtStart = pcrs) =>
  bootAggregates(parseBinaryList(binaryList(specs)).untrusted, at);

function over(hash: 'sha1' | 'sha256', last: number): Uint8Array {
  const h = createHash(hash);
  for (let pcr = 0; pcr <= last; pcr++) h.update(pcrs(hash, pcr)!);
  return h.digest();
}

const aggregate = (algorithm: string, digest: Uint8Array) => file('boot_aggregate', { algorithm, digest });

describe('a booted machine', () => {
  it('recorded PCR 0 to 9 as they were quoted, which nothing extended after hand-over', () => {
    const lab = labCapture('uki', 'baseline');
    const found = bootAggregates(parseBinaryList(lab.ima).untrusted, (bank, pcr) => lab.pcr(bank, pcr));
    expect(found).toMatchObject([{ index: 0, result: 'match', recorded: { algorithm: 'sha256' } }]);
  });
});

describe('a machine after a kexec', () => {
  const at =
    (lab: ReturnType<typeof labCapture>): PcrAtStart =>
    (bank, pcr) =>
      lab.pcr(bank, pcr);

  it('has two, where the lists are joined', () => {
    const lab = labCapture('shim-grub', 'kexec-joined-list');
    const list = parseBinaryList(lab.ima);
    const replay = replayPrefix(list, { bank: 'sha256', quoted: lab.pcr('sha256', 10) });
    expect(replay).toMatchObject({ equal: true, mode: 'native' });
    const found = bootAggregates(list.untrusted, at(lab), replay.entries);
    expect(found.map(({ result }) => result)).toEqual(['match', 'match']);
    expect(found[1]?.index).toBeGreaterThan(40);
  });

  it('does not replay with the new list alone', () => {
    const lab = labCapture('shim-grub', 'kexec-new-list');
    const quoted = lab.pcr('sha256', 10);
    expect(replayPrefix(parseBinaryList(lab.ima), { bank: 'sha256', quoted }).equal).toBe(false);
  });
});

describe('the expected value', () => {
  it('is over PCR 0 to 7 in SHA-1 and over PCR 0 to 9 elsewhere', () => {
    expect(expectedBootAggregate('sha1', pcrs)).toEqual(new Uint8Array(over('sha1', 7)));
    expect(expectedBootAggregate('sha256', pcrs)).toEqual(new Uint8Array(over('sha256', 9)));
  });

  it('is not known while a PCR is not', () => {
    expect(expectedBootAggregate('sha1', (bank, pcr) => (pcr > 7 ? undefined : pcrs(bank, pcr)))).toBeDefined();
    expect(expectedBootAggregate('sha256', (bank, pcr) => (pcr === 9 ? undefined : pcrs(bank, pcr)))).toBeUndefined();
  });
});

describe('the entries', () => {
  it.each([
    ['match', 'sha1', over('sha1', 7)],
    ['match', 'sha256', over('sha256', 9)],
    ['mismatch', 'sha256', over('sha256', 7)],
    ['mismatch', 'sha1', over('sha1', 9)],
    ['all-zero', 'sha256', new Uint8Array(32)],
    ['unknown', 'sm3', over('sha256', 9)],
  ])('%s in %s', (result, algorithm, digest) => {
    expect(judge([aggregate(algorithm, digest), file('/init')])).toMatchObject([{ index: 0, result }]);
  });

  it('are all found, also after a kexec', () => {
    const other = aggregate('sha256', new Uint8Array(32).fill(1));
    const specs = [aggregate('sha256', over('sha256', 9)), ...manyFiles(3), other];
    expect(judge(specs)).toMatchObject([
      { index: 0, result: 'match' },
      { index: 4, result: 'mismatch' },
    ]);
    expect(bootAggregates(parseBinaryList(binaryList(specs)).untrusted, pcrs, 4)).toHaveLength(1);
  });

  it('are of the name alone, in every template', () => {
    const names = ['/tmp/boot_aggregate', 'boot_aggregate2', 'xboot_aggregate', 'boot_aggregate '];
    expect(judge(names.map((name) => file(name)))).toEqual([]);
    expect(judge([file('boot_aggregate', { template: 'ima', digest: over('sha1', 7) })])).toMatchObject([
      { result: 'match' },
    ]);
    expect(judge([file('boot_aggregate', { template: 'ima-ng', digest: over('sha256', 9) })])).toMatchObject([
      { result: 'match' },
    ]);
  });

  it('prove nothing in a violation, whose data nothing covers', () => {
    const forged = { ...aggregate('sha256', over('sha256', 9)), violation: true };
    expect(judge([forged])).toMatchObject([{ index: 0, result: 'all-zero' }]);
  });

  it('are those of the PCR that is replayed', () => {
    const elsewhere = { ...aggregate('sha256', over('sha256', 9)), pcr: 11 };
    expect(judge([elsewhere, file('/a')])).toEqual([]);
    expect(bootAggregates(parseBinaryList(binaryList([elsewhere])).untrusted, pcrs, 1, 11)).toHaveLength(1);
  });

  it('are no larger than one can be', () => {
    // Three lengths, `sha256:`, NUL, digest, name with NUL: what is left of 512 bytes is the signature.
    const signed = (size: number) =>
      judge([file('boot_aggregate', { digest: over('sha256', 9), more: [new Uint8Array(size)] })]);
    const rest = 512 - 3 * 4 - 8 - 32 - 15;
    expect(signed(rest)).toMatchObject([{ result: 'match' }]);
    expect(signed(rest + 1)).toEqual([]);
  });

  it('are not those whose fields cannot be read', () => {
    expect(judge([file('boot_aggregate', { template: 'unheard', more: [] })])).toEqual([]);
  });

  it('are not those of a verity digest', () => {
    expect(
      judge([file('boot_aggregate', { template: 'ima-ngv2', type: 'verity', digest: over('sha256', 9) })]),
    ).toEqual([]);
  });
});
