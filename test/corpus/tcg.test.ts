/** Firmware logs of real machines: each parses or is refused by name, and replays to what its TPM recorded. */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { describe, expect, test } from 'vitest';
import { EvidenceError } from '../../src/bytes/errors.ts';
import { digest, type HashName } from '../../src/bytes/hash.ts';
import { fromHex, toHex } from '../../src/bytes/text.ts';
import { IMA_PCR } from '../../src/logs/ima/model.ts';
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { replayPrefix } from '../../src/logs/ima/replay.ts';
import { replayBank } from '../../src/logs/replay.ts';
import { decodeLog } from '../../src/logs/tcg/event-data.ts';
import { eventTypeName } from '../../src/logs/tcg/event-types.ts';
import type { TcgLog } from '../../src/logs/tcg/model.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { preferredBank, tcgReport } from '../../src/logs/tcg/report.ts';
import { separatorEvidence } from '../../src/logs/tcg/separators.ts';
import { binaryList, digestField } from '../support/ima-list-builder.ts';
import { corpusBytes, corpusFiles, corpusText } from './corpus.ts';
import { bankUse } from './bank-use.ts';

const LOGS = corpusFiles().filter(({ kind }) => /^(?:eventlog-|ccel-log)/.test(kind));

function logBytes({ file, kind }: { readonly file: string; readonly kind: string }): Uint8Array {
  return kind === 'eventlog-b64' ? new Uint8Array(Buffer.from(corpusText(file), 'base64')) : corpusBytes(file);
}

function parsed(file: string): TcgLog {
  return parseTcgLog(corpusBytes(file)).untrusted;
}

/** Files that are no log, or contradict themselves, with the reason they are refused for. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['keylime__keylime/test/data/create-mb-policy/binary_bios_measurements-bogus', 'tcg.not-a-log'],
  ['keylime__keylime/test/data/create-mb-policy/binary_bios_measurements-empty', 'tcg.empty'],
  [
    'nsacyber__HIRS/HIRS_Provisioner.NET/hirsTest/Resources/test/settings_test/efi/boot/tcg/manifest/rim/Mfg.Model.1.rimel',
    'tcg.not-a-log',
  ],
  ['intel-secl__intel-secl/pkg/tagent/test/eventlog/incomplete_tcg_spec_event.bin', 'tcg.not-a-log'],
  // Edited by hand: their SPDM event has a SHA-384 digest, their Spec ID event only SHA-256.
  ['nsacyber__HIRS/0_temp/binary_bios_measurements_addEvt11asSPDMFirmwareBlob_origVersion0', 'tcg.digest-algorithm'],
  ['nsacyber__HIRS/0_temp/binary_bios_measurements_addEvt11asSPDMFirmwareBlob_version1', 'tcg.digest-algorithm'],
]);

/** Logs that their projects altered, with the events that no longer match their digests. */
const ALTERED: ReadonlyMap<string, readonly number[]> = new Map([
  ['nsacyber__HIRS/tools/tcg_rim_tool/src/test/resources/TPMLog_Altered.bin', [25]],
  ['intel-secl__intel-secl/pkg/tagent/test/eventlog/uefi_event_log_invalid.bin', [31]],
]);

/** Logs that parse, each parsed once. */
const PARSED = LOGS.filter(({ file }) => !REFUSED.has(file)).map((entry) => ({
  ...entry,
  log: parseTcgLog(logBytes(entry)).untrusted,
}));

describe('every log', () => {
  test.each(LOGS.filter(({ file }) => REFUSED.has(file)))('$file is refused', (entry) => {
    const code = REFUSED.get(entry.file);
    expect(() => parseTcgLog(logBytes(entry))).toThrow(expect.objectContaining({ name: 'EvidenceError', code }));
  });

  test.each(PARSED)('$file', ({ file, log }) => {
    const decoded = decodeLog(log, preferredBank(log)!);
    const mismatches = decoded.events.flatMap(({ binding }, index) => (binding === 'mismatch' ? [index] : []));
    expect(mismatches).toEqual(ALTERED.get(file) ?? []);
    // What is shown of it is one JSON document without a character that does not print.
    expect(JSON.stringify(tcgReport(log))).not.toMatch(/\p{Cc}/u);
  });

  test('the refused and the altered are among them', () => {
    const files = new Set(LOGS.map(({ file }) => file));
    expect([...REFUSED.keys(), ...ALTERED.keys()].filter((file) => !files.has(file))).toEqual([]);
  });

  test('logs of confidential guests are not taken for PCRs', () => {
    expect(PARSED.filter(({ log }) => log.registers === 'ccel-mr').map(({ file }) => file)).toEqual(
      PARSED.filter(({ kind }) => kind === 'ccel-log').map(({ file }) => file),
    );
  });
});

