import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/bytes/json.ts';
import type { Appraisal } from '../../src/chain/model.ts';
import { parseBundle } from '../../src/evidence/bundle.ts';
import { captured, plainFiles, temporaryFolder } from './captured-files.ts';
import { assay, documentOf, type Ended } from './terminal.ts';

const POLICY = ['--policy', 'policies/kvm-uki.yaml'];
const good = captured('uki/baseline');

function errorOf(ended: Ended): { readonly code: string; readonly message: string; readonly remedy: string } {
  const document = documentOf(ended) as unknown as { schema: string; code: string; message: string; remedy: string };
  expect(document.schema).toBe('assay.error/1');
  expect(document.remedy).not.toBe('');
  expect(ended.code).toBe(3);
  return document;
}

describe('assay verify', () => {
  it('ends with 0 for a trusted host and shows the eight links', async () => {
    const ended = await assay([...good.verify, ...POLICY]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out.match(/^[1-8] [✔–] [a-z-]+ +(holds|not-applicable)/gmu)).toHaveLength(8);
    expect(ended.out).toContain('verdict  trusted  (affirming)');
    expect(ended.out).toContain('residency not proved');
    expect(ended.out).toContain('Not covered by any verdict:');
  });

  it('ends with 1 for an untrusted host and says what, where, and what to do', async () => {
    const ended = await assay([...captured('uki/extra-program').verify, ...POLICY]);
    expect(ended.code).toBe(1);
    expect(ended.out).toContain('verdict  untrusted, weakest link: runtime');
    expect(ended.out).toMatch(
      /runtime\.entry-unapproved {2}\S+\n {4}found .+\n {4}expected .+\n {4}observed .+\n {4}where {5}log\.ima.*entry \d+.*\n {4}do .+/,
    );
  });

  it('ends with 2 when something is not proved', async () => {
    const ended = await assay(['verify', good.bundle, ...POLICY]);
    expect(ended.code).toBe(2);
    expect(ended.out).toContain('verdict  unproven, weakest link: quote');
  });

  it('ends with 2 when the policy caps the verdict', async () => {
    const file = join(temporaryFolder(), 'capped.yaml');
    const text = readFileSync('policies/kvm-uki.yaml', 'utf8');
    writeFileSync(
      file,
      text.replace('exclude:', 'exclude:\n  firmware: { reason: no reference for this firmware yet }'),
    );
    const ended = await assay([...good.verify, '--policy', file, '--catalogue', 'fixtures/catalogue']);
    expect(ended.out).toContain('verdict  trusted  (warning)');
    expect(ended.out).toContain('capped at warning');
    expect(ended.code).toBe(2);
  });

  it('prints the appraisal in canonical form, the same bytes each time', async () => {
    const one = await assay([...good.verify, ...POLICY, '--json']);
    const two = await assay([...good.verify, ...POLICY, '--json']);
    const document = documentOf(one) as unknown as Appraisal;
    expect(document).toMatchObject({ schema: 'assay.appraisal/1', verdict: 'trusted', weakestLink: null });
    expect(one.out).toBe(`${canonicalJson(document)}\n`);
    expect(two.out).toBe(one.out);
  });

  it('colours on request and only then', async () => {
    expect((await assay([...good.verify, ...POLICY])).out).not.toContain('\u001b[');
    expect((await assay([...good.verify, ...POLICY], { colour: true })).out).toContain('\u001b[32mtrusted\u001b[39m');
  });
});

describe('plain files', () => {
  it('takes systemd’s log with the others', async () => {
    const { quote, signature, pcrs, log, ima, akTpm2b } = plainFiles('uki/baseline');
    const files = ['--quote', quote, '--signature', signature, '--pcrs', pcrs, '--log', log, '--ima', ima];
    const options = [...files, '--ak', akTpm2b, ...POLICY, ...good.challenge, '--json'];
    const systemd = join(temporaryFolder(), 'tpm2-measure.log');
    writeFileSync(systemd, '');
    const empty = documentOf(await assay(['verify', ...options, '--systemd-log', systemd])) as unknown as Appraisal;
    expect(empty).toMatchObject({ verdict: 'trusted' });
    expect(Object.keys(empty.inputs)).toContain('systemdLog');
    writeFileSync(systemd, '{}');
    const broken = documentOf(await assay(['verify', ...options, '--systemd-log', systemd])) as unknown as Appraisal;
    expect(broken).toMatchObject({ verdict: 'untrusted', weakestLink: 'log' });
    expect(errorOf(await assay([...good.verify, ...POLICY, '--systemd-log', systemd, '--json'])).code).toBe(
      'evidence.mixed',
    );
  });
});

