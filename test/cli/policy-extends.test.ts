/** Policies that extend another, and `assay policy diff`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assay, documentOf } from './terminal.ts';

const BASE = resolve('policies/kvm-uki.yaml');
const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** A policy that extends `base` and states what is given. */
function derived(more: string, base = BASE): string {
  const path = join(folder, `derived-${files++}.yaml`);
  writeFileSync(path, `schema: assay.policy/1\nname: strict\nversion: '1'\nextends: ${base}\n${more}`);
  return path;
}

const check = async (path: string) => documentOf(await assay(['policy', 'check', path, '--json']));

describe('a policy that extends another', () => {
  it('is its base where it states nothing', async () => {
    const [base, own] = [await check(BASE), await check(derived(''))];
    expect(own).toMatchObject({ usable: true, name: 'strict', manifests: base['manifests'], checks: base['checks'] });
    expect(own['id']).not.toBe(base['id']);
  });

  it('states parameters of a check one by one, and is extended itself', async () => {
    const first = derived("checks: { firmware.configuration: { '1': closed } }\n");
    const second = derived('maxAgeSeconds: 60\n', first);
    expect(await check(second)).toMatchObject({ usable: true, maxAgeSeconds: 60 });
    const diff = documentOf(await assay(['policy', 'diff', BASE, second, '--json']));
    expect(diff['changes']).toEqual([
      { key: 'maxAgeSeconds', relation: 'tighter', from: '900', to: '60' },
      expect.objectContaining({ key: 'checks.firmware.configuration.1', relation: 'tighter', to: 'closed' }),
    ]);
  });

  it('finds its base by name beside itself', async () => {
    const base = derived('');
    const name = base.slice(folder.length + 1, -'.yaml'.length);
    expect(await check(derived('maxAgeSeconds: 60\n', name))).toMatchObject({ usable: true });
  });

  it.each([
    ['a longer age', 'maxAgeSeconds: 901\n', 'maxAgeSeconds is looser (900 → 901)'],
    ['an image more', 'manifests: [lab-uki, lab-uki-secureboot]\n', 'manifests.lab-uki-secureboot is looser'],
    ['a reference more', 'references: [lab-ovmf, lab-keys-snakeoil]\n', 'references.lab-keys-snakeoil is looser'],
    [
      'an excluded link more',
      'exclude: { secure-boot: { reason: it is off here }, runtime: { reason: no list is kept } }\n',
      'exclude.runtime is looser',
    ],
    ['another reason', 'exclude: { secure-boot: { reason: it is off here } }\n', 'exclude.secure-boot is other'],
    [
      'an accepted check (attack 113)',
      'accept: [{ check: boot.order-approved, reason: they race, owner: me }]\n',
      'accept.boot.order-approved is looser',
    ],
    [
      'an open PCR',
      'checks: { runtime.pcr15: { pcr15: { open: it differs } } }\n',
      'checks.runtime.pcr15.pcr15 is looser',
    ],
    [
      'a looser branch',
      'checks: { firmware.startup-locality: { anyOf: [{ allowed: [0] }, { allowed: [3] }] } }\n',
      'checks.firmware.startup-locality is looser',
    ],
  ])('with %s is refused, and the item named', async (_, more, item) => {
    const ended = await assay(['policy', 'check', derived(more), '--json']);
    expect(ended.code).toBe(1);
    const { problem } = documentOf(ended) as { problem: { code: string; message: string } };
    expect(problem.code).toBe('policy.loosened');
    expect(problem.message).toContain(item);
  });

  it.each([
    ['itself', (path: string) => path, 'policy.extends'],
    ['what is not there', () => 'none', 'input.unreadable'],
  ])('refuses %s as its base', async (_, base, code) => {
    const path = join(folder, 'own.yaml');
    writeFileSync(path, `schema: assay.policy/1\nname: own\nversion: '1'\nextends: ${base(path)}\n`);
    const printed = (await assay(['policy', 'check', path, '--json'])).out;
    expect(printed).toContain(code);
  });

  it('refuses more bases than anyone reads', async () => {
    let path = BASE;
    for (let i = 0; i < 10; i++) path = derived('', path);
    expect(await check(path)).toMatchObject({ usable: false, problem: { code: 'policy.extends' } });
  });
});

describe('assay policy diff', () => {
  it('ends with 0 where both ask the same', async () => {
    const ended = await assay(['policy', 'diff', BASE, derived('')]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('both ask the same');
  });

  it('says of every item which policy asks more', async () => {
    const ended = await assay(['policy', 'diff', derived('maxAgeSeconds: 60\n'), BASE]);
    expect(ended.code).toBe(1);
    expect(ended.out).toContain('looser   maxAgeSeconds\n  - 60\n  + 900\n');
  });
});
