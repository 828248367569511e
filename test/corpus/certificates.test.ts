/** Certificates of real makers: read or refused by code, and led to their roots as `openssl verify` does, but for explained differences. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EvidenceError } from '../../src/bytes/errors.ts';
import { parseAttributeCertificate, type AttributeCertificate } from '../../src/x509/attribute-certificate.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { checkEkCertificate } from '../../src/x509/ek-certificate.ts';
import type { PathResult, RevocationRule } from '../../src/x509/path-model.ts';
import { validatePath } from '../../src/x509/path.ts';
import { isSelfIssued } from '../../src/x509/path-rules.ts';
import { checkAttributeCertificate } from '../../src/x509/platform-certificate.ts';
import { readStoredCertificate } from '../../src/x509/stored-certificate.ts';
import { readPlatformAttributes } from '../../src/x509/tpm-attributes.ts';
import { readTrustFile } from '../../src/x509/trust-file.ts';
import { ensureInstalled, run } from '../tools/programs.ts';
import { certificateBlobs } from './certificate-files.ts';
import { corpusBytes, corpusFiles, corpusText } from './corpus.ts';
import { DIFFERENCES, REFUSED, type Difference } from './certificate-exceptions.ts';

interface Named<T> {
  readonly name: string;
  readonly read: T;
}

const certificates: Named<Certificate>[] = [];
const platforms: Named<AttributeCertificate>[] = [];
const refused = new Map<string, string>();
for (const { name, bytes } of certificateBlobs()) {
  try {
    certificates.push({ name, read: readStoredCertificate(bytes, name).certificate });
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    try {
      platforms.push({ name, read: parseAttributeCertificate(bytes, name) });
    } catch (other) {
      if (!(other instanceof EvidenceError)) throw other;
      refused.set(name, error.code);
    }
  }
}

const named = <T>(list: readonly Named<T>[], part: string): T => {
  const found = list.filter(({ name }) => name.includes(part));
  expect(found.map(({ name }) => name)).toHaveLength(1);
  return found[0]!.read;
};

describe('every certificate', () => {
  it('is read, or refused with a code that the table knows', () => {
    expect(certificates.length).toBeGreaterThan(250);
    expect(platforms.length).toBeGreaterThan(25);
    expect(Object.fromEntries(refused)).toEqual(REFUSED);
  });

  it('comes out of trust files as out of its bytes', () => {
    const files = corpusFiles().filter(({ file, kind }) => kind.startsWith('ek-ca') && file.endsWith('.pem'));
    expect(files.length).toBeGreaterThan(40);
    for (const { file } of files) {
      const read = readTrustFile(corpusBytes(file), file);
      const blocks = corpusText(file).match(/-----BEGIN CERTIFICATE-----/g)!;
      expect([file, read.refused]).toEqual([file, []]);
      expect(read.certificates.length).toBeLessThanOrEqual(blocks.length);
      expect(read.certificates.length).toBe(new Set(read.certificates.map(({ sha256 }) => sha256)).size);
    }
  });

  it('shows the quirks that are known of its maker', () => {
    const makers = (quirk: string): string[] => [
      ...new Set(
        certificates
          .filter(({ read }) => read.quirks.some((one) => one === quirk))
          .map(({ read }) => /O=(\w+)/.exec(read.issuer)?.[1] ?? read.issuer),
      ),
    ];
    expect(makers('padded-serial-number')).toEqual(['STMicroelectronics']);
    expect(makers('unsorted-set')).toEqual(['Nuvoton']);
    expect(makers('early-generalized-time').toSorted()).toEqual(['Advanced', 'Aliyun']);
    expect(makers('ecdsa-null-parameters')).toEqual(['Intel']);
    expect(makers('padded-key-usage')).toEqual(expect.arrayContaining(['Infineon', 'STMicroelectronics']));
  });
});

describe('endorsement keys', () => {
  const HIRS = 'HIRS_AttestationCA/src/test/resources/certificates/';

  it.each([
    [
      `${HIRS}ek_cert_with_padded_bytes.cer`,
      [],
      'NTC',
      ['unsorted-set', 'critical-eku', 'missing-key-usage', 'critical-san', 'rsaes-oaep-key'],
    ],
    [
      `${HIRS}nuc-1/ek_cert_untouched.cer`,
      [],
      'STM',
      ['critical-eku', 'missing-key-usage', 'critical-san', 'rsaes-oaep-key'],
    ],
    ['uca_tpm_ecc_enc_cert', [], 'GOOG', ['critical-san']],
    ['uca_tpm_rsa_enc_cert', [], 'GOOG', ['critical-san']],
    ['pca_tpm_ecc_enc_cert', [], undefined, ['missing-eku', 'missing-tpm-attributes']],
    // Those for signing are of AKs, whatever their purposes say.
    ['uca_tpm_ecc_sign_cert', ['ek.key-usage'], 'GOOG', ['critical-san']],
    ['pca_tpm_rsa_sign_cert', ['ek.key-usage'], undefined, ['missing-eku', 'missing-tpm-attributes']],
    ['tpm/sample_identity_cert.cer', ['ek.purpose'], undefined, expect.anything()],
  ])('%s', (part, codes, vendor, quirks) => {
    const check = checkEkCertificate(named(certificates, part), { key: undefined, weakKey: 'refuse' });
    expect(check.refusals.map(({ code }) => code)).toEqual(codes);
    expect(check.tpm?.vendor).toBe(vendor);
    expect(check.quirks).toEqual(quirks);
  });

  it('in NV indices are read with what surrounds them', () => {
    const [file] = corpusFiles().filter((entry) => entry.file.endsWith('ek_cert_with_padded_bytes.cer'));
    expect(readStoredCertificate(corpusBytes(file!.file), 'ek').quirks).toEqual(['nv-padding']);
    const [stored] = corpusFiles().filter((entry) => entry.file.endsWith('ek_cert_untouched.cer'));
    expect(readStoredCertificate(corpusBytes(stored!.file), 'ek').quirks).toEqual(['nv-header']);
  });
});

describe('platform certificates', () => {
  const EXPECTED = '.cer.json';
  interface Expected {
    readonly SerialNumber: number;
    readonly NotBefore: string;
    readonly NotAfter: string;
    readonly PlatformManufacturer: string;
    readonly PlatformModel: string;
    readonly PlatformVersion: string;
    readonly PlatformSerial: string;
  }

  it.each(corpusFiles().filter(({ file }) => file.endsWith(EXPECTED)))('$file', ({ file }) => {
    // Numbers of that size lose digits in JSON.parse.
    const text = corpusText(file);
    const expected = JSON.parse(text) as Expected;
    const serial = BigInt(/"SerialNumber":\s*(\d+)/.exec(text)![1]!);
    const source = file.slice(0, -'.json'.length);
    const read = parseAttributeCertificate(corpusBytes(source), source);
    expect(BigInt(`0x${read.serialNumber}`)).toBe(serial);
    expect(new Date(read.notBefore).toISOString()).toBe(expected.NotBefore.replace('Z', '.000Z'));
    expect(new Date(read.notAfter).toISOString()).toBe(expected.NotAfter.replace('Z', '.000Z'));
    const {
      manufacturer,
      model,
      version,
      serial: number,
    } = readPlatformAttributes(read.extensions, 'platform', new Set());
    expect([manufacturer, model, version, number].map((value) => value ?? '')).toEqual([
      expected.PlatformManufacturer,
      expected.PlatformModel,
      expected.PlatformVersion,
      expected.PlatformSerial,
    ]);
  });

  it.each([
    ['Intel_nuc1.cer', 'intel_chain/root/intermediate2.cer', []],
    ['lenovo.cer', 'intel_chain/root/intermediate2.cer', []],
    ['Intel_nuc_pc.cer', 'testdata/IntelSigningKey_20April2017.cer', ['path.sha1']],
    ['Intel_pc2.cer', 'testdata/IntelSigningKey_20April2017.cer', ['path.sha1']],
    // Signed by the key that came after.
    ['Intel_pc4.cer', 'testdata/IntelSigningKey_20April2017.cer', ['platform.signature']],
  ])('%s is signed by %s: %j', (platform, issuer, codes) => {
    const read = named(platforms, platform);
    const ek = {
      ...certificates[0]!.read,
      issuerName: read.holder!.issuerName,
      serialNumber: read.holder!.serialNumber,
    };
    const input = { ek, issuer: named(certificates, issuer), at: read.notBefore, sha1: false };
    expect(checkAttributeCertificate(read, input).refusals.map(({ code }) => code)).toEqual(codes);
  });

  it('that are of changes are refused by name', () => {
    const deltas = platforms.filter(({ name }) => /delta/i.test(name) && !/_base/.test(name));
    expect(deltas.length).toBeGreaterThan(2);
    for (const { name, read } of deltas) {
      const other = certificates[0]!.read;
      const check = checkAttributeCertificate(read, { ek: other, issuer: other, at: read.notBefore, sha1: true });
      expect([name, check.refusals.map(({ code }) => code)]).toEqual([
        name,
        expect.arrayContaining(['platform.delta']),
      ]);
    }
  });
});

describe('paths, compared with openssl verify', () => {
  const LENIENT: RevocationRule = { missing: 'note', stale: 'note' };
  const TWENTY_YEARS = 20 * 365 * 86_400_000;
  const TODAY = Date.UTC(2026, 10, 1);
  const leaves = certificates.filter(({ read }) => !isSelfIssued(read));
  const anchors = certificates.map(({ read }) => read).filter(isSelfIssued);
  const intermediates = leaves.map(({ read }) => read);
  const rules = { sha1: true, purpose: undefined };

  let folder = '';
  const unreadable = new Set<string>();
  beforeAll(async () => {
    await ensureInstalled(['openssl']);
    folder = mkdtempSync(join(tmpdir(), 'assay-paths-'));
    for (const { name, read } of certificates) {
      const { code } = await run('openssl', ['x509', '-inform', 'DER', '-noout'], { input: read.der, accept: [0, 1] });
      if (code !== 0) unreadable.add(name);
    }
    const readable = certificates.filter(({ name }) => !unreadable.has(name));
    for (const [file, isRoot] of [
      ['roots.pem', true],
      ['intermediates.pem', false],
    ] as const) {
      const chosen = readable.filter(({ read }) => isSelfIssued(read) === isRoot);
      writeFileSync(join(folder, file), chosen.map(({ read }) => pem(read.der)).join(''));
    }
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const ours = (leaf: Certificate, at: number): PathResult =>
    validatePath({ leaf, presented: [], intermediates, anchors, crls: [], rules }, at, LENIENT);

  /** What OpenSSL says: `ok`, or the first error. */
  async function theirs(leaf: Certificate, at: number): Promise<string> {
    const file = join(folder, 'leaf.pem');
    writeFileSync(file, pem(leaf.der));
    const stores = ['-no-CApath', '-no-CAstore', '-CAfile', join(folder, 'roots.pem')];
    const untrusted = ['-untrusted', join(folder, 'intermediates.pem'), '-attime', String(Math.floor(at / 1000))];
    const { code, stdout, stderr } = await run('openssl', ['verify', ...stores, ...untrusted, file], {
      accept: [0, 1, 2],
    });
    if (code === 0) return 'ok';
    return /error (\d+) at/.exec(`${stdout.toString()}${stderr.toString()}`)?.[1] ?? 'unreadable';
  }

  it('has what to compare', () => {
    expect(leaves.length).toBeGreaterThan(190);
    expect(anchors.length).toBeGreaterThan(35);
  });

  it.each([
    [
      'in the middle of its validity',
      (leaf: Certificate) => (leaf.notBefore + Math.min(leaf.notAfter, leaf.notBefore + TWENTY_YEARS)) / 2,
    ],
    ['in November 2026', () => TODAY],
  ])(
    'each %s',
    async (_, time) => {
      const found: Record<string, Difference> = {};
      for (const { name, read } of leaves) {
        const at = time(read);
        const result = ours(read, at);
        const answer = await theirs(read, at);
        if (result.ok !== (answer === 'ok')) found[name] = explain(read, result, answer);
      }
      const expected = Object.entries(DIFFERENCES).filter(([name]) => standsAt(name, time));
      expect(found).toEqual(Object.fromEntries(expected));
    },
    240_000,
  );

  /** Whether the table's certificate has a path at that time: then its difference must show, else both refuse it. */
  function standsAt(name: string, time: (leaf: Certificate) => number): boolean {
    const leaf = leaves.find((one) => one.name === name);
    return leaf === undefined || ours(leaf.read, time(leaf.read)).ok;
  }

  /** The cause, told by what both sides say: each is a property of the certificates, so a new difference cannot hide behind an old name. */
  function explain(leaf: Certificate, result: PathResult, answer: string): Difference {
    const uses = result.ok ? result.quirks.map(({ quirk }) => quirk) : [];
    if (answer === 'unreadable' && uses.includes('padded-serial-number')) return 'openssl-refuses-padded-numbers';
    if (answer === '20' && uses.includes('aki-serial-differs')) return 'openssl-follows-authority-serial';
    const marked = checkEkCertificate(leaf, { key: undefined, weakKey: 'note' }).quirks.includes('rsaes-oaep-key');
    if (answer === '1' && marked) return 'openssl-loads-no-oaep-key';
    return `unexplained: ${result.ok ? 'ok' : result.code}, openssl ${answer}`;
  }

  it('SHA-1 is refused where the rule says so, and only there', () => {
    for (const { read } of leaves) {
      const at = (read.notBefore + Math.min(read.notAfter, read.notBefore + TWENTY_YEARS)) / 2;
      const lenient = ours(read, at);
      const input = { leaf: read, presented: [], intermediates, anchors, crls: [] };
      const strict = validatePath({ ...input, rules: { ...rules, sha1: false } }, at, LENIENT);
      const withoutSha1 = lenient.ok && lenient.notes.every(({ note }) => note !== 'sha1-signature');
      expect(strict.ok).toBe(withoutSha1);
    }
  });
});

function pem(der: Uint8Array): string {
  const body = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}
