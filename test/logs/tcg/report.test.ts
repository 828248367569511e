/** The JSON of `assay log` for firmware logs. */
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/bytes/json.ts';
import { toHex } from '../../../src/bytes/text.ts';
import { parseTcgLog } from '../../../src/logs/tcg/parse.ts';
import { preferredBank, tcgReport, type TcgReport } from '../../../src/logs/tcg/report.ts';
import { labCapture } from '../../support/lab-bundle.ts';
import {
  agileEvent,
  agileLog,
  GUIDS,
  legacyLog,
  pcrsAfter,
  separators,
  signatureList,
  startupLocality,
  tagged,
  u32,
  u64,
  utf16,
  variable,
  type EventSpec,
  type Hash,
} from '../../support/tcg-log-builder.ts';

const report = (bytes: Uint8Array): TcgReport => tcgReport(parseTcgLog(bytes).untrusted);
const VERSION: EventSpec = { pcr: 0, type: 8, data: utf16('2.0\0') };

describe('a report', () => {
  const events = [startupLocality(3), VERSION, ...separators()];
  const shown = report(agileLog(['sha1', 'sha256'], events).bytes);

  test('has format, banks, initial and final values', () => {
    expect(shown).toMatchObject({
      schema: 'assay.log/1',
      format: 'tcg-2.0',
      registers: 'pcr',
      banks: ['sha1', 'sha256'],
      bank: 'sha256',
    });
    expect(shown.initial['sha256']!['0']).toBe(`${'00'.repeat(31)}03`);
    for (const bank of ['sha1', 'sha256'] as Hash[]) {
      expect(shown.pcrs[bank]).toEqual(
        Object.fromEntries([...pcrsAfter(bank, events, 3)].map(([pcr, value]) => [String(pcr), toHex(value)])),
      );
    }
  });

  test('has every event with type, digests, binding and data', () => {
    expect(shown.events[1]).toMatchObject({
      type: { code: 3, name: 'EV_NO_ACTION' },
      binding: 'not-extended',
      data: { kind: 'no-action', locality: 3 },
    });
    expect(shown.events[2]).toMatchObject({
      index: 2,
      pcr: 0,
      type: { code: 8, name: 'EV_S_CRTM_VERSION' },
      binding: 'bound',
      data: { kind: 'crtm-version', text: '2.0' },
    });
    expect(Object.keys(shown.events[2]!.digests)).toEqual(['sha1', 'sha256']);
    expect(shown.quirks).toEqual([]);
  });

  test('names the quirks it met, with their reasons', () => {
    const { quirks, events: listed } = report(agileLog(['sha256'], [{ ...VERSION, measured: Buffer.from('x') }]).bytes);
    expect(listed[1]!.quirk).toBe('crtm-version-digest-unrelated');
    expect(quirks).toEqual([{ name: 'crtm-version-digest-unrelated', why: expect.any(String) as string }]);
  });

  test('says where two banks prove different data', () => {
    const event: EventSpec = { ...VERSION, digests: { sha1: Buffer.alloc(20, 1) } };
    expect(report(agileLog(['sha1', 'sha256'], [event]).bytes).disagreements).toEqual([
      { index: 1, bound: 'sha256', unbound: 'sha1' },
    ]);
  });

  test('shows a TCG 1.2 log by its one bank', () => {
    expect(report(legacyLog([VERSION]).bytes)).toMatchObject({ format: 'tcg-1.2', bank: 'sha1', banks: ['sha1'] });
  });

  test('replays no measurement register as a PCR', () => {
    const guest = report(agileLog(['sha384'], [{ pcr: 1, type: 4, data: u32(0) }]).bytes);
    expect(guest).toMatchObject({ registers: 'ccel-mr', pcrs: {}, initial: {} });
    expect(Object.keys(guest.measurementRegisters!['sha384']!)).toEqual(['1']);
  });

  test('leaves out a value that an event lacks the digest for', () => {
    const { bytes } = agileLog(['sha1', 'sha256'], [VERSION]);
    const partial = report(Buffer.concat([bytes, agileEvent(VERSION, ['sha1'])]));
    expect(partial.incomplete).toEqual({ sha256: [0] });
    expect(partial.pcrs['sha256']).toEqual({});
    expect(Object.keys(partial.pcrs['sha1']!)).toEqual(['0']);
  });

  test('attack 27: text of a host is bounded and printable', () => {
    const evil = '\u001b]0;owned\u0007\u202e\u0000';
    const list = signatureList(
      GUIDS.sha256,
      Array.from({ length: 600 }, () => Buffer.alloc(48)),
    );
    const hostile: EventSpec[] = [
      { pcr: 7, type: 0x80000001, data: variable(evil, GUIDS.global, Buffer.from(evil)) },
      { pcr: 7, type: 0x80000001, data: variable('dbx', GUIDS.imageSecurity, list) },
      { pcr: 8, type: 0x0d, data: Buffer.from(`grub_cmd: ${evil}${'a'.repeat(100_000)}\0`) },
      {
        pcr: 4,
        type: 0x80000003,
        data: Buffer.concat([
          u64(0),
          u64(0),
          u64(0),
          u64(4 + evil.length * 2 + 4),
          Buffer.from([4, 4, 4 + evil.length * 2, 0]),
          utf16(evil),
          Buffer.from('7fff0400', 'hex'),
        ]),
      },
      { pcr: 9, type: 6, data: tagged(1, Buffer.alloc(5000, 0x1b)) },
      { pcr: 0, type: 0x8401, data: Buffer.alloc(5000, 0x1b) },
    ];
    const text = JSON.stringify(report(agileLog(['sha256'], hostile).bytes));
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).not.toMatch(/\\u00[01]/);
    expect(text.length).toBeLessThan(20_000);
  });
});

describe.each(['uki', 'uki-secureboot', 'shim-grub'])('booted machine %s', (scenario) => {
  const capture = labCapture(scenario, 'baseline');
  const log = parseTcgLog(capture.firmware).untrusted;
  const shown = tcgReport(log);

  test('its values are those the TPM quoted', () => {
    for (const [bank, values] of Object.entries(shown.pcrs)) {
      for (const [pcr, value] of Object.entries(values)) expect(value).toBe(toHex(capture.pcr(bank, Number(pcr))));
    }
    expect(Object.keys(shown.pcrs)).toEqual(['sha1', 'sha256', 'sha384']);
    expect(shown).toMatchObject({ anomalies: [], disagreements: [], incomplete: {} });
  });

  test('is canonical JSON, the same every time', () => {
    expect(canonicalJson(shown)).toBe(canonicalJson(tcgReport(log, preferredBank(log))));
  });
});
