import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LogReport } from '../../src/logs/report.ts';
import { captured, plainFiles, temporaryFolder } from './captured-files.ts';
import { fixtureFolder } from '../support/fixtures.ts';
import { assay, documentOf } from './terminal.ts';

function quotedPcr(path: string, pcr: number): string | undefined {
  const bundle = JSON.parse(readFileSync(captured(path).bundle, 'utf8')) as {
    readonly quotes: readonly { readonly pcrs: { readonly sha256?: Readonly<Record<string, string>> } }[];
  };
  return bundle.quotes.map((quote) => quote.pcrs.sha256?.[String(pcr)]).find((value) => value !== undefined);
}

function fileOf(bytes: Uint8Array | string): string {
  const path = join(temporaryFolder(), 'log');
  writeFileSync(path, bytes);
  return path;
}

describe('assay log', () => {
  it('replays a firmware log to what the TPM quoted', async () => {
    const ended = await assay(['log', plainFiles('shim-grub/baseline').log, '--json']);
    const report = documentOf(ended) as unknown as LogReport;
    expect(report).toMatchObject({ schema: 'assay.log/1', format: 'tcg-2.0', banks: ['sha1', 'sha256', 'sha384'] });
    for (const pcr of [0, 4, 7, 8, 9, 14])
      expect(report.pcrs['sha256']?.[String(pcr)]).toBe(quotedPcr('shim-grub/baseline', pcr));
    expect(ended.code).toBe(0);
  });

  it('replays an IMA list to what the TPM quoted', async () => {
    const report = documentOf(await assay(['log', plainFiles('uki/baseline').ima, '--json'])) as unknown as LogReport;
    expect(report.format).toBe('ima-binary');
    expect(report.pcrs['sha256']?.['10']).toBe(quotedPcr('uki/baseline', 10));
  });

  it('shows a line per event, in order and aligned', async () => {
    const file = plainFiles('uki/baseline').log;
    const { events } = documentOf(await assay(['log', file, '--json'])) as unknown as LogReport;
    const { out } = await assay(['log', file]);
    const rows = out.split('\n').filter((line) => /^ *\d+ +\d+ {2}EV_/.test(line));
    expect(rows.map((row) => Number(row.slice(0, 6)))).toEqual(events.map((event) => event.index));
    expect(new Set(rows.map((row) => row.indexOf('EV_'))).size).toBe(1);
    expect(out).toContain('sha256 replays to\n');
  });

  it('shows the programs of an IMA list', async () => {
    expect((await assay(['log', plainFiles('uki/baseline').ima])).out).toMatch(
      / {3}10 {2}ima-sig +[0-9a-f]{16} {2}\/usr\/bin\/qemu/,
    );
  });

  it('replays systemd’s log, and shows what it extends beside PCRs', async () => {
    const file = join(fixtureFolder('systemd-log/262'), 'tpm2-measure.log');
    const report = documentOf(await assay(['log', file, '--json'])) as unknown as LogReport;
    expect(report).toMatchObject({ schema: 'assay.log/1', format: 'systemd-cel', banks: ['sha1', 'sha256', 'sha384'] });
    const held = JSON.parse(
      readFileSync(join(fixtureFolder('systemd-log/262'), 'pcrs.json'), 'utf8'),
    ) as LogReport['pcrs'];
    expect(report.pcrs['sha256']?.['11']).toBe(held['sha256']?.['11']);
    const { out } = await assay(['log', file]);
    expect(out).toMatch(/ {3}11 {2}phase +[0-9a-f]{16} {2}ready\n/);
    expect(out).toMatch(/NvPCRs, not replayed\n +17 {2}0x1d10200 hardware {2}[0-9a-f]{16} {2}product-id:missing\n$/);
  });

  it('tells the ASCII form', async () => {
    const digest = 'ab'.repeat(32);
    const line = `10 ${'00'.repeat(20)} ima-ng sha256:${digest} /usr/bin/a\n`;
    expect(documentOf(await assay(['log', fileOf(line), '--json'])) as unknown as LogReport).toMatchObject({
      format: 'ima-ascii',
    });
  });

  it('names what is wrong with a log that can still be read', async () => {
    const whole = readFileSync(plainFiles('uki/baseline').log);
    const ended = await assay(['log', fileOf(whole.subarray(0, -5))]);
    expect(ended.code).toBe(0);
    expect(ended.out).toMatch(/anomalies\n {2}truncated \(/);
  });

  it.each<[string, Uint8Array | string]>([
    ['nothing', ''],
    ['a bundle', '{"schema":"assay.evidence/1"}'],
    ['zeros', new Uint8Array(7)],
    ['text', 'a line of text that is much longer than one event of a log would ever need to be\n'],
  ])('ends with 3 for a file that is no log: %s', async (_, bytes) => {
    const ended = await assay(['log', fileOf(bytes), '--json']);
    expect(documentOf(ended)).toMatchObject({ schema: 'assay.error/1' });
    expect(ended.code).toBe(3);
  });
});