describe('whose key counts', () => {
  const files = () => plainFiles('uki/baseline');

  it.each([
    ['TPM2B_PUBLIC', () => ['--ak', files().akTpm2b], 0],
    ['TPMT_PUBLIC', () => ['--ak', files().akTpmt], 0],
    ['a name', () => ['--ak-name', files().akName], 0],
    ['a name in capitals', () => ['--ak-name', files().akName.toUpperCase()], 0],
    ['PEM, which leaves the attributes unknown', () => ['--ak', files().akPem], 2],
    ['its host', () => ['--host', 'lab-a'], 0],
    ['another host', () => ['--host', 'lab-b'], 1],
    ['the key of another machine', () => ['--ak', captured('uki/second-host').ak], 1],
  ])('%s', async (_, options, code) => {
    expect((await assay([...good.verify, ...POLICY, ...options()])).code).toBe(code);
  });
});

describe('plain files', () => {
  const options = (files: ReturnType<typeof plainFiles>, ...names: readonly ('pcrs' | 'log' | 'ima')[]) => [
    'verify',
    ...['--quote', files.quote, '--signature', files.signature, '--ak', files.akTpm2b],
    ...names.flatMap((name) => [`--${name}`, files[name]]),
    ...good.challenge,
    ...POLICY,
  ];

  it('are judged as the bundle they came from', async () => {
    const files = plainFiles('uki/baseline');
    const fromFiles = await assay([...options(files, 'pcrs', 'log', 'ima'), '--json']);
    const fromBundle = await assay([...good.verify, ...POLICY, '--ak', files.akTpm2b, '--json']);
    const links = (ended: Ended) => (documentOf(ended) as unknown as Appraisal).links;
    expect(links(fromFiles)).toEqual(links(fromBundle));
    expect(fromFiles.code).toBe(0);
  });

  it('without a log prove no more than the quote', async () => {
    const ended = await assay([...options(plainFiles('uki/baseline'), 'pcrs'), '--json']);
    expect(documentOf(ended) as unknown as Appraisal).toMatchObject({ verdict: 'unproven', weakestLink: 'log' });
    expect(ended.code).toBe(2);
  });

  it('with the log of another machine break the log', async () => {
    const files = plainFiles('uki/baseline');
    const other = { ...files, log: plainFiles('uki/other-cmdline').log };
    const ended = await assay([...options(other, 'pcrs', 'log', 'ima'), '--json']);
    expect(documentOf(ended) as unknown as Appraisal).toMatchObject({ verdict: 'untrusted', weakestLink: 'log' });
  });
});

