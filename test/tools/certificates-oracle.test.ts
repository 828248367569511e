/** Certificates as a software TPM's maker issues them, and paths, lists and trust files compared with OpenSSL. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { curveByName } from '../../src/tpm/algorithms.ts';
import { readPublic2B } from '../../src/tpm/public.ts';
import { checkEkCertificate } from '../../src/x509/ek-certificate.ts';
import type { PathInput, RevocationRule } from '../../src/x509/path-model.ts';
import { validatePath } from '../../src/x509/path.ts';
import { checkPlatformKeyCertificate } from '../../src/x509/platform-certificate.ts';
import { PURPOSE } from '../../src/x509/purposes.ts';
import { readStoredCertificate } from '../../src/x509/stored-certificate.ts';
import type { KeyNumbers } from '../../src/x509/subject-key.ts';
import { readTrustFile } from '../../src/x509/trust-file.ts';
import {
  attribute,
  commonName,
  crlEntry,
  crlReason,
  ext,
  extension,
  integer,
  makeCertificate,
  makeCrl,
  NOW,
  p256Key,
  rsaKey,
  sequence,
  signingWithPss,
  time,
  type CertificateParts,
  type TestKey,
} from '../support/certificate-maker.ts';
import { der } from '../support/der-writer.ts';
import { parsed } from '../support/test-pki.ts';
import { ensureInstalled, run } from './programs.ts';
import { manufactureTpm, startSoftwareTpm, type SoftwareTpm } from './software-tpm.ts';

let folder = '';
beforeAll(async () => {
  await ensureInstalled(['swtpm', 'swtpm_setup', 'tpm2', 'openssl']);
  folder = mkdtempSync(join(tmpdir(), 'assay-certificates-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LENIENT: RevocationRule = { missing: 'note', stale: 'note' };
const file = (name: string): string => join(folder, name);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(file(name)));

describe('a software TPM', () => {
  let tpm: SoftwareTpm | undefined;
  beforeAll(async () => {
    await manufactureTpm(folder);
    tpm = await startSoftwareTpm(folder);
  }, 120_000);
  afterAll(() => tpm?.stop());

  const nv = async (index: number): Promise<Uint8Array> =>
    new Uint8Array((await tpm!.tpm2(['nvread', '-C', 'o', `0x${index.toString(16)}`])).stdout);

  async function numbers(handle: string): Promise<KeyNumbers> {
    await tpm!.tpm2(['readpublic', '-c', handle, '-o', file('ek.pub')]);
    const area = readPublic2B(bytesOf('ek.pub')).public;
    if (area.type === 'rsa') return { type: 'rsa', modulus: area.unique, exponent: 65537n };
    return { type: 'ec', curve: curveByName(area.parameters.curveID).jwk, ...area.unique };
  }

  /** The path up to the maker's CA, which is made afresh with each TPM. */
  function input(leaf: PathInput['leaf'], purpose: string): { input: PathInput; at: number } {
    const [anchor] = readTrustFile(bytesOf('ca/swtpm-localca-rootca-cert.pem'), 'root').certificates;
    const presented = readTrustFile(bytesOf('ca/issuercert.pem'), 'issuer').certificates;
    const rules = { sha1: false, purpose };
    return {
      input: { leaf, presented, intermediates: [], anchors: [anchor!], crls: [], rules },
      at: leaf.notBefore + 1000,
    };
  }

  it.each([
    ['RSA', 0x01c00002, '0x81010001'],
    ['ECC', 0x01c00016, '0x81010016'],
  ])('has an endorsement key certificate (%s) that is genuine', async (_, index, handle) => {
    const { certificate, quirks } = readStoredCertificate(await nv(index), 'ek');
    expect(quirks).toEqual([]);
    const path = input(certificate, PURPOSE.ek);
    expect(validatePath(path.input, path.at, LENIENT)).toMatchObject({ ok: true, chain: { length: 3 }, quirks: [] });
    const check = checkEkCertificate(certificate, { key: await numbers(handle), weakKey: 'refuse' });
    expect(check).toMatchObject({
      ok: true,
      tpm: { manufacturer: 'id:00001014', model: 'swtpm', specification: { family: '2.0', level: 0 } },
      quirks: ['critical-san'],
    });
    const other = await numbers(handle === '0x81010001' ? '0x81010016' : '0x81010001');
    expect(checkEkCertificate(certificate, { key: other, weakKey: 'refuse' }).refusals).toMatchObject([
      { code: 'ek.key-differs' },
    ]);
  });

  it('has a platform certificate for the same key, from the same maker', async () => {
    const ek = readStoredCertificate(await nv(0x01c00002), 'ek').certificate;
    const platform = readStoredCertificate(await nv(0x01c08000), 'platform').certificate;
    const path = input(platform, PURPOSE.platform);
    expect(validatePath(path.input, path.at, LENIENT).ok).toBe(true);
    expect(checkPlatformKeyCertificate(platform, ek)).toMatchObject({
      ok: true,
      platform: { manufacturer: 'Assay', model: 'Lab', version: '1.0' },
    });
    const ecc = readStoredCertificate(await nv(0x01c00016), 'ek').certificate;
    expect(checkPlatformKeyCertificate(platform, ecc).refusals).toMatchObject([{ code: 'platform.holder' }]);
    expect(checkPlatformKeyCertificate(ek, ek).refusals).toMatchObject([{ code: 'platform.purpose' }]);
    expect(checkEkCertificate(platform, { key: undefined, weakKey: 'refuse' }).refusals).toMatchObject([
      { code: 'ek.purpose' },
    ]);
  });
});

