/** `assay demo --exit`: every captured machine through the service, every result checked. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { assay, startAssay } from './program.ts';

describe('assay demo, built', () => {
  it('judges every captured bundle, and prints each chain with its verdict', async () => {
    const bundles = readdirSync('fixtures', { recursive: true, encoding: 'utf8' }).filter((file) =>
      /bundle(-rsa)?\.json$/.test(file),
    );
    const result = await assay(['demo', '--exit']);
    const out = result.stdout.toString();
    expect(result.stderr.toString()).toBe('');
    expect(result.code).toBe(0);
    const rows = out
      .split('\n')
      .filter((line) => /^\S+( \(rsa\))? +([✔✘?–] +){8}(trusted|untrusted|unproven)/u.test(line));
    expect(rows).toHaveLength(bundles.length);
    expect(rows.filter((row) => /(baseline|second-host)/.test(row) && !/ trusted/.test(row))).toEqual([]);
    // A red verdict says why.
    expect(rows.filter((row) => / (untrusted|unproven)/.test(row) && !/ [a-z-]+\.[a-z-]+: .+/.test(row))).toEqual([]);
    expect(out).toContain(`${bundles.length} of ${bundles.length} results signed and verified`);
  });

  it('goes on serving, with a request to try, until it is stopped; then nothing is left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-e2e-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const log = join(folder, 'log');
    const daemon = startAssay(['demo'], log);
    onTestFinished(() => daemon.stop());
    const said = () => readFileSync(log, 'utf8');
    await vi.waitUntil(() => said().includes('Ctrl-C ends it.'), { timeout: 60_000 });
    const [, file, url] = /--data-binary @(\S+) (\S+)/.exec(said()) as unknown as [string, string, string];
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: readFileSync(file) });
    expect(response.headers.get('content-type')).toBe('application/eat+jwt');
    await daemon.stop();
    expect(await daemon.exited).toBe(0);
    expect(existsSync(dirname(file))).toBe(false);
  });
});