describe('the key that came with plain files', () => {
  type Files = ReturnType<typeof plainFiles>;
  const parts = (files: Files): readonly string[] =>
    (['quote', 'signature', 'pcrs', 'log', 'ima'] as const).flatMap((name) => [`--${name}`, files[name]]);
  const judge = (evidence: readonly string[]) => assay(['verify', ...evidence, ...good.challenge, ...POLICY, '--json']);
  const malformed = ({ akTpm2b }: Files): string => {
    const path = join(temporaryFolder(), 'malformed.tpm2b');
    writeFileSync(path, readFileSync(akTpm2b).subarray(0, -1));
    return path;
  };
  const other = (): string => captured('uki/second-host').ak;

  it.each<[string, (files: Files) => readonly string[], readonly [number, string | null]]>([
    ['counts where the pin set has its name', (files) => ['--ak-public', files.akTpm2b], [0, null]],
    ['counts as TPMT_PUBLIC too', (files) => ['--ak-public', files.akTpmt], [0, null]],
    ['counts where its name is given', (files) => ['--ak-public', files.akTpm2b, '--ak-name', files.akName], [0, null]],
    ['counts where its host is asked for', (files) => ['--ak-public', files.akTpm2b, '--host', 'lab-a'], [0, null]],
    ['does not count for another host', (files) => ['--ak-public', files.akTpm2b, '--host', 'lab-b'], [1, 'identity']],
    [
      'does not count under another name',
      ({ akName }) => ['--ak-public', other(), '--ak-name', akName],
      [1, 'identity'],
    ],
    ['has not signed what another key signed', () => ['--ak-public', other()], [1, 'quote']],
    ['has no name when it is only a PEM', (files) => ['--ak-public', files.akPem], [1, 'identity']],
    ['breaks link identity when it is malformed', (files) => ['--ak-public', malformed(files)], [1, 'identity']],
    ['is wanting when it was not sent', () => [], [2, 'identity']],
  ])('%s', async (_, options, [code, weakestLink]) => {
    const files = plainFiles('uki/baseline');
    const ended = await judge([...parts(files), ...options(files)]);
    expect([ended.code, (documentOf(ended) as unknown as Appraisal).weakestLink]).toEqual([code, weakestLink]);
  });

  it('goes with them into a bundle, which is judged alike', async () => {
    const files = plainFiles('uki/baseline');
    const evidence = [...parts(files), '--ak-public', files.akTpm2b];
    const out = join(temporaryFolder(), 'host.json');
    expect(await assay(['bundle', ...evidence, '--out', out])).toEqual({ code: 0, out: '', err: '' });
    const [made, sent] = [out, good.bundle].map((path) => parseBundle(readFileSync(path, 'utf8')));
    expect(made).toEqual({ ...sent, quotes: sent!.quotes.slice(0, 1), hints: new Map() });
    const judged = await judge([out]);
    expect(judged.out).toBe((await judge(evidence)).out);
    expect(judged.code).toBe(0);
  });

  it('is left out of a bundle that is made without it; what is printed is the bundle', async () => {
    const { quote, signature } = plainFiles('uki/baseline');
    const made = await assay(['bundle', '--quote', quote, '--signature', signature]);
    expect(Object.keys(documentOf(made))).toEqual(['schema', 'quotes', 'logs', 'hints']);
  });
});