describe('openssl verify agrees about made paths', () => {
  const ROOT = commonName('Root');
  const CA = commonName('CA');
  const [rootKey, caKey, leafKey] = [p256Key('root'), p256Key('ca'), p256Key('leaf')];
  const ca = (...more: Uint8Array[]): Uint8Array[] => [ext.ca(), ext.keyUsage('keyCertSign', 'cRLSign'), ...more];

  type Bend = Partial<CertificateParts>;
  interface Chain {
    readonly root?: Bend;
    readonly ca?: Bend;
    readonly leaf?: Bend;
    readonly crl?: { readonly signer?: TestKey; readonly revoked?: number; readonly nextUpdate?: Uint8Array };
  }

  /** Both answers, and the code of ours. */
  async function answers({
    root,
    ca: middle,
    leaf,
    crl,
  }: Chain): Promise<{ ours: boolean; theirs: boolean; code: string }> {
    const certificates = {
      root: makeCertificate({ subject: ROOT, key: rootKey, signer: rootKey, extensions: ca(), ...root }),
      ca: makeCertificate({ subject: CA, issuer: ROOT, key: caKey, signer: rootKey, extensions: ca(), ...middle }),
      leaf: makeCertificate({
        issuer: CA,
        key: leafKey,
        signer: caKey,
        serial: integer(3),
        extensions: [ext.notCa()],
        ...leaf,
      }),
    };
    for (const [name, bytes] of Object.entries(certificates)) writeFileSync(file(`${name}.pem`), pem(bytes));
    const list =
      crl &&
      makeCrl({
        issuer: CA,
        signer: crl.signer ?? caKey,
        entries: [crlEntry(integer(crl.revoked ?? 9), [crlReason(1)])],
        extensions: [extension('2.5.29.20', integer(1))],
        ...(crl.nextUpdate && { nextUpdate: crl.nextUpdate }),
      });
    if (list) writeFileSync(file('crl.pem'), pem(list, 'X509 CRL'));
    const lists = list === undefined ? [] : ['-crl_check', '-CRLfile', file('crl.pem')];
    const stores = ['-no-CApath', '-no-CAstore', '-CAfile', file('root.pem'), '-untrusted', file('ca.pem')];
    const at = ['-attime', String(NOW / 1000), ...lists];
    const { code } = await run('openssl', ['verify', ...stores, ...at, file('leaf.pem')], { accept: [0, 1, 2] });
    const result = validatePath(
      {
        leaf: parsed(certificates.leaf),
        presented: [parsed(certificates.ca)],
        intermediates: [],
        anchors: [parsed(certificates.root)],
        crls: list === undefined ? [] : readTrustFile(bytesOf('crl.pem'), 'crl').crls,
        rules: { sha1: true, purpose: undefined },
      },
      NOW,
      list === undefined ? LENIENT : { missing: 'refuse', stale: 'refuse' },
    );
    // OpenSSL is asked about the leaf's list only; ours about the CA's too.
    const ours = result.ok || (list !== undefined && result.position === 1 && result.code === 'path.crl-missing');
    return { ours, theirs: code === 0, code: result.ok ? 'ok' : result.code };
  }

  const rsa = rsaKey();
  const pss = signingWithPss(rsa, { hash: 'sha256', mask: 'sha256', saltLength: 32 });
  const unknown = extension('1.2.3', sequence(), true);
  const unsorted = sequence(der(0x31, attribute('2.5.4.3', 'Nuvoton'), attribute('2.5.4.6', 'TW')));

  it.each<[string, boolean, Chain]>([
    ['nothing wrong', true, {}],
    ['RSA', true, { ca: { key: rsa }, leaf: { signer: rsa } }],
    ['RSASSA-PSS', true, { ca: { key: rsa }, leaf: { signer: pss } }],
    [
      'another salt than stated',
      false,
      {
        ca: { key: rsa },
        leaf: {
          signer: signingWithPss(
            rsa,
            { hash: 'sha256', mask: 'sha256', saltLength: 20 },
            { hash: 'sha256', saltLength: 32 },
          ),
        },
      },
    ],
    ['another signer', false, { leaf: { signer: rootKey } }],
    ['an issuer that is no CA', false, { ca: { extensions: [ext.notCa(), ext.keyUsage('keyCertSign')] } }],
    ['an issuer that may not sign', false, { ca: { extensions: [ext.ca(), ext.keyUsage('cRLSign')] } }],
    ['an issuer of version 1', false, { ca: { extensions: [], version: undefined } }],
    ['a root of version 1', true, { root: { extensions: [], version: undefined } }],
    ['a root that is no CA', false, { root: { extensions: [ext.notCa()] } }],
    ['a path that is too long for the root', false, { root: { extensions: [ext.ca(0), ext.keyUsage('keyCertSign')] } }],
    [
      'a path that is not',
      true,
      {
        root: { extensions: [ext.ca(1), ext.keyUsage('keyCertSign')] },
        ca: { extensions: [ext.ca(0), ext.keyUsage('keyCertSign')] },
      },
    ],
    ['an unknown critical extension of the leaf', false, { leaf: { extensions: [ext.notCa(), unknown] } }],
    ['an unknown critical extension of the issuer', false, { ca: { extensions: ca(unknown) } }],
    ['an unknown extension', true, { leaf: { extensions: [ext.notCa(), extension('1.2.3', sequence())] } }],
    ['an expired leaf', false, { leaf: { notAfter: time(NOW - 1000) } }],
    ['an expired issuer', false, { ca: { notAfter: time(NOW - 1000) } }],
    ['an expired root', false, { root: { notAfter: time(NOW - 1000) } }],
    ['a leaf that is not valid yet', false, { leaf: { notBefore: time(NOW + 1000) } }],
    ['a name whose set is not sorted', true, { ca: { subject: unsorted }, leaf: { issuer: unsorted } }],
    ['a negative serial number', true, { leaf: { serial: integer(0x80) } }],
    ['a list that does not name it', true, { crl: {} }],
    ['a list that names it', false, { crl: { revoked: 3 } }],
    ['a list that is too old', false, { crl: { nextUpdate: time(NOW - 1000) } }],
    ['a list of another signer', false, { crl: { signer: rootKey } }],
    [
      'a list of an issuer that may not sign lists',
      false,
      { ca: { extensions: [ext.ca(), ext.keyUsage('keyCertSign')] }, crl: {} },
    ],
  ])('%s: %j', async (_, expected, chain) => {
    const { ours, theirs, code } = await answers(chain);
    expect([ours, theirs]).toEqual([expected, expected]);
    const plain = expected && chain.crl === undefined;
    expect(!plain || code === 'ok').toBe(true);
  });

  it('and about whatever combination of these', async () => {
    const bends: readonly Chain[] = [
      {},
      { leaf: { notAfter: time(NOW - 1000) } },
      { leaf: { extensions: [unknown] } },
      { ca: { extensions: [ext.ca(0), ext.keyUsage('keyCertSign')] } },
      { ca: { extensions: [ext.notCa()] } },
      { root: { extensions: [ext.ca(0)] } },
      { root: { extensions: [], version: undefined } },
      { ca: { notBefore: time(NOW + 1000) } },
    ];
    await fc.assert(
      fc.asyncProperty(fc.subarray([...bends]), async (chosen) => {
        const chain = chosen.reduce<Chain>(
          (all, one) => ({
            root: { ...all.root, ...one.root },
            ca: { ...all.ca, ...one.ca },
            leaf: { ...all.leaf, ...one.leaf },
          }),
          {},
        );
        const { ours, theirs } = await answers(chain);
        expect(ours).toBe(theirs);
      }),
      { numRuns: 30 },
    );
  });
});

