/** `assay join-token` and `assay trust`, against a real service. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { startTestService, tokenOf } from '../service/running.ts';
import { makeEkAuthority } from '../support/ek-authority.ts';
import { makeEk, makeIntermediate, makeRoot } from '../support/test-pki.ts';
import { assay, documentOf, type Ended } from './terminal.ts';

const ROOT = makeRoot();
const ROOT_ID = contentId(ROOT);
const INTERMEDIATE = makeIntermediate();

/** Runs `assay` as somebody who may do everything with a service of its own. */
async function operated(): Promise<(...args: string[]) => Promise<Ended>> {
  const { url, context } = await startTestService();
  const env = { ASSAY_SERVER: url, ASSAY_TOKEN: await tokenOf(context, 'admin') };
  return (...args) => assay(args, { env });
}

/** A folder with these files, gone after the test. */
function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = mkdtempSync(join(tmpdir(), 'assay-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

const file = (content: string | Uint8Array): string => join(folder({ file: content }), 'file');

const pem = (bytes: Uint8Array, label = 'CERTIFICATE'): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes)
    .toString('base64')
    .replaceAll(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;

const codeOf = (ended: Ended): unknown => documentOf(ended)['code'];

describe('assay join-token', () => {
  it('makes one, lists it, and revokes it', async () => {
    const run = await operated();
    const made = await run('join-token', 'create', 'rack 7', '--policy', 'kvm-uki', '--uses', '40', '--hours', '2');
    expect(made.out).toMatch(/^assay_join_[\w-]{43}\n$/);
    const id = /^join token ([0-9a-f-]{36}), for 40, until 2026-12-01T02:00:00.000Z\n$/.exec(made.err)![1]!;
    expect((await run('join-token', 'list')).out).toMatch(/rack 7 {2}kvm-uki {2}0 of 40 {2}until 2026-/);
    expect(await run('join-token', 'revoke', id, '--reason', 'it leaked')).toMatchObject({
      code: 0,
      out: `${id} revoked\n`,
    });
    expect((await run('join-token', 'list')).out).toContain('revoked 2026-');
    expect(codeOf(await run('join-token', 'revoke', id, '--json'))).toBe('join-token.unknown');
  });

  it('answers in JSON when asked', async () => {
    const run = await operated();
    const made = documentOf(
      await run('join-token', 'create', 'a', '--policy', 'kvm-uki', '--days', '1', '--reason', 'new', '--json'),
    );
    expect(made).toMatchObject({ schema: 'assay.join-token/1', maxUses: 1, expiresAt: '2026-12-02T00:00:00.000Z' });
    const { id } = made as { id: string };
    expect(documentOf(await run('join-token', 'list', '--json'))).toMatchObject({
      schema: 'assay.join-tokens/1',
      joinTokens: [{ id }],
    });
    const revoked = documentOf(await run('join-token', 'revoke', id, '--json'));
    expect(revoked).toEqual({ schema: 'assay.join-token-revoked/1', id });
  });

  it.each([
    [['a', '--policy', 'kvm-oki'], 'policy.unknown'],
    [['a', '--policy', 'kvm-uki', '--uses', 'many'], 'join-token.number'],
    [['a', '--policy', 'kvm-uki', '--days', '1', '--hours', '1'], 'request.invalid'],
    [['a'], 'usage.missingMandatoryOptionValue'],
  ])('makes none of %j', async (args, code) => {
    const run = await operated();
    const ended = await run('join-token', 'create', ...args, '--json');
    expect([ended.code, codeOf(ended)]).toEqual([3, code]);
  });
});

describe('assay trust', () => {
  it('trusts a root, lists it, shows it, and removes it', async () => {
    const run = await operated();
    const added = await run('trust', 'add', file(ROOT), '--class', 'discrete', '--name', 'the maker');
    expect(added).toEqual({ code: 0, out: `${ROOT_ID}  CN=Test TPM Root CA\n`, err: '' });
    expect((await run('trust', 'list')).out).toMatch(/sha256:\w+ {2}discrete {2}2026-\S+ {2}the maker\n$/);
    const shown = await run('trust', 'show', ROOT_ID);
    expect(shown.out).toContain('subject      CN=Test TPM Root CA\n');
    // What is shown can be trusted again.
    const again = await run('trust', 'add', file(shown.out.slice(shown.out.indexOf('-----'))), '--class', 'discrete');
    expect(again).toMatchObject({ code: 0, out: `${ROOT_ID}  was trusted already\n` });
    expect(await run('trust', 'remove', ROOT_ID, '--reason', 'theirs leaked')).toMatchObject({
      code: 0,
      out: `${ROOT_ID} removed\n`,
    });
    expect(codeOf(await run('trust', 'show', ROOT_ID, '--json'))).toBe('trust-root.unknown');
  });

  it('answers in JSON when asked', async () => {
    const run = await operated();
    const args = ['--class', 'lab', '--reason', 'tests', '--json'];
    expect(documentOf(await run('trust', 'add', file(pem(ROOT)), ...args))).toMatchObject({
      schema: 'assay.trust-added/1',
      added: [{ id: ROOT_ID, class: 'lab', name: 'CN=Test TPM Root CA' }],
      present: [],
      leftOut: [],
    });
    const { schema, trustRoots } = documentOf(await run('trust', 'list', '--json'));
    expect([schema, trustRoots]).toMatchObject(['assay.trust-roots/1', [{ id: ROOT_ID }]]);
    expect(documentOf(await run('trust', 'show', ROOT_ID, '--json'))).toMatchObject({ schema: 'assay.trust-root/1' });
    const removed = documentOf(await run('trust', 'remove', ROOT_ID, '--json'));
    expect(removed).toEqual({ schema: 'assay.trust-removed/1', id: ROOT_ID });
  });

  it('takes from a folder what is a root, and says what it left out', async () => {
    const run = await operated();
    const path = folder({
      README: 'roots of the maker',
      'a/root.der': ROOT,
      'chain.pem': pem(INTERMEDIATE) + pem(ROOT) + pem(Buffer.from('a'), 'EC PARAMETERS') + pem(Buffer.from([1])),
    });
    const { code, out, err } = await run('trust', 'add', path, '--class', 'firmware');
    expect([code, out]).toEqual([1, `${ROOT_ID}  CN=Test TPM Root CA\n`]);
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^left out: .*README: trust-file\.form: /),
      expect.stringMatching(/^left out: .*chain\.pem, entry 3: x509\.malformed: /),
      expect.stringMatching(/^left out: .*chain\.pem: a PEM block EC PARAMETERS$/),
      'left out: CN=Test TPM Issuing CA: another CA issued it (--any-ca trusts it all the same)',
    ]);
  });

  it('takes other CAs when told to, and never what is no CA', async () => {
    const run = await operated();
    const path = file(pem(INTERMEDIATE) + pem(makeEk()));
    const { code, out, err } = await run('trust', 'add', path, '--class', 'lab', '--any-ca');
    expect([code, out]).toEqual([1, `${contentId(INTERMEDIATE)}  CN=Test TPM Issuing CA\n`]);
    expect(err).toContain('path.not-a-ca');
  });

  it.each<[code: string, content: string | Uint8Array, args: readonly string[]]>([
    ['trust-file.form', 'no certificate', []],
    ['request.invalid', ROOT, ['--class', 'physical']],
    ['trust.name', pem(ROOT) + pem(INTERMEDIATE), ['--any-ca', '--name', 'a']],
    ['input.unreadable', ROOT, ['--passphrase-file', '/nowhere']],
  ])('trusts nothing where something is wrong: %s', async (code, content, args) => {
    const run = await operated();
    const ended = await run('trust', 'add', file(content), '--class', 'lab', ...args, '--json');
    expect([ended.code, codeOf(ended)]).toEqual([3, code]);
    expect(documentOf(await run('trust', 'list', '--json'))['trustRoots']).toEqual([]);
  });
});

