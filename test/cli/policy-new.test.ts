/** A policy for an image, with no host at hand. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './captured-files.ts';
import { assay, documentOf } from './terminal.ts';

const CATALOGUE = 'fixtures/catalogue';
const IMAGE = `${CATALOGUE}/manifests/lab-uki-secureboot.json`;
const set = (name: string): string[] => ['--firmware', `${CATALOGUE}/references/${name}.json`];
const SETS = [...set('lab-ovmf-secboot'), ...set('lab-keys-snakeoil'), ...set('lab-dbx-snakeoil')];

const write = (out: string, ...more: string[]) =>
  assay(['policy', 'new', '--image', IMAGE, '--policy-name', 'edge', '--out', out, ...more]);

/** Of an entry's data, as reference sets name it. */
const hashed = (fill: string): string =>
  createHash('sha256')
    .update(Buffer.from(fill.repeat(32), 'hex'))
    .digest('hex');

describe('assay policy new', () => {
  it('writes a policy that can be used, and that trusts a host it has never seen', async () => {
    const out = temporaryFolder();
    const ended = await write(out, ...SETS, '--fixture', 'fixtures/uki-secureboot/baseline');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect((await assay(['policy', 'check', join(out, 'edge.yaml')])).code).toBe(0);
    const tested = await assay(['policy', 'test', join(out, 'edge.yaml')]);
    expect(tested).toMatchObject({ code: 0, out: expect.stringContaining('1 passed, 0 failed') as string });
  });

  it('leaves nothing out for want of a reference: the link stays unproven', async () => {
    const out = temporaryFolder();
    await write(out, ...SETS.slice(0, 2), '--fixture', 'fixtures/uki-secureboot/baseline');
    const document = documentOf(await assay(['policy', 'check', join(out, 'edge.yaml'), '--json']));
    expect(document).toMatchObject({ usable: true, excluded: {}, accepted: [] });
    const tested = await assay(['policy', 'test', join(out, 'edge.yaml')]);
    expect(tested.out).toContain('verdict: expected trusted, got unproven');
    expect(tested.out).toContain('weakestLink: expected none, got secure-boot');
    expect(readFileSync(join(out, 'edge.yaml'), 'utf8')).toContain('# No key set: link `secure-boot` stays unproven.');
  });

  it('takes keys from lists of signatures', async () => {
    const [out, keys] = [temporaryFolder(), temporaryFolder()];
    // EFI_SIGNATURE_LIST of SHA-256 (UEFI 2.10, 32.4.1) with one entry.
    const type = '2616c4c14c509240aca941f936934328';
    const list = (fill: string) =>
      Buffer.from(`${type}4c0000000000000030000000${'00'.repeat(16)}${fill.repeat(32)}`, 'hex');
    for (const [name, fill] of [
      ['PK', '01'],
      ['KEK', '02'],
      ['db', '03'],
      ['dbx', '04'],
    ] as const) {
      writeFileSync(join(keys, `${name}.esl`), list(fill));
    }
    const ended = documentOf(await write(out, '--keys', keys, '--json'));
    expect(ended['files']).toContain(join(out, 'catalogue/references/edge-keys.json'));
    const read = (name: string) =>
      JSON.parse(readFileSync(join(out, `catalogue/references/${name}.json`), 'utf8')) as object;
    expect(read('edge-keys')).toMatchObject({
      db: [{ type: 'sha256', sha256: hashed('03') }],
      basis: 'computed-from-file',
    });
    expect(read('edge-dbx')).toMatchObject({ required: [hashed('04')], expiresAt: '2027-12-01T00:00:00.000Z' });
    expect((await assay(['policy', 'check', join(out, 'edge.yaml')])).code).toBe(0);
  });

  it('asks of the command line what the image asks for', async () => {
    const out = temporaryFolder();
    await write(out);
    const text = readFileSync(join(out, 'edge.yaml'), 'utf8');
    expect(text).toContain('required:\n      - "mitigations=auto,nosmt"\n');
  });

  it('writes over nothing, and then writes nothing', async () => {
    const out = temporaryFolder();
    mkdirSync(join(out, 'catalogue'));
    writeFileSync(join(out, 'edge.yaml'), 'mine');
    const ended = await write(out, '--json');
    expect(documentOf(ended)).toMatchObject({ code: 'policy.exists' });
    expect(ended.code).toBe(3);
    expect(existsSync(join(out, 'catalogue/manifests'))).toBe(false);
  });

  it('refuses a name that no policy has', async () => {
    const ended = await assay([
      'policy',
      'new',
      '--image',
      IMAGE,
      '--policy-name',
      'My Policy',
      '--out',
      temporaryFolder(),
      '--json',
    ]);
    expect(documentOf(ended)).toMatchObject({ code: 'policy.invalid' });
  });
});
