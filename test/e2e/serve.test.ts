/** `assay serve` as a process: start-up refusals, a result over HTTP, a clean end. */

import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { httpTransport } from '../../src/api/transport.ts';
import { makeIdentity, type Identity } from '../support/tls-server.ts';
import { assay, startAssay } from './program.ts';

interface LogLine {
  readonly msg: string;
  readonly url?: string;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function logLines(file: string): LogLine[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  // A line that is being written is not whole yet.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as LogLine]));
}

/** Starts the service and waits until it says where it listens. */
async function serve(folder: string, args: readonly string[]) {
  const log = join(folder, `${randomUUID()}.log`);
  const daemon = startAssay(['serve', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0', ...args], log);
  onTestFinished(() => daemon.stop());
  const url = await vi.waitUntil(() => logLines(log).find(({ msg }) => msg === 'listening')?.url, { timeout: 30_000 });
  const messages = (): string[] => logLines(log).map(({ msg }) => msg);
  return { url, daemon, log: messages, logFile: log };
}

function capturedRequest(): string {
  const folder = 'fixtures/uki/baseline';
  const { nonce } = JSON.parse(readFileSync(`${folder}/context.json`, 'utf8')) as { readonly nonce: string };
  const bundle: unknown = JSON.parse(readFileSync(`${folder}/bundle.json`, 'utf8'));
  return JSON.stringify({ bundle, nonce: Buffer.from(nonce, 'hex').toString('base64url'), policy: 'kvm-uki' });
}

async function appraise(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/appraise`, { method: 'POST', headers, body: capturedRequest() });
  expect(response.status).toBe(200);
  return response.text();
}

/** What an earlier database left in the data folder. */
function withOldToken(empty: string): readonly string[] {
  const data = join(empty, '..', 'data');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, 'admin-token'), 'old');
  return ['--policies', 'policies'];
}

describe('assay serve, built', () => {
  it('signs results with a key that outlives it, and ends cleanly on SIGTERM', async () => {
    const folder = temporaryFolder();
    const first = await serve(folder, ['--policies', 'policies']);
    const token = await appraise(first.url);
    await first.daemon.stop();
    expect(await first.daemon.exited).toBe(0);
    expect(first.log().slice(-2)).toEqual(['stopping', 'stopped']);
    expect(lstatSync(join(folder, 'data', 'signing-key.jwk')).mode & 0o777).toBe(0o600);

    const second = await serve(folder, ['--policy', 'policies/kvm-uki.yaml']);
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', second.url));
    const { payload } = await jwtVerify(token, keys, { algorithms: ['ES256'], typ: 'eat+jwt' });
    expect(payload.sub).toBe('host:lab-a');
  });

  it('is configured by a file and the environment too', async () => {
    const folder = temporaryFolder();
    const config = join(folder, 'assay.yaml');
    const policy = join(process.cwd(), 'policies/kvm-uki.yaml');
    writeFileSync(config, JSON.stringify({ policy: [policy], issuer: 'https://verifier.example' }));
    const { url } = await serve(folder, ['--config', config]);
    const [, payload] = (await appraise(url)).split('.');
    expect(JSON.parse(Buffer.from(payload!, 'base64url').toString())).toMatchObject({
      iss: 'https://verifier.example',
    });
  });

  it.each<[string, (folder: string) => readonly string[], string]>([
    ['an open address', () => ['--policies', 'policies', '--listen', '0.0.0.0:0'], 'listen.not-loopback'],
    ['a certificate without key', () => ['--policies', 'policies', '--tls-certificate', 'x'], 'serve.tls'],
    ['another database’s first token', withOldToken, 'data.admin-token'],
    ['no database it can use', () => ['--policies', 'policies', '--database', 'mysql://x'], 'database.address'],
    ['no policy', () => [], 'serve.no-policy'],
    ['a folder without policies', (folder) => ['--policies', folder], 'serve.no-policy'],
    [
      'an unknown name in a policy (attack 100)',
      (folder) => ['--policies', 'policies', '--catalogue', folder],
      'policy.unknown-name',
    ],
    [
      'two policies of one name',
      () => ['--policies', 'policies', '--policy', 'policies/kvm-uki.yaml'],
      'policy.duplicate',
    ],
  ])('does not start with %s', async (_, args, code) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    const result = await assay(['serve', '--data', join(folder, 'data'), ...args(join(folder, 'empty'))]);
    expect(result.code).toBe(3);
    expect(result.stderr.toString()).toContain(code);
  });

  it('shows its certificate, takes another on SIGHUP, and keeps it when the next one is none', async () => {
    const folder = temporaryFolder();
    const [first, second] = await Promise.all([makeIdentity(), makeIdentity()]);
    const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
    const install = (identity: Identity): void => {
      writeFileSync(certificate, identity.certificate);
      writeFileSync(key, identity.key, { mode: 0o600 });
    };
    install(first);
    const tls = ['--tls-certificate', certificate, '--tls-key', key];
    const service = await serve(folder, ['--policy', 'policies/kvm-uki.yaml', ...tls]);
    const status = async ({ ca }: Identity): Promise<number> =>
      (await httpTransport({ server: service.url, ca })({ method: 'GET', path: '/healthz' })).status;
    expect(await status(first)).toBe(200);
    install(second);
    process.kill(service.daemon.pid, 'SIGHUP');
    await vi.waitUntil(() => service.log().includes('certificate renewed'));
    expect(await status(second)).toBe(200);
    writeFileSync(certificate, 'no certificate');
    process.kill(service.daemon.pid, 'SIGHUP');
    await vi.waitUntil(() => service.log().includes('the certificate stays as it is'));
    expect(await status(second)).toBe(200);
  });

  it('lets the first administrator in, and nobody else', async () => {
    const folder = temporaryFolder();
    const { url, logFile } = await serve(folder, ['--policy', 'policies/kvm-uki.yaml']);
    const file = join(folder, 'data', 'admin-token');
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    const made = await assay(['token', 'create', 'a', '--role', 'viewer', '--server', url, '--token-file', file]);
    expect(made.code).toBe(0);
    const viewer = { ASSAY_TOKEN: made.stdout.toString().trim(), ASSAY_SERVER: url };
    const refused = await assay(['events', '--json'], viewer);
    expect(JSON.parse(refused.stdout.toString())).toMatchObject({ code: 'auth.role' });
    const events = await assay(['events', '--server', url, '--token-file', file]);
    expect(events.stdout.toString()).toContain('token.created');
    const logged = readFileSync(logFile, 'utf8');
    const tokens = [readFileSync(file, 'utf8').trim(), viewer.ASSAY_TOKEN];
    expect(tokens.filter((token) => logged.includes(token.slice(6)))).toEqual([]);
  });

  it('does not start with a folder others can read (attack 98)', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const result = await assay(['serve', '--policies', 'policies', '--data', folder]);
    expect(result.code).toBe(3);
    expect(result.stderr.toString()).toContain('chmod 700');
  });
});