describe('assay trust add-crl', () => {
  it('adds the lists of files, lists them, and removes one', async () => {
    const run = await operated();
    const maker = await makeEkAuthority();
    const list = await maker.revoke([maker.root.certificate]);
    const older = await maker.revoke([], '2021-01-01T00:00:00Z');
    const path = file(pem(list, 'X509 CRL') + pem(older, 'X509 CRL'));
    const added = await run('trust', 'add-crl', path, '--reason', 'weekly');
    expect([added.code, added.err]).toEqual([0, '']);
    expect(added.out).toBe(
      `${contentId(list)}  CN=test-maker  revokes 1\n${contentId(older)}  CN=test-maker  revokes 0\n`,
    );
    const listed = (await run('trust', 'list-crls')).out;
    expect(listed).toMatch(/1 {8}until 2089-01-01T00:00:00\.000Z .* CN=test-maker\n/);
    expect(listed).toMatch(/0 {8}not current \(next 2021-01-01T00:00:00\.000Z\) {2}CN=test-maker\n/);
    const removed = await run('trust', 'remove-crl', contentId(older), '--reason', 'superseded', '--json');
    expect(documentOf(removed)).toEqual({ schema: 'assay.crl-removed/1', id: contentId(older) });
    expect(codeOf(await run('trust', 'remove-crl', contentId(older), '--json'))).toBe('crl.unknown');
    const again = await run('trust', 'add-crl', file(list), '--json');
    expect(documentOf(again)).toEqual({
      schema: 'assay.crls-added/1',
      added: [],
      present: [contentId(list)],
      leftOut: [],
    });
    expect(documentOf(await run('trust', 'list-crls', '--json'))).toMatchObject({
      schema: 'assay.crls/1',
      crls: [{ id: contentId(list), revoked: 1 }],
    });
  });

  it('says what it left out, and that the file of roots belongs elsewhere', async () => {
    const run = await operated();
    const ended = await run('trust', 'add-crl', file(pem(ROOT)));
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/1 certificates, which are no revocation lists\n$/);
    const roots = await run(
      'trust',
      'add',
      file(pem(await (await makeEkAuthority()).revoke([]), 'X509 CRL')),
      '--class',
      'lab',
    );
    expect(roots.err).toContain('1 revocation lists, which are no roots (`assay trust add-crl` takes them)');
  });
});
