/** IMA lists that real machines and other projects made. Values are of the lists' own content or their projects' tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EvidenceError } from '../../src/bytes/errors.ts';
import { bootAggregates } from '../../src/logs/ima/boot-aggregate.ts';
import { readFields } from '../../src/logs/ima/fields.ts';
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { imaReport } from '../../src/logs/ima/report.ts';
import { checkTemplateDigests } from '../../src/logs/ima/bindings.ts';

const corpus = process.env['ASSAY_CORPUS'];
if (corpus === undefined) throw new Error('ASSAY_CORPUS must name the folder of the corpus');

function bytesOf(path: string): Uint8Array {
  const bytes = readFileSync(join(corpus!, path));
  return new Uint8Array(path.endsWith('.b64') ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes);
}

/** What a list of the corpus must give. `truncated`: the file itself ends inside an entry. */
interface Expected {
  readonly entries: number;
  readonly violations?: readonly number[];
  readonly mismatches?: readonly number[];
  readonly truncated?: true;
}

const RUNTIME_POLICY = 'keylime__keylime/test/data/create-runtime-policy';
const EVENTLOG = 'tpm2-software__tpm2-tss/test/data/fapi/eventlog';
const CREATE_POLICY = 'RedHat-SP-Security__keylime-tests/functional/keylime_create_policy-static-data/test2';

const LISTS: readonly (readonly [string, Expected])[] = [
  [`${RUNTIME_POLICY}/ima-log-sha1`, { entries: 2, violations: [0] }],
  [`${RUNTIME_POLICY}/ima-log-sha256`, { entries: 2 }],
  [`${RUNTIME_POLICY}/ima-log-sha384`, { entries: 2, violations: [0] }],
  [`${RUNTIME_POLICY}/ima-log-sha512`, { entries: 2, violations: [0] }],
  // SM3 is no algorithm of ours, and `unknown` of nobody's: 32 bytes of template digest that are no SHA-256.
  [`${RUNTIME_POLICY}/ima-log-sm3_256`, { entries: 2, violations: [0], mismatches: [1] }],
  [`${RUNTIME_POLICY}/ima-log-unknown`, { entries: 2, violations: [0], mismatches: [1] }],
  ['keylime__rust-keylime/keylime-agent/test-data/ima/ascii_runtime_measurements', { entries: 826 }],
  ['keylime__rust-keylime/keylime/test-data/ima_log.txt', { entries: 1 }],
  ['RedHat-SP-Security__keylime-tests/functional/keylime-policy-commands/ima_log.txt', { entries: 5 }],
  [`${CREATE_POLICY}/ascii_runtime_measurements-1`, { entries: 4 }],
  [`${CREATE_POLICY}/ascii_runtime_measurements-2`, { entries: 11 }],
  [`${EVENTLOG}/sml-ima-sha1.b64`, { entries: 12, truncated: true }],
  [`${EVENTLOG}/sml-ima-sha1.b64.decoded.bin`, { entries: 12, truncated: true }],
  [`${EVENTLOG}/sml-ima-sha1-invalidated.b64`, { entries: 1, violations: [0] }],
  [`${EVENTLOG}/sml-ima-ng-sha1.b64`, { entries: 6, truncated: true }],
  [`${EVENTLOG}/sml-ima-ng-sha1-invalidated.b64`, { entries: 0, truncated: true }],
  [`${EVENTLOG}/sml-ima-sig-sha256.b64`, { entries: 9, truncated: true }],
  [`${EVENTLOG}/sml-ima-sig-sha256-invalidated.b64`, { entries: 2, violations: [1] }],
  [`${EVENTLOG}/sml-ima-sig-sha256-invalidated.b64.decoded.bin`, { entries: 2, violations: [1] }],
  // One entry was made wrong by the project itself: its path is `/usr/bin/xautt`.
  ['kgoldman__acs/acs/imasig.log', { entries: 1083, mismatches: [1079] }],
  [
    'intel-secl__intel-secl/pkg/tagent/test/mockImaDir/ascii_runtime_measurements',
    { entries: 101, violations: [71, 72] },
  ],
];

/** Algorithms that no kernel has under that name. */
const UNREADABLE = new Set([`${RUNTIME_POLICY}/ima-log-sm3_256`, `${RUNTIME_POLICY}/ima-log-unknown`]);

describe.each(LISTS)('%s', (path, expected) => {
  const list = parseImaList(bytesOf(path)).untrusted;

  it('has its entries, and each hashes to its stored template digest', () => {
    const { violations = [], mismatches = [] } = expected;
    const bound = expected.entries - violations.length - mismatches.length;
    expect(list.count).toBe(expected.entries);
    expect(list.truncated).toBe(expected.truncated === true);
    expect(checkTemplateDigests(list)).toEqual({ bound, violations, mismatches });
  });

  it('has a digest and a path in every entry', () => {
    const problems = Array.from({ length: list.count }, (_, i) => readFields(list, i).problem ?? 'none');
    expect(new Set(problems)).toEqual(new Set(list.count === 0 ? [] : [UNREADABLE.has(path) ? 'algorithm' : 'none']));
  });

  it('starts with boot_aggregate, where it is a whole list', () => {
    const found = bootAggregates(list, () => undefined);
    for (const { result } of found) expect(['unknown', 'all-zero']).toContain(result);
  });

  it('has a report of every entry', () => {
    expect(imaReport(list).events).toHaveLength(expected.entries);
  });
});

it.each([
  'keylime__rust-keylime/keylime/test-data/invalid_ima_log.txt',
  'intel-secl__intel-secl/pkg/tagent/test/mockImaDir/procFilePath_Sha256',
  `${CREATE_POLICY}/output3.json`,
])('%s is no list', (path) => {
  expect(() => parseImaList(bytesOf(path))).toThrow(EvidenceError);
});

it('covers every IMA list the manifest names', () => {
  const manifest = readFileSync(join(corpus, 'MANIFEST.tsv'), 'utf8')
    .split('\n')
    .map((line) => line.split('\t'));
  const named = manifest.filter(
    ([path, kind]) => /^ima-(log|log-ascii|log-binary|b64)$/.test(kind ?? '') && path !== undefined,
  );
  const covered = new Set<string>(LISTS.map(([path]) => path));
  const left = named
    .map(([path]) => path!)
    .filter((path) => !covered.has(path) && !/invalid|procFilePath|output3/.test(path));
  expect(named.length).toBeGreaterThan(20);
  expect(left).toEqual([]);
});

it('measured buffers hash to the digest of their entry', () => {
  const path = 'RedHat-SP-Security__keylime-tests/functional/keylime-policy-commands/ima_log.txt';
  const list = parseImaList(bytesOf(path)).untrusted;
  const buffers = Array.from({ length: list.count }, (_, i) => readFields(list, i).fields).filter(
    (f) => f?.buffer !== undefined,
  );
  expect(buffers.length).toBeGreaterThan(0);
  expect(buffers.every((f) => f?.buffer?.matches)).toBe(true);
});
