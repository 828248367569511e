import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { temporaryFolder } from './captured-files.ts';
import { assay, documentOf } from './terminal.ts';

const SHIPPED = ['policies/kvm-uki.yaml', 'policies/kvm-uki-secureboot.yaml', 'policies/kvm-distribution.yaml'];

/** A copy of a shipped policy with one thing changed, and its test. */
function changed(edit: (policy: string) => string, test: (text: string) => string = (text) => text): string {
  const folder = temporaryFolder();
  const absolute = (text: string): string => text.replaceAll('../fixtures', resolve('fixtures'));
  const write = (name: string, change: (text: string) => string): string => {
    const path = join(folder, name);
    writeFileSync(path, change(absolute(readFileSync(`policies/${name}`, 'utf8'))));
    return path;
  };
  write('kvm-uki.test.yaml', test);
  return write('kvm-uki.yaml', edit);
}

describe('assay policy test', () => {
  it.each(SHIPPED)('finds the evidence judged as written: %s', async (file) => {
    const ended = await assay(['policy', 'test', file]);
    expect(ended.out).not.toContain('not ok');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/\d+ passed, 0 failed\n$/);
  });

  it('takes a whole folder, the test files in it included', async () => {
    const ended = await assay(['policy', 'test', SHIPPED[2]!, 'policies/kvm-distribution.test.yaml', '--json']);
    expect(documentOf(ended)).toMatchObject({ schema: 'assay.policy-test-result/1', failed: 0 });
  });

  it('ends with 1 and says what differs when a policy judges otherwise', async () => {
    const file = changed((text) => text.replace('  - lab-uki\n', ''));
    const ended = await assay(['policy', 'test', file]);
    expect(ended.code).toBe(1);
    expect(ended.out).toContain('not ok  kvm-uki: baseline\n    verdict: expected trusted, got untrusted\n');
  });

  it.each<[string, (text: string) => string, string]>([
    ['an unknown key', (text) => text.replace('weakestLink:', 'weakest:'), 'policy-test.invalid'],
    ['no cases', () => 'schema: assay.policy-test/1\ncases: []\n', 'policy-test.invalid'],
    ['a case without nonce', (text) => text.replace(/ {4}context: .*\n/, ''), 'policy-test.nonce'],
    ['a bundle that is not there', (text) => text.replace('bundle.json', 'none.json'), 'input.unreadable'],
  ])('refuses a test file with %s', async (_, edit, code) => {
    const ended = await assay(['policy', 'test', changed((text) => text, edit), '--json']);
    expect(documentOf(ended)).toMatchObject({ schema: 'assay.error/1', code });
    expect(ended.code).toBe(3);
  });
});

describe('assay policy check', () => {
  it('says what to do about one that is not', async () => {
    const file = changed((text) => text.replace('  - lab-uki\n', '  - lab-none\n'));
    const ended = await assay(['policy', 'check', file]);
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/^not usable .*\n {2}code {2}policy\.unknown-name\n {2}do {4}add the document/);
    expect(documentOf(await assay(['policy', 'check', file, '--json']))).toMatchObject({
      usable: false,
      problem: { code: 'policy.unknown-name', remedy: expect.stringContaining('catalogue') },
    });
  });

  it.each(SHIPPED)('finds the shipped policy usable: %s', async (file) => {
    const ended = await assay(['policy', 'check', file]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('usable');
  });

  it('says what a policy resolves to', async () => {
    const document = documentOf(await assay(['policy', 'check', SHIPPED[0]!, '--json']));
    expect(document).toMatchObject({ schema: 'assay.policy-check/1', usable: true, name: 'kvm-uki', accepted: [] });
    expect(document['excluded']).toEqual({ 'secure-boot': expect.stringContaining('digest') as string });
    expect(document['checks']).toContain('boot.images-approved');
  });

  it.each<[string, (text: string) => string, string]>([
    ['an unknown key', (text) => `${text}\ncheks: {}\n`, 'policy.invalid'],
    ['a key twice', (text) => `${text}\nversion: '2'\n`, 'policy.syntax'],
    ['an unknown tag', (text) => text.replace("version: '1'", 'version: !!js/function 1'), 'policy.syntax'],
    [
      'an unknown check (attack 100)',
      (text) => text.replace('boot.events-known:', 'boot.event-known:'),
      'policy.unknown-check',
    ],
    ['an unknown parameter', (text) => text.replace('gpt: closed', 'gtp: closed'), 'policy.parameters'],
    ['an unknown manifest (attack 100)', (text) => text.replace('- lab-uki\n', '- lab-uk\n'), 'policy.unknown-name'],
    [
      'no image at all',
      (text) => text.replace(/manifests:[^]*?references:/, 'manifests: []\nreferences:'),
      'policy.invalid',
    ],
    ['an excluded link 3', (text) => text.replace('  secure-boot:\n', '  log:\n'), 'policy.invalid'],
    [
      'an accepted check of link 2',
      (text) => `${text}\naccept: [{ check: quote.signed, reason: too strict, owner: a }]\n`,
      'policy.intrinsic',
    ],
  ])('ends with 1 for a policy with %s', async (_, edit, code) => {
    const ended = await assay(['policy', 'check', changed(edit), '--json']);
    expect(documentOf(ended)).toMatchObject({ usable: false, problem: { code } });
    expect(ended.code).toBe(1);
  });

  it('ends with 3 for a file that is not there', async () => {
    expect((await assay(['policy', 'check', 'none.yaml'])).code).toBe(3);
  });
});

describe('assay policy checks', () => {
  it('lists every check with its question', async () => {
    const { out } = await assay(['policy', 'checks']);
    expect(CATALOGUE.filter(({ id, question }) => !out.includes(`  ${id}`) || !out.includes(question))).toEqual([]);
  });

  it('lists them with their parameters as JSON', async () => {
    const document = documentOf(await assay(['policy', 'checks', '--json'])) as unknown as {
      checks: { id: string; parameters: object }[];
    };
    expect(document.checks.map((check) => check.id)).toEqual(CATALOGUE.map((check) => check.id));
    const locality = document.checks.find((check) => check.id === 'firmware.startup-locality');
    expect(locality?.parameters).toMatchObject({ properties: { allowed: { default: [0, 3, 4] } } });
  });
});
