/** The report of systemd's log, against what a TPM held after the same extends. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCelLog } from '../../../src/logs/cel/parse.ts';
import { celReport } from '../../../src/logs/cel/report.ts';
import { celLog, jsonSequence } from '../../support/cel-builder.ts';
import { fixtureFolder } from '../../support/fixtures.ts';

const reportOf = (bytes: Uint8Array) => celReport(parseCelLog(bytes).untrusted);

describe.each(['257', '262'])('the log of systemd %s', (version) => {
  const folder = fixtureFolder(`systemd-log/${version}`);
  const report = reportOf(new Uint8Array(readFileSync(`${folder}/tpm2-measure.log`)));

  it('replays to what the TPM held, in every bank and PCR', () => {
    const held = JSON.parse(readFileSync(`${folder}/pcrs.json`, 'utf8')) as typeof report.pcrs;
    for (const bank of report.banks) {
      const extended = Object.entries(held[bank]!).filter(([, value]) => !/^(?:0+|f+)$/.test(value));
      expect(report.pcrs[bank]).toEqual(Object.fromEntries(extended));
    }
    expect(Object.keys(report.pcrs)).toEqual(['sha1', 'sha256', 'sha384']);
  });

  it('has every text bound but one that was cut', () => {
    expect(
      report.events
        .filter(({ binding }) => binding !== 'bound')
        .map(({ binding, text }) => [binding, text?.slice(0, 3)]),
    ).toEqual([['hint', 'xxx']]);
    const said = report.events.map(({ type, text }) => `${type.name} ${text}`);
    expect(said).toEqual(
      expect.arrayContaining([
        'phase enter-initrd',
        'phase leave-initrd',
        'phase sysinit',
        'phase ready',
        'machine-id machine-id:00112233445566778899aabbccddeeff',
      ]),
    );
  });
});

it('shows the records of NvPCRs apart', () => {
  const report = reportOf(new Uint8Array(readFileSync(`${fixtureFolder('systemd-log/262')}/tpm2-measure.log`)));
  expect(report.nvEvents).toMatchObject([
    { index: 17, nvIndex: 0x1d10200, name: 'hardware', type: { name: 'product-id' }, text: 'product-id:missing' },
  ]);
  expect(report.events.some(({ index }) => index === 17)).toBe(false);
});

it('prints nothing that does not print, and keeps digests that nobody computes', () => {
  const record = {
    pcr: 11,
    digests: [{ hashAlg: 'sm3\u001b', digest: 'aa' }],
    content_type: 'mine\u202e',
    content: { anything: 1 },
  };
  const report = reportOf(jsonSequence([record]));
  expect(report).toMatchObject({ banks: [], bank: null, pcrs: {} });
  expect(report.events).toMatchObject([{ digests: {}, foreignDigests: [{ digest: 'aa' }], binding: 'not-extended' }]);
  expect(JSON.stringify(report)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

it('an unknown event type is named by what the log calls it', () => {
  const report = reportOf(
    celLog([
      { text: 'x', eventType: 'new-thing' },
      { text: 'y', eventType: null },
    ]),
  );
  expect(report.events.map(({ type }) => type.name)).toEqual(['new-thing', 'systemd']);
});
