/** The built program: exit codes, one JSON document, nothing but text where there is no terminal. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assay } from './program.ts';

const POLICY = ['--policy', 'policies/kvm-uki.yaml'];

function nonce(path: string): string[] {
  const context = JSON.parse(readFileSync(`fixtures/${path}/context.json`, 'utf8')) as { readonly nonce: string };
  return ['--nonce', context.nonce];
}

describe('assay verify, built', () => {
  it.each([
    [0, 'a trusted host', ['fixtures/uki/baseline/bundle.json', ...POLICY, ...nonce('uki/baseline')]],
    [1, 'an untrusted host', ['fixtures/uki/extra-program/bundle.json', ...POLICY, ...nonce('uki/extra-program')]],
    [2, 'a host not proved', ['fixtures/uki/baseline/bundle.json', ...POLICY]],
    [3, 'a bundle that is not there', ['none.json', ...POLICY]],
    [3, 'a wrong option', ['--polcy', 'x']],
  ])('ends with %i for %s', async (code, _, args) => {
    const text = await assay(['verify', ...args]);
    expect(text.code).toBe(code);
    expect(text.stdout.toString() + text.stderr.toString()).not.toContain('\u001b');
    const json = await assay(['verify', ...args, '--json']);
    expect(json.code).toBe(code);
    const { schema } = JSON.parse(json.stdout.toString()) as { readonly schema: string };
    expect(schema).toBe(code === 3 ? 'assay.error/1' : 'assay.appraisal/1');
    expect(json.stderr.toString()).toBe('');
  });

  it('gives the same bytes for the same input', async () => {
    const args = ['verify', 'fixtures/uki/baseline/bundle.json', ...POLICY, ...nonce('uki/baseline'), '--json'];
    const at = ['--at', '2026-12-01T00:00:00Z'];
    const [one, two] = [await assay([...args, ...at]), await assay([...args, ...at])];
    expect(one.stdout.equals(two.stdout)).toBe(true);
  });

  it('reads a bundle from standard input', async () => {
    const input = readFileSync('fixtures/uki/baseline/bundle.json');
    const result = await assay(['verify', '-', ...POLICY, ...nonce('uki/baseline')], {}, input);
    expect(result.code).toBe(0);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    expect((await assay(['--version'])).stdout.toString()).toBe(`${version}\n`);
  });
});