const CAUSES = ['unused-bank', 'capped-bank', 'resume-log', 'userspace-extend', 'unexplained-recording'] as const;

interface Exception {
  readonly file: string;
  readonly bank: string;
  readonly pcr: number;
  readonly cause: string;
}

/** Recorded values that a log does not lead to. A PCR without events counts as replayed if it holds a reset value. */
function differences(log: TcgLog, bank: HashName, recorded: ReadonlyMap<number, string>): number[] {
  const { final } = replayBank(log, bank);
  return [...recorded].flatMap(([pcr, value]) => {
    const replayed = final.get(pcr);
    if (replayed !== undefined) return toHex(replayed) === value ? [] : [pcr];
    const explained = /^(?:0+|f+)$/.test(value) || (pcr === IMA_PCR && replaysAggregate(final, bank, fromHex(value)));
    return explained ? [] : [pcr];
  });
}

/**
 * Whether a PCR holds what a kernel without a measurement policy puts there: its aggregate of the firmware's PCRs and nothing else
 * (ima_add_boot_aggregate). Such a list is kept by no project, and needs not be: it follows from the firmware log.
 */
function replaysAggregate(final: ReadonlyMap<number, Uint8Array>, bank: HashName, quoted: Uint8Array): boolean {
  const pcrs = Array.from({ length: 8 }, (_, pcr) => final.get(pcr) ?? new Uint8Array(20));
  const fields = [digestField('sha1', digest('sha1', Buffer.concat(pcrs))), Buffer.from('boot_aggregate\0')];
  const list = parseImaList(binaryList([{ template: 'ima-ng', fields, texts: [] }]));
  return replayPrefix(list, { bank, quoted }).prefix?.replayed.end === 1;
}

describe('recorded PCR values', () => {
  const recorded = JSON.parse(corpusText('expected-pcrs.json')) as Record<
    string,
    { readonly banks: Readonly<Record<HashName, Readonly<Record<string, string>>>> }
  >;
  const banks = Object.entries(recorded).flatMap(([file, entry]) =>
    Object.entries(entry.banks).map(([bank, values]) => ({
      file,
      bank: bank as HashName,
      values: new Map(Object.entries(values).map(([pcr, value]) => [Number(pcr), value])),
    })),
  );
  const exceptions = JSON.parse(readFileSync(new URL('exceptions.json', import.meta.url), 'utf8')) as Exception[];

  test('there are some', () => expect(banks.length).toBeGreaterThan(0));

  test.each(banks)('$bank of $file', ({ file, bank, values }) => {
    const excepted = exceptions.filter((e) => e.file === file && e.bank === bank);
    // Equal to the list of exceptions, not within it: an exception that no longer differs is stale and fails.
    expect(differences(parsed(file), bank, values)).toEqual(excepted.map((e) => e.pcr).toSorted((a, b) => a - b));
    const use = bankUse(bank, new Map([...values].map(([pcr, value]) => [pcr, fromHex(value)])));
    for (const { cause } of excepted) {
      expect(use).toBe(cause === 'unused-bank' ? 'unused' : cause === 'capped-bank' ? 'capped' : 'measured');
    }
  });

  test('every exception names a recorded PCR and a known cause', () => {
    for (const { file, bank, pcr, cause } of exceptions) {
      const entry = banks.find((b) => b.file === file && b.bank === bank);
      expect(entry?.values.has(pcr)).toBe(true);
      expect(CAUSES).toContain(cause);
    }
  });

  test('the text lists of one project', () => {
    const folder = 'nsacyber__HIRS/HIRS_Utils/src/test/resources/tcgeventlog';
    for (const [log, list, bank] of [
      ['nsacyber__HIRS/.ci/tcg-rim-tool/eventlogs/TpmLog.bin', `${folder}/TpmLogExpectedPcrs.txt`, 'sha256'],
      [`${folder}/TpmLogSHA1.bin`, `${folder}/TpmLogSHA1ExpectedPcrs.txt`, 'sha1'],
    ] as const) {
      const values = corpusText(list).trim().split(/\s+/);
      expect(values).toHaveLength(24);
      expect(differences(parsed(log), bank, new Map(values.map((value, pcr) => [pcr, value])))).toEqual([]);
    }
  });
});

