/** TLS of the service, and connections that only pretend to come. */

import { chmodSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { httpTransport } from '../../src/api/transport.ts';
import { readTls, type TlsFiles } from '../../src/service/tls.ts';
import { makeIdentity, type Identity } from '../support/tls-server.ts';
import { startTestService, temporaryFolder, type TestService } from './running.ts';

let identity: Identity;
let other: Identity;

beforeAll(async () => {
  [identity, other] = await Promise.all([makeIdentity(), makeIdentity()]);
});

/** The status of a request that trusts this CA. */
async function health({ url }: TestService, { ca }: Identity): Promise<number> {
  const get = httpTransport({ server: url, ca });
  return (await get({ method: 'GET', path: '/healthz' })).status;
}

async function openSocket({ url }: TestService): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket;
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

describe('the service over TLS', () => {
  it('is known by its certificate', async () => {
    const service = await startTestService({ tls: identity });
    expect(service.url).toMatch(/^https:/);
    expect(await health(service, identity)).toBe(200);
    await expect(health(service, other)).rejects.toThrow(/certificate/);
  });

  it('does not speak TLS 1.1, nor HTTP in the clear', async () => {
    const service = await startTestService({ tls: identity });
    const { hostname, port } = new URL(service.url);
    const old = connectTls({
      host: hostname,
      port: Number(port),
      ca: identity.ca,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    await expect(new Promise((_, reject) => old.once('error', reject))).rejects.toThrow(/protocol|alert|no ciphers/i);
    const socket = await openSocket(service);
    const end = closed(socket);
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    await end;
    expect(Buffer.concat(received).toString()).not.toContain('200');
  });

  it('takes another certificate while it runs', async () => {
    const service = await startTestService({ tls: identity });
    service.renewCertificate(other);
    expect(await health(service, other)).toBe(200);
    await expect(health(service, identity)).rejects.toThrow(/certificate/);
  });

  it('serves others while a handshake does not end, and ends it (attack 94)', async () => {
    const service = await startTestService({ tls: identity, limits: { handshakeTimeout: 300 } });
    const silent = await openSocket(service);
    const half = await openSocket(service);
    // The head of a record that announces a hello of 500 bytes, which never come.
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x01, 0xf4, 0x01]));
    const ends = Promise.all([closed(silent), closed(half)]);
    expect(await health(service, identity)).toBe(200);
    await ends;
    expect(await health(service, identity)).toBe(200);
  });

  it('closes what one address opens beyond its share, handshake or not (attack 94)', async () => {
    const service = await startTestService({ tls: identity, limits: { connectionsPerAddress: 2 } });
    const [first, second] = [await openSocket(service), await openSocket(service)];
    await closed(await openSocket(service));
    expect([first.destroyed, second.destroyed]).toEqual([false, false]);
    first.destroy();
    await vi.waitFor(async () => expect(await health(service, identity)).toBe(200));
  });

  it('stops within the grace time although a handshake is under way', async () => {
    const service = await startTestService({ tls: identity, limits: { shutdownGrace: 50 } });
    const silent = await openSocket(service);
    const end = closed(silent);
    await service.stop();
    await end;
    expect(silent.destroyed).toBe(true);
  });

  it('tells browsers to come back over TLS only', async () => {
    const service = await startTestService({ tls: identity });
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const asked = request(`${service.url}/healthz`, { ca: identity.ca, agent: false }, (response) => {
        response.resume();
        resolve(response.headers);
      });
      asked.once('error', reject);
      asked.end();
    });
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d{8}/);
  });
});

describe('certificate and key', () => {
  const refusal = (code: string) => expect.objectContaining({ name: 'UsageError', code });

  function files(certificate: string, key: string): TlsFiles {
    const folder = temporaryFolder();
    const paths = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
    writeFileSync(paths.certificate, certificate);
    writeFileSync(paths.key, key, { mode: 0o600 });
    return paths;
  }

  it('are read when they belong together', () => {
    const { certificate, key } = identity;
    expect(readTls(files(certificate, key))).toEqual({ certificate, key });
  });

  it('are refused when they do not, or are none', () => {
    expect(() => readTls(files(identity.certificate, other.key))).toThrow(refusal('tls.unusable'));
    expect(() => readTls(files('', identity.key))).toThrow(refusal('tls.unusable'));
    expect(() => readTls(files(identity.certificate, 'key'))).toThrow(refusal('tls.unusable'));
    const missing = { ...files(identity.certificate, identity.key), certificate: '/nowhere/certificate.pem' };
    expect(() => readTls(missing)).toThrow(refusal('tls.unreadable'));
  });

  it('are refused when everybody can read the key (attack 98)', () => {
    const paths = files(identity.certificate, identity.key);
    chmodSync(paths.key, 0o604);
    expect(() => readTls(paths)).toThrow(refusal('tls.permissions'));
  });
});