describe('trust files that OpenSSL writes', () => {
  const key = rsaKey();
  const root = makeCertificate({ subject: commonName('Root'), key, signer: key, extensions: [ext.ca()] });
  beforeAll(() => {
    writeFileSync(file('trust.pem'), pem(root));
    writeFileSync(file('trust.key'), key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  });
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args);
  const expectOnlyRoot = (name: string, passphrase?: string): void => {
    const { certificates, refused } = readTrustFile(bytesOf(name), name, passphrase);
    expect(refused).toEqual([]);
    expect(certificates.map(({ der: bytes }) => toHex(bytes))).toEqual([root.toString('hex')]);
  };

  it.each(['DER', 'PEM'])('PKCS#7 as %s', async (form) => {
    await openssl('crl2pkcs7', '-nocrl', '-certfile', file('trust.pem'), '-outform', form, '-out', file('trust.p7b'));
    expectOnlyRoot('trust.p7b');
  });

  it.each([
    ['as it does today', []],
    ['as it did', ['-legacy']],
    ['with RC2 of 40 bits', ['-legacy', '-certpbe', 'PBE-SHA1-RC2-40', '-keypbe', 'PBE-SHA1-3DES']],
    ['with triple DES', ['-legacy', '-certpbe', 'PBE-SHA1-3DES']],
    ['with another hash', ['-macalg', 'sha512']],
    ['in the clear', ['-certpbe', 'NONE', '-keypbe', 'NONE']],
    ['without a MAC', ['-nomac']],
    ['without its key', ['-nokeys']],
  ])('PKCS#12 %s', async (_, options) => {
    const input = ['-in', file('trust.pem'), '-inkey', file('trust.key'), '-out', file('trust.p12')];
    await openssl('pkcs12', '-export', ...input, '-passout', 'pass:päss', ...options);
    expectOnlyRoot('trust.p12', 'päss');
  });

  it('PKCS#12 with an empty passphrase', async () => {
    const input = ['-in', file('trust.pem'), '-inkey', file('trust.key'), '-out', file('trust.p12')];
    await openssl('pkcs12', '-export', ...input, '-passout', 'pass:');
    expectOnlyRoot('trust.p12');
  });

  it('lists of its own', async () => {
    mkdirSync(file('ca-database'), { recursive: true });
    const database = file('ca-database/index');
    // V or R, expiry, revocation and reason, serial number, file, name
    writeFileSync(database, 'R\t270101000000Z\t260201000000Z,keyCompromise\t05\tunknown\t/CN=x\n');
    writeFileSync(
      file('ca.conf'),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${database}\ndefault_md=sha256\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=issuer:always\n`,
    );
    const source = ['-cert', file('trust.pem'), '-keyfile', file('trust.key')];
    const dates = ['-crl_lastupdate', '20260601000000Z', '-crl_nextupdate', '20260701000000Z'];
    await openssl('ca', '-config', file('ca.conf'), '-gencrl', ...source, ...dates, '-out', file('list.pem'));
    const [crl] = readTrustFile(bytesOf('list.pem'), 'list').crls;
    expect(crl).toMatchObject({ thisUpdate: Date.UTC(2026, 5), nextUpdate: Date.UTC(2026, 6) });
    expect(crl!.revoked).toEqual(new Map([['05', { reason: 'keyCompromise', revokedAt: Date.UTC(2026, 1) }]]));
    const anchors = [parsed(root)];
    const leaf = (serial: number): PathInput['leaf'] =>
      parsed(makeCertificate({ key: p256Key('x'), issuer: commonName('Root'), signer: key, serial: integer(serial) }));
    const outcome = (serial: number): string => {
      const rules = { sha1: false, purpose: undefined };
      const input = { leaf: leaf(serial), presented: [], intermediates: [], anchors, crls: [crl!], rules };
      const result = validatePath(input, NOW, { missing: 'refuse', stale: 'refuse' });
      return result.ok ? 'ok' : result.code;
    };
    expect([outcome(5), outcome(6)]).toEqual(['path.revoked', 'ok']);
  });
});

function pem(bytes: Uint8Array, label = 'CERTIFICATE'): string {
  const body = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}
