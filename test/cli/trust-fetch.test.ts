/** `assay trust fetch-ek`: a server of the test's own stands in for the makers', and a real service takes the roots. */
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { fetchTrust } from '../../src/cli/actions/trust-fetch.ts';
import type { FetchTrustOptions } from '../../src/cli/commands/trust.ts';
import { httpsGet } from '../../src/cli/https-get.ts';
import type { ExitCode } from '../../src/cli/io.ts';
import { createStyle } from '../../src/cli/style.ts';
import { VENDORS, type Vendor } from '../../src/cli/vendor-roots.ts';
import { ROOT_CLASSES } from '../../src/references/enrolment.ts';
import { startTestService, tokenOf } from '../service/running.ts';
import { makeIntermediate, makeRoot } from '../support/test-pki.ts';
import { makeIdentity, tlsServer, type Identity, type TlsServer } from '../support/tls-server.ts';
import { assay, documentOf } from './terminal.ts';

const ROOT = makeRoot();
const ROOT_ID = contentId(ROOT);

let identity: Identity;
let server: TlsServer;
/** what the stand-in answers */
let answer: RequestListener;

beforeAll(async () => {
  identity = await makeIdentity();
  server = await tlsServer(identity, (request, response) => answer(request, response));
});
afterAll(() => server.stop());
beforeEach(() => {
  answer = (request, response) => {
    const files: Readonly<Record<string, Uint8Array>> = { '/root.crt': ROOT, '/other.crt': makeIntermediate() };
    const file = files[request.url ?? ''];
    response.statusCode = file === undefined ? 404 : 200;
    response.end(file ?? 'nothing here');
  };
});

const makers = (...paths: readonly string[]): Vendor[] => [
  { id: 'acme', name: 'Acme', class: 'firmware', urls: paths.map((path) => server.url + path) },
];
const limits = (change: { readonly bytes?: number; readonly time?: number } = {}) => ({
  bytes: 65_536,
  time: 5000,
  ca: identity.ca,
  ...change,
});

async function fetchEk(options: FetchTrustOptions, vendors = makers('/root.crt'), env: Record<string, string> = {}) {
  const printed = { out: '', err: '' };
  const style = createStyle(false);
  const io = {
    out: (text: string) => void (printed.out += text),
    err: (text: string) => void (printed.err += text),
    outStyle: style,
    errStyle: style,
    env,
    now: () => 0,
    exitCode: 0 as ExitCode,
  };
  const code = await fetchTrust(io, ['acme'], options, { vendors, limits: limits() });
  return { code, ...printed };
}

async function operated(): Promise<Record<string, string>> {
  const { url, context } = await startTestService();
  return { ASSAY_SERVER: url, ASSAY_TOKEN: await tokenOf(context, 'admin') };
}

