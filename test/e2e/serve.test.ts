/** `assay serve` as a process: start-up refusals, a result over HTTP, a clean end. */

import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
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
  return { url, daemon, log: () => logLines(log).map(({ msg }) => msg) };
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

  it('does not start with a folder others can read (attack 98)', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const result = await assay(['serve', '--policies', 'policies', '--data', folder]);
    expect(result.code).toBe(3);
    expect(result.stderr.toString()).toContain('chmod 700');
  });
});