describe('a call that cannot be carried out', () => {
  it.each<[string, readonly string[], string]>([
    ['no evidence', ['verify', ...POLICY], 'evidence.missing'],
    ['a quote without signature', ['verify', ...POLICY, '--quote', good.bundle], 'evidence.missing'],
    ['a bundle and a key beside it', [...good.verify, ...POLICY, '--ak-public', good.ak], 'evidence.mixed'],
    ['a bundle and plain files', [...good.verify, ...POLICY, '--log', good.bundle], 'evidence.mixed'],
    ['no policy', good.verify, 'usage.missingMandatoryOptionValue'],
    ['an unknown option', [...good.verify, ...POLICY, '--nonse', '00'], 'usage.unknownOption'],
    ['an unknown command', ['verfy'], 'usage.unknownCommand'],
    ['a bundle that is not there', ['verify', 'none.json', ...POLICY], 'input.unreadable'],
    ['a folder as bundle', ['verify', 'fixtures', ...POLICY], 'input.unreadable'],
    ['a file that is no bundle', ['verify', 'package.json', ...POLICY], 'bundle.invalid'],
    ['a file that is no text', ['verify', good.ak, ...POLICY], 'input.not-text'],
    ['a policy that is not there', [...good.verify, '--policy', 'none.yaml'], 'input.unreadable'],
    ['a policy that is none', [...good.verify, '--policy', 'package.json'], 'policy.invalid'],
    ['a catalogue that is not there', [...good.verify, ...POLICY, '--catalogue', 'none'], 'catalogue.missing'],
    [
      'a catalogue that lacks a name (attack 100)',
      [...good.verify, ...POLICY, '--catalogue', 'fixtures'],
      'policy.unknown-name',
    ],
    ['a nonce that is not hexadecimal', ['verify', good.bundle, ...POLICY, '--nonce', 'xyz'], 'nonce.invalid'],
    ['a nonce of 8 bytes', ['verify', good.bundle, ...POLICY, '--nonce', '00'.repeat(8)], 'nonce.invalid'],
    [
      'a selection without nonce',
      ['verify', good.bundle, ...POLICY, '--selection', 'sha256:0'],
      'selection.without-nonce',
    ],
    ['a selection that is none', [...good.verify, ...POLICY, '--selection', 'md5:0'], 'selection.invalid'],
    ['a time that is none', ['verify', good.bundle, ...POLICY, '--at', 'yesterday'], 'time.invalid'],
    ['a time without zone', ['verify', good.bundle, ...POLICY, '--at', '2026-11-22T12:00:00'], 'time.invalid'],
    ['a key that is none', [...good.verify, ...POLICY, '--ak', 'package.json'], 'ak.invalid'],
    ['a key name that is none', [...good.verify, ...POLICY, '--ak-name', '000b00'], 'ak.invalid'],
    ['two keys', [...good.verify, ...POLICY, '--ak', good.ak, '--host', 'lab-a'], 'ak.twice'],
    ['an unknown host', [...good.verify, ...POLICY, '--host', 'lab-z'], 'host.unknown'],
  ])('is one JSON document with code and remedy: %s', async (_, args, code) => {
    const ended = await assay([...args, '--json']);
    expect(errorOf(ended).code).toBe(code);
    expect(ended.err).toBe('');
  });

  it.each([
    ['a bundle of no quote', ['--log', good.bundle], 'evidence.missing'],
    ['a bundle of a quote without its signature', ['--quote', good.bundle], 'evidence.missing'],
    [
      'a bundle into no folder',
      ['--quote', good.bundle, '--signature', good.bundle, '--out', 'none/host.json'],
      'output.unwritable',
    ],
  ])('makes nothing: %s', async (_, args, code) => {
    const ended = await assay(['bundle', ...args]);
    expect(ended).toMatchObject({ code: 3, out: '' });
    expect(ended.err).toContain(code);
  });

  it('is told to people on standard error', async () => {
    const ended = await assay(['verify', 'none.json', ...POLICY]);
    expect(ended).toMatchObject({ code: 3, out: '' });
    expect(ended.err).toBe(
      'assay: bundle none.json: there is no such file\n  code  input.unreadable\n  do    check the path and its permissions\n',
    );
  });
});

describe('the catalogue', () => {
  it('is that of the option, else of the environment, else of the policy', async () => {
    const empty = temporaryFolder();
    const inEnv = { env: { ASSAY_CATALOGUE: empty } };
    expect((await assay([...good.verify, ...POLICY], inEnv)).err).toContain('policy.unknown-name');
    expect((await assay([...good.verify, ...POLICY, '--catalogue', 'fixtures/catalogue'], inEnv)).code).toBe(0);
    expect((await assay([...good.verify, ...POLICY], { env: { ASSAY_CATALOGUE: '' } })).code).toBe(0);
  });
});

describe('help', () => {
  it.each([
    ['--help'],
    ['verify', '--help'],
    ['help', 'log'],
    ['policy', 'test', '--help'],
    ['serve', '--help'],
    ['--version'],
  ])('is printed and no error: %s %s %s', async (...args) => {
    const ended = await assay(args.filter((arg) => arg !== undefined));
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out.length).toBeGreaterThan(4);
  });

  it('shows an example with each command that takes files', async () => {
    for (const command of ['verify', 'bundle', 'log', 'serve']) {
      expect((await assay([command, '--help'])).out).toMatch(/Examples?:\n {2}assay /);
    }
  });

  it('is an error when nothing was asked', async () => {
    expect((await assay([])).err).toContain('no command is given');
    expect(errorOf(await assay(['policy', '--json'])).code).toMatch(/^usage\./);
  });
});
