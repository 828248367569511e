import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/bytes/text.ts';
import { parseImaList } from '../../../src/logs/ima/parse.ts';
import { imaReport } from '../../../src/logs/ima/report.ts';
import { asciiList, binaryList, buffer, file, pcrAfter } from '../../support/ima-list-builder.ts';
import { labCapture } from '../../support/lab-bundle.ts';

const DIGEST = new Uint8Array(32).fill(0xab);
const SIGNATURE = new Uint8Array([3, 2, 4, 1, 2, 3, 4, 0, 1, 9]);

const specs = [
  file('/bin/sh', { digest: DIGEST, more: [SIGNATURE] }),
  buffer('kexec-cmdline', Buffer.from('ro quiet')),
  buffer('.ima', new Uint8Array([0x30, 0x82])),
  file('/run/\u001bx', { digest: DIGEST, violation: true }),
  file('/other', { pcr: 11, digest: DIGEST }),
];

describe('imaReport', () => {
  const report = imaReport(parseImaList(binaryList(specs)).untrusted);

  it('has the form of every log report', () => {
    expect(report).toMatchObject({
      schema: 'assay.log/1',
      format: 'ima-binary',
      banks: ['sha1', 'sha256', 'sha384'],
      anomalies: [],
    });
    expect(report.initial['sha256']).toEqual({ '10': '00'.repeat(32), '11': '00'.repeat(32) });
  });

  it('replays per bank and PCR, in both modes', () => {
    for (const bank of ['sha1', 'sha256', 'sha384'] as const) {
      const [ten, eleven] = [10, 11].map((pcr) => toHex(pcrAfter(specs, bank, 'native', pcr)));
      expect(report.pcrs[bank]).toEqual({ '10': ten, '11': eleven });
    }
    expect(report.paddedPcrs['sha384']?.['10']).toBe(toHex(pcrAfter(specs, 'sha384', 'padded-sha1')));
    expect(report.paddedPcrs['sha1']).toBeUndefined();
  });

  it('shows what each entry says', () => {
    const hex = 'ab'.repeat(32);
    expect(report.events[0]).toEqual({
      index: 0,
      pcr: 10,
      type: { name: 'ima-sig' },
      digests: { sha1: expect.stringMatching(/^[0-9a-f]{40}$/) as string },
      binding: 'bound',
      path: '/bin/sh',
      fileDigest: { kind: 'ima', algorithm: 'sha256', hex },
      signature: { type: 'ima', version: 2, hash: 'sha256', keyId: '01020304' },
    });
    expect(report.events[1]).toMatchObject({
      path: 'kexec-cmdline',
      buffer: { bytes: 8, matches: true, text: 'ro quiet' },
    });
    expect(report.events[2]).toMatchObject({ path: '.ima', buffer: { bytes: 2, matches: true, hex: '3082' } });
    expect(report.events[3]).toMatchObject({ path: '/run/\\u{1b}x', binding: 'hint', violation: true });
    expect(report.events[4]).toMatchObject({ pcr: 11, path: '/other' });
  });

  it('says which entries do not hash to their stored digest, and which cannot be read', () => {
    const bytes = binaryList([file('/a'), file('/b', { template: 'foo' })]);
    bytes[4] = bytes[4]! ^ 1;
    const { events, anomalies } = imaReport(parseImaList(bytes).untrusted);
    expect(events).toMatchObject([
      { binding: 'mismatch', path: '/a' },
      { binding: 'bound', problem: 'template' },
    ]);
    expect(events[1]).not.toHaveProperty('path');
    expect(anomalies).toMatchObject([{ kind: 'template-unknown', index: 1 }]);
  });

  it('is the same for the ASCII form but for the format', () => {
    const ascii = imaReport(parseImaList(asciiList(specs)).untrusted);
    expect({ ...ascii, format: 'ima-binary' }).toEqual(report);
  });

  it('shows the PCR of a booted machine', () => {
    const lab = labCapture('uki', 'baseline');
    const { pcrs, paddedPcrs } = imaReport(parseImaList(lab.ima).untrusted);
    expect(pcrs['sha256']?.['10']).toBe(toHex(lab.pcr('sha256', 10)));
    expect(pcrs['sha1']?.['10']).toBe(toHex(lab.pcr('sha1', 10)));
    expect(paddedPcrs['sha384']?.['10']).toBe(toHex(lab.pcr('sha384', 10)));
  });
});
