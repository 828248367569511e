/** `assay token`, `assay events` and `assay db`, against a real service and a real database. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { startTestService, tokenOf } from '../service/running.ts';
import { landedMigrations } from '../store/schemas/landed.ts';
import { makeIdentity } from '../support/tls-server.ts';
import { temporaryFolder } from './captured-files.ts';
import { assay, documentOf, type Ended } from './terminal.ts';

/** A service, and the environment of somebody who may do everything with it. */
async function operated(): Promise<{ env: Record<string, string>; token: string }> {
  const { url, context } = await startTestService();
  const token = await tokenOf(context, 'admin');
  return { token, env: { ASSAY_SERVER: url, ASSAY_TOKEN: token } };
}

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, text);
  return path;
}

const codeOf = (ended: Ended): unknown => documentOf(ended)['code'];

describe('assay token', () => {
  it('makes a token that works, lists it, and revokes it', async () => {
    const { env } = await operated();
    const made = await assay(['token', 'create', 'auditor of plant 3', '--role', 'auditor', '--days', '2'], { env });
    expect(made.out).toMatch(/^assay_[\w-]{43}\n$/);
    expect(made.err).toContain('auditor, until');
    const auditor = { ...env, ASSAY_TOKEN: made.out.trim() };
    const list = await assay(['token', 'list'], { env: auditor });
    expect(list.out).toMatch(/auditor {2}auditor of plant 3 {2}until/);
    const { tokens } = documentOf(await assay(['token', 'list', '--json'], { env })) as {
      tokens: { id: string; name: string }[];
    };
    const { id } = tokens.find(({ name }) => name === 'auditor of plant 3')!;
    expect(await assay(['token', 'revoke', id, '--reason', 'it leaked'], { env })).toMatchObject({
      code: 0,
      out: `${id} revoked\n`,
    });
    expect(codeOf(await assay(['token', 'list', '--json'], { env: auditor }))).toBe('auth.invalid');
    expect((await assay(['token', 'list'], { env })).out).toContain('revoked 2026-');
  });

  it('answers in JSON when asked', async () => {
    const { env } = await operated();
    const made = documentOf(await assay(['token', 'create', 'a', '--role', 'viewer', '--json'], { env }));
    expect(made).toMatchObject({ schema: 'assay.token/1', role: 'viewer' });
    const revoked = documentOf(await assay(['token', 'revoke', String(made['id']), '--json'], { env }));
    expect(revoked).toEqual({ schema: 'assay.token-revoked/1', id: made['id'] });
  });

  it.each([
    [['create', 'a', '--role', 'root'], 'request.invalid'],
    [['create', 'a', '--role', 'viewer', '--days', 'many'], 'token.days'],
    [['create', 'a', '--role', 'viewer', '--days', '900'], 'request.invalid'],
    [['create', 'a'], 'usage.missingMandatoryOptionValue'],
    [['revoke', 'nobody'], 'token.unknown'],
  ])('passes on what the service says: %j', async (args, code) => {
    const { env } = await operated();
    const ended = await assay(['token', ...args, '--json'], { env });
    expect([ended.code, codeOf(ended)]).toEqual([3, code]);
  });
});

describe('the way to the service', () => {
  it('takes the token from a file, before the environment', async () => {
    const { env, token } = await operated();
    const wrong = { ...env, ASSAY_TOKEN: `assay_${'A'.repeat(43)}` };
    expect((await assay(['token', 'list'], { env: wrong })).code).toBe(3);
    expect((await assay(['token', 'list', '--token-file', fileOf(`${token}\n`)], { env: wrong })).code).toBe(0);
    const { ASSAY_TOKEN: _, ...rest } = env;
    expect((await assay(['token', 'list'], { env: { ...rest, ASSAY_TOKEN_FILE: fileOf(token) } })).code).toBe(0);
  });

  it.each(['', 'secret-word', 'assay_a\r\nHost: b'])(
    'sends nothing that is no token, and does not repeat it: %j',
    async (text) => {
      const { env } = await operated();
      const ended = await assay(['events', '--json', '--token-file', fileOf(text)], { env });
      expect(codeOf(ended)).toBe('operator.no-token');
      expect(ended.out).not.toContain('secret-word');
    },
  );

  it('knows the service by its CA', async () => {
    const identity = await makeIdentity();
    const { url, context } = await startTestService({ tls: identity });
    const env = { ASSAY_SERVER: url, ASSAY_TOKEN: await tokenOf(context, 'auditor') };
    expect(codeOf(await assay(['events', '--json'], { env }))).toBe('server.unreachable');
    expect((await assay(['events', '--ca', fileOf(identity.ca)], { env })).code).toBe(0);
    expect((await assay(['events', '--pin', identity.pin], { env })).code).toBe(0);
  });

  it.each([
    ['http://192.0.2.1:8480', 'server.address'],
    ['http://127.0.0.1:1', 'server.unreachable'],
  ])('says what is wrong with it: %s', async (server, code) => {
    const { env } = await operated();
    expect(codeOf(await assay(['events', '--json', '--server', server], { env }))).toBe(code);
  });
});

