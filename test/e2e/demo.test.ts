/** `assay demo --exit`: every captured machine through the service, every result checked. */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assay } from './program.ts';

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
});