/** What `tpm2_eventlog` printed for a log, as its own project keeps it; every scalar a string. */
interface PrintedLog {
  readonly events: readonly {
    readonly PCRIndex: string;
    readonly EventType: string;
    readonly EventSize: string;
    readonly Digest?: string;
    readonly Digests?: readonly { readonly AlgorithmId: string; readonly Digest: string }[];
  }[];
}

describe('what another implementation printed', () => {
  const files = new Set(corpusFiles().map(({ file }) => file));
  const printed = [...files].flatMap((file) => {
    const source = file
      .replace(/\/event-raw\/([^/]+)\.yaml$/, '/$1')
      .replace(/\.bin\.yaml$/, '.bin')
      .replace(/\/parsed-tpm2-tools-5\.5\/1stcut\/([^/]+)\.yml$/, '/$1.bin');
    if (source === file || !files.has(source)) return [];
    // Its text for TCG 1.2 logs is one mapping with repeated keys: nothing to compare with.
    const { events } = parseYaml(corpusText(file), {
      schema: 'failsafe',
      logLevel: 'silent',
      uniqueKeys: false,
    }) as PrintedLog;
    return Array.isArray(events) ? [{ log: source, theirs: events as PrintedLog['events'] }] : [];
  });

  test('there is some', () => expect(printed.length).toBeGreaterThan(10));

  test.each(printed)('$log', ({ log: source, theirs }) => {
    const log = parsed(source);
    // tpm2_eventlog ends at an EV_NO_ACTION for no PCR, with which Windows closes its log.
    const ours = log.events
      .filter(({ pcr }) => pcr !== 0xffffffff)
      .map((event) => ({
        pcr: String(event.pcr),
        type: eventTypeName(event.type) ?? 'unknown',
        size: String(event.data.length),
        digests: Object.entries(event.digests).flatMap(([bank, value]: [string, Uint8Array | undefined]) =>
          value === undefined ? [] : [`${bank}:${toHex(value)}`],
        ),
      }));
    expect(ours).toEqual(
      theirs.map((event, index) => ({
        pcr: event.PCRIndex,
        type: eventTypeName(log.events[index]!.type) === undefined ? 'unknown' : event.EventType,
        size: event.EventSize,
        digests: event.Digests?.map((d) => `${d.AlgorithmId}:${d.Digest}`) ?? [`sha1:${event.Digest}`],
      })),
    );
  });
});

describe('banks', () => {
  test('every whole log of a machine closes PCR 0–7 in every bank it has a separator in', () => {
    const evidence = PARSED.filter(({ log }) => log.registers === 'pcr' && log.events.length >= 60).flatMap(
      ({ file, log }) => log.banks.map((bank) => ({ file, bank, separators: separatorEvidence(decodeLog(log, bank)) })),
    );
    const closed = evidence.filter(({ separators }) => separators.pcrs.size > 0);
    expect(closed.length).toBeGreaterThan(0);
    expect(closed.filter(({ separators }) => !separators.complete)).toEqual([]);
  });
});

test('no file of the corpus makes the parser fail in any other way', () => {
  const faults = corpusFiles().filter(({ file }) => {
    try {
      parseTcgLog(corpusBytes(file));
      return false;
    } catch (error) {
      return !(error instanceof EvidenceError);
    }
  });
  expect(faults).toEqual([]);
});