describe('assay events', () => {
  it('shows who did what and why, and how to go on', async () => {
    const { env } = await operated();
    await assay(['token', 'create', 'a', '--role', 'viewer', '--reason', 'for the wall'], { env });
    const all = await assay(['events'], { env });
    expect(all.out).toMatch(/^number {2}when .*\n1 {7}2026-12-01T00:00:00.000Z {2}service /);
    expect(all.out).toMatch(/ token:[0-9a-f-]{36} {2}token\.created .* for the wall\n$/);
    expect(all.err).toBe('');
    const one = await assay(['events', '--limit', '1'], { env });
    expect([one.out.trimEnd().split('\n').length, one.err]).toEqual([2, 'more: --after 1\n']);
    // The heading is no event.
    const last = all.out.trimEnd().split('\n').length - 1;
    const rest = documentOf(await assay(['events', '--after', String(last - 1), '--json'], { env }));
    expect(rest).toMatchObject({ schema: 'assay.events/1', events: [{ seq: last }], next: null });
    const none = documentOf(await assay(['events', '--subject', 'host:a', '--json'], { env }));
    expect(none['events']).toEqual([]);
  });

  it('shows nothing a terminal would act on', async () => {
    const { env } = await operated();
    const refused = await assay(['token', 'create', 'a', '--role', 'viewer', '--reason', 'a\u001b[31m'], { env });
    expect(refused.code).toBe(3);
  });
});

const MIGRATIONS = landedMigrations();
const NEWEST = MIGRATIONS.at(-1)!;

describe('assay db', () => {
  async function database(): Promise<string> {
    const path = join(temporaryFolder(), 'assay.db');
    await (await openStore(path)).close();
    return path;
  }

  it('says of a current database that it is', async () => {
    const path = await database();
    const ended = await assay(['db', 'check', '--database', path]);
    expect(ended).toMatchObject({
      code: 0,
      out: `schema   ${NEWEST}, current\ncontent  whole\n`,
    });
    expect(documentOf(await assay(['db', 'check', '--data', join(path, '..'), '--json']))).toEqual({
      schema: 'assay.db-check/1',
      dialect: 'sqlite',
      applied: MIGRATIONS,
      pending: [],
      damage: [],
    });
  });

  it('says of another one what it lacks, and migrates it', async () => {
    const path = join(temporaryFolder(), 'assay.db');
    writeFileSync(path, '', { mode: 0o600 });
    const before = await assay(['db', 'check', '--database', path]);
    expect(before).toMatchObject({
      code: 1,
      out: `schema   none, to be migrated: ${MIGRATIONS.join(', ')}\ncontent  whole\n`,
    });
    expect(await assay(['db', 'migrate', '--database', path])).toMatchObject({
      code: 0,
      out: `schema ${NEWEST}\n`,
    });
    expect((await assay(['db', 'check', '--database', path])).code).toBe(0);
    expect(documentOf(await assay(['db', 'migrate', '--database', path, '--json']))).toMatchObject({
      applied: MIGRATIONS,
    });
  });

  it('says of a damaged one that it is', async () => {
    const path = await database();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, bytes.length - 4096);
    writeFileSync(path, bytes);
    const ended = await assay(['db', 'check', '--database', path]);
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/content {2}\*\*\* in database main \*\*\*\n {9}.*page/);
  });

  it('makes a token when none is left, into a new file', async () => {
    const path = await database();
    const file = join(temporaryFolder(), 'token');
    expect((await assay(['db', 'admin-token', file, '--database', path])).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^assay_[\w-]{43}\n$/);
    const again = await assay(['db', 'admin-token', file, '--database', path, '--json']);
    expect(codeOf(again)).toBe('data.admin-token');
  });

  it.each([
    [['check'], 'database.none'],
    [['check', '--database', '/nowhere/assay.db'], 'database.none'],
    [['admin-token', '/nowhere/token', '--database', '/nowhere/assay.db'], 'database.none'],
    [['migrate', '--database', 'mysql://localhost/assay'], 'database.address'],
  ])('makes no database where it should find one: %j', async (args, code) => {
    expect(codeOf(await assay(['db', ...args, '--json']))).toBe(code);
  });
});
