import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serveSettings } from '../../src/cli/serve-settings.ts';
import { DEFAULT_LIMITS } from '../../src/service/settings.ts';
import { temporaryFolder } from './captured-files.ts';

function config(text: string): string {
  const path = join(temporaryFolder(), 'assay.yaml');
  writeFileSync(path, text);
  return path;
}

const refusal = (code: string) => expect.objectContaining({ name: 'UsageError', code });

describe('the settings of assay serve', () => {
  it('have defaults for all but the data folder', () => {
    expect(serveSettings({ data: 'd' }, {})).toEqual({
      data: 'd',
      database: undefined,
      policyFiles: [],
      policies: undefined,
      catalogue: undefined,
      listen: { host: '127.0.0.1', port: 8480 },
      tls: undefined,
      insecureBehindProxy: false,
      issuer: undefined,
      logLevel: 'info',
      limits: DEFAULT_LIMITS,
    });
    expect(() => serveSettings({}, {})).toThrow(refusal('serve.no-data'));
  });

  it('come from the option, else the environment, else the file', () => {
    const file = config('{ data: file-data, listen: "127.0.0.1:1", issuer: "https://file.example", logLevel: warn }');
    const env = {
      ASSAY_CONFIG: file,
      ASSAY_LISTEN: '127.0.0.1:2',
      ASSAY_ISSUER: 'https://env.example',
      ASSAY_DATA: '',
    };
    const settings = serveSettings({ issuer: 'https://option.example' }, env);
    expect(settings).toMatchObject({ issuer: 'https://option.example', listen: { port: 2 }, logLevel: 'warn' });
    expect(settings.data).toBe(join(file, '..', 'file-data'));
  });

  it('take several policies from each place', () => {
    const file = config('{ data: d, policy: [a.yaml, /b.yaml] }');
    expect(serveSettings({ config: file }, {}).policyFiles).toEqual([join(file, '..', 'a.yaml'), '/b.yaml']);
    expect(serveSettings({ config: file }, { ASSAY_POLICY: 'x:y' }).policyFiles).toEqual(['x', 'y']);
    expect(serveSettings({ config: file, policy: ['z'] }, { ASSAY_POLICY: 'x:y' }).policyFiles).toEqual(['z']);
  });

  it.each([
    ['0.0.0.0:8480', {}, 'listen.not-loopback'],
    ['[::]:8480', {}, 'listen.not-loopback'],
    ['192.0.2.1:8480', {}, 'listen.not-loopback'],
    ['127.0.0.1:8480', { tlsKey: 'key.pem' }, 'serve.tls'],
    ['0.0.0.0:8480', { tlsCertificate: 'certificate.pem' }, 'serve.tls'],
  ])('open no address without TLS (attack 91): %s with %j', (listen, options, code) => {
    expect(() => serveSettings({ data: 'd', listen, ...options }, {})).toThrow(refusal(code));
  });

  it.each([
    ['with a certificate', { tlsCertificate: 'c.pem', tlsKey: 'k.pem' }, {}],
    ['with one from the environment', {}, { ASSAY_TLS_CERTIFICATE: 'c.pem', ASSAY_TLS_KEY: 'k.pem' }],
    ['behind a proxy', { insecureBehindProxy: true as const }, {}],
    ['behind a proxy, by the environment', {}, { ASSAY_INSECURE_BEHIND_PROXY: '1' }],
  ])('open an address %s', (_, options, env) => {
    const settings = serveSettings({ data: 'd', listen: '0.0.0.0:8480', ...options }, env);
    expect(settings.listen).toEqual({ host: '0.0.0.0', port: 8480 });
  });

  it('take the address of a database as it is, and a path from beside the file', () => {
    const file = (database: string): string => config(`{ data: d, database: "${database}" }`);
    const remote = 'postgres://assay@db.example/assay';
    expect(serveSettings({ config: file(remote) }, {}).database).toBe(remote);
    const local = file('sqlite:other.db');
    expect(serveSettings({ config: local }, {}).database).toBe(join(local, '..', 'other.db'));
    expect(serveSettings({ config: local }, { ASSAY_DATABASE: remote }).database).toBe(remote);
  });

  it('take limits from the file, the others staying as they are', () => {
    const { limits } = serveSettings({ config: config('{ data: d, limits: { concurrent: 2 } }') }, {});
    expect(limits).toEqual({ ...DEFAULT_LIMITS, concurrent: 2 });
  });

  it.each([
    ['an unknown key', 'polices: x', 'config.invalid'],
    ['an unknown limit', 'limits: { concurency: 1 }', 'config.invalid'],
    ['a limit of nothing', 'limits: { concurrent: 0 }', 'config.invalid'],
    ['a body larger than a bundle', `limits: { bodyBytes: ${DEFAULT_LIMITS.bodyBytes + 1} }`, 'config.invalid'],
    ['a key twice', 'data: a\ndata: b', 'config.invalid'],
    ['an open address', 'listen: "0.0.0.0:8480"', 'listen.not-loopback'],
    ['an issuer that is no URI', 'issuer: us', 'serve.issuer'],
  ])('are refused with %s', (_, text, code) => {
    expect(() => serveSettings({ config: config(text), data: 'd' }, {})).toThrow(refusal(code));
  });

  it('are refused with an unknown log level', () => {
    expect(() => serveSettings({ data: 'd', logLevel: 'loud' }, {})).toThrow(refusal('serve.log-level'));
  });
});