describe('assay trust fetch-ek', () => {
  it('shows what is published and trusts nothing, without a service or a token', async () => {
    const { code, out, err } = await fetchEk({});
    expect(code).toBe(2);
    expect(out).toMatch(new RegExp(`^SHA-256 .*\n${ROOT_ID}  firmware  acme +CN=Test TPM Root CA\n$`));
    expect(err).toMatch(/^nothing is trusted yet: compare/);
  });

  it('trusts it on the word of the operator, under the class of its maker, with the address as the reason', async () => {
    const env = await operated();
    const first = await fetchEk({ yes: true }, undefined, env);
    expect([first.code, first.err]).toEqual([0, '1 trusted, 0 were already\n']);
    const { trustRoots } = documentOf(await assay(['trust', 'list', '--json'], { env }));
    expect(trustRoots).toMatchObject([{ id: ROOT_ID, class: 'firmware', name: 'CN=Test TPM Root CA' }]);
    const { events } = documentOf(await assay(['events', '--json'], { env })) as { events: { reason: string }[] };
    expect(events.at(-1)).toMatchObject({
      action: 'trust-root.added',
      reason: `published by Acme at ${server.url}/root.crt`,
    });
    const again = await fetchEk({ yes: true, json: true }, undefined, env);
    expect(documentOf({ ...again, code: 0 })).toMatchObject({
      schema: 'assay.trust-fetched/1',
      found: [{ id: ROOT_ID, vendor: 'acme', url: `${server.url}/root.crt` }],
      added: [],
      present: [ROOT_ID],
      leftOut: [],
    });
  });

  it('trusts only what was named by its digest', async () => {
    const env = await operated();
    const other = `sha256:${'0'.repeat(64)}`;
    const { code, err } = await fetchEk({ yes: true, root: [other] }, undefined, env);
    expect([code, err]).toEqual([
      1,
      `left out: ${other}: nobody that was asked publishes it\n0 trusted, 0 were already\n`,
    ]);
    expect(documentOf(await assay(['trust', 'list', '--json'], { env }))['trustRoots']).toEqual([]);
    expect((await fetchEk({ yes: true, root: [ROOT_ID] }, undefined, env)).code).toBe(0);
  });

  it('leaves out with a word what is no root, is not there, or is no certificate', async () => {
    const { code, out, err } = await fetchEk({}, makers('/other.crt', '/gone.crt', '/root.crt'));
    expect(code).toBe(1);
    expect(out).toContain(ROOT_ID);
    expect(err).toContain('/other.crt: CN=Test TPM Issuing CA: another CA issued it\n');
    expect(err).toContain(`left out: ${server.url}/gone.crt: the server answered 404\n`);
    answer = (_, response) => void response.end('<html>');
    expect((await fetchEk({})).err).toMatch(/neither PEM nor DER/);
  });

  it('knows no maker by another name', async () => {
    const ended = await assay(['trust', 'fetch-ek', 'https://evil.example/root.crt', '--json']);
    expect([ended.code, documentOf(ended)['code']]).toEqual([3, 'trust.vendor']);
  });
});

describe('a file over HTTPS', () => {
  const get = (change = {}) => httpsGet(`${server.url}/root.crt`, limits(change));
  it.each<[string, RequestListener, object, RegExp]>([
    ['that is too large', (_, response) => void response.end(Buffer.alloc(70_000)), {}, /larger than 65536 bytes/],
    ['without an end', (_, response) => void response.write('a'), { time: 100 }, /more than 100 ms/],
    ['without a beginning', () => undefined, { time: 100 }, /more than 100 ms/],
    [
      'that is somewhere else',
      (_, response) => void response.writeHead(302, { location: '/root.crt?' }).end(),
      {},
      /answered 302/,
    ],
    [
      'that ends early',
      (_, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('a', () => response.destroy());
      },
      {},
      /aborted|ended early/,
    ],
  ])('%s is refused', async (_, listener, change, message) => {
    answer = listener;
    await expect(get(change)).rejects.toThrow(message);
  });

  it('comes from nobody whom no CA vouches for, and over nothing but TLS', async () => {
    const { ca: _, ...stranger } = limits();
    await expect(httpsGet(`${server.url}/root.crt`, stranger)).rejects.toMatchObject({ code: 'fetch.failed' });
    expect(() => httpsGet('http://127.0.0.1/root.crt', limits())).toThrow('is not https');
  });
});

describe('the makers', () => {
  it('publish over HTTPS, under classes there are, each address once', () => {
    const urls = VENDORS.flatMap((vendor) => vendor.urls);
    expect(new Set(urls).size).toBe(urls.length);
    for (const url of urls)
      expect(new URL(url)).toMatchObject({ protocol: 'https:', username: '', search: '', href: url });
    for (const { class: kind } of VENDORS) expect(ROOT_CLASSES).toContain(kind);
  });

  it('are those the page for operators names', () => {
    const rows = [
      ...readFileSync('docs/operators.md', 'utf8').matchAll(/^\| `(\w+)` \| ([^|]+) \| `(\w+)` \| (.+) \|$/gm),
    ];
    const told = rows.filter(([, id]) => VENDORS.some((vendor) => vendor.id === id));
    expect(
      told.map(([, id, name, kind, hosts]) => [
        id,
        name,
        kind,
        [...hosts!.matchAll(/`([^`]+)`/g)].map(([, host]) => host),
      ]),
    ).toEqual(
      VENDORS.map(({ id, name, class: kind, urls }) => [
        id,
        name,
        kind,
        [...new Set(urls.map((url) => new URL(url).host))],
      ]),
    );
  });
});
