/** Our layouts and masks beside those of tpm2-tss and tpm2-tools, and our quote check on the quotes of a software TPM. */

import { constants, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashByName, type HashName } from '../../src/bytes/hash.ts';
import { toHex } from '../../src/bytes/text.ts';
import { curveByName, TPM_ALG, TPM_GENERATED_VALUE, TPMA_OBJECT } from '../../src/tpm/algorithms.ts';
import { isAttestOf, readAttest, writeAttest, type TpmsAttest } from '../../src/tpm/attest.ts';
import type { TpmsClockInfo } from '../../src/tpm/clock-info.ts';
import { readAkPin } from '../../src/tpm/key.ts';
import { hierarchyQualifiedName, qualifiedName } from '../../src/tpm/names.ts';
import { readPcrs } from '../../src/tpm/pcr-values.ts';
import { readPublic2B, writePublic, type TpmtAsymScheme, type TpmtPublic } from '../../src/tpm/public.ts';
import { checkQuote, type QuoteCheck } from '../../src/tpm/quote.ts';
import { parseSelection, writeSelection, type TpmlPcrSelection } from '../../src/tpm/selection.ts';
import { readSignature, writeSignature, type RsaSignature, type TpmtSignature } from '../../src/tpm/signature.ts';
import * as arbitrary from '../tpm/arbitraries.ts';
import { makeAk } from '../tpm/software-tpm.ts';
import { ensureInstalled, run } from './programs.ts';
import { startSoftwareTpm, type SoftwareTpm } from './software-tpm.ts';
import { marshal, tpm2b } from './tss2-mu.ts';

let folder = '';
beforeAll(async () => {
  await ensureInstalled(['swtpm', 'tpm2']);
  folder = mkdtempSync(join(tmpdir(), 'assay-tpm-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hashId = (hash: HashName): number => hashByName(hash)!.id;

describe('libtss2-mu marshals as we write', () => {
  it('TPML_PCR_SELECTION', () => {
    fc.assert(
      fc.property(arbitrary.tpml, (list) => {
        expect(toHex(writeSelection(list))).toBe(toHex(marshal('TPML_PCR_SELECTION', tssSelection(list))));
      }),
    );
  });

  it('TPMS_ATTEST of every kind that is read', () => {
    const seen = new Set<number>();
    fc.assert(
      fc.property(
        arbitrary.attest.filter(({ attested }) => !(attested instanceof Uint8Array)).map(withTssDigests),
        (attest) => {
          seen.add(attest.type);
          const tss = {
            magic: TPM_GENERATED_VALUE,
            type: attest.type,
            qualifiedSigner: tssName(attest.qualifiedSigner),
            extraData: tpm2b(attest.extraData, 66),
            clockInfo: tssClock(attest.clockInfo),
            firmwareVersion: attest.firmwareVersion,
            attested: tssAttested(attest),
          };
          expect(toHex(writeAttest(attest))).toBe(toHex(marshal('TPMS_ATTEST', tss)));
        },
      ),
    );
    expect(seen).toEqual(new Set([0x8014, 0x8017, 0x8018, 0x8019, 0x801a]));
  });

  it('TPMT_SIGNATURE', () => {
    fc.assert(
      fc.property(arbitrary.signature, (given) => {
        const signature = fitting(given);
        expect(toHex(writeSignature(signature))).toBe(toHex(marshal('TPMT_SIGNATURE', tssSignature(signature))));
      }),
    );
  });

  it('TPMT_PUBLIC', () => {
    fc.assert(
      fc.property(arbitrary.publicArea.filter(tssKnows), (area) => {
        expect(toHex(writePublic(area))).toBe(toHex(marshal('TPMT_PUBLIC', tssPublic(area))));
      }),
    );
  });
});

/** The TSS has room for a SHA-512 digest. */
function withTssDigests(attest: TpmsAttest): TpmsAttest {
  if (isAttestOf(attest, 'QUOTE')) {
    return { ...attest, attested: { ...attest.attested, pcrDigest: attest.attested.pcrDigest.subarray(0, 64) } };
  }
  if (isAttestOf(attest, 'CREATION')) {
    return { ...attest, attested: { ...attest.attested, creationHash: attest.attested.creationHash.subarray(0, 64) } };
  }
  return attest;
}

function tssAttested(attest: TpmsAttest): object {
  if (isAttestOf(attest, 'QUOTE')) {
    const { pcrSelect, pcrDigest } = attest.attested;
    return { quote: { pcrSelect: tssSelection(pcrSelect), pcrDigest: tpm2b(pcrDigest, 64) } };
  }
  if (isAttestOf(attest, 'CERTIFY')) {
    const { name, qualifiedName } = attest.attested;
    return { certify: { name: tssName(name), qualifiedName: tssName(qualifiedName) } };
  }
  if (isAttestOf(attest, 'CREATION')) {
    const { objectName, creationHash } = attest.attested;
    return { creation: { objectName: tssName(objectName), creationHash: tpm2b(creationHash, 64) } };
  }
  if (isAttestOf(attest, 'TIME')) {
    const { time, firmwareVersion } = attest.attested;
    return { time: { time: { time: time.time, clockInfo: tssClock(time.clockInfo) }, firmwareVersion } };
  }
  if (isAttestOf(attest, 'NV')) {
    const { indexName, offset, nvContents } = attest.attested;
    return { nv: { indexName: tssName(indexName), offset, nvContents: tpm2b(nvContents, 2048) } };
  }
  throw new Error(`type 0x${attest.type.toString(16)} is not read`);
}

const tssName = (name: Uint8Array): object => tpm2b(name, 68, 'name');

const tssClock = (clockInfo: TpmsClockInfo): object => ({ ...clockInfo, safe: clockInfo.safe ? 1 : 0 });

function tssSelection(list: TpmlPcrSelection): object {
  const entries = list.map(({ hash, sizeofSelect, pcrSelect }) => {
    const map = new Uint8Array(4);
    for (const pcr of pcrSelect) map[Math.floor(pcr / 8)]! += 2 ** (pcr % 8);
    return { hash, sizeofSelect, pcrSelect: map };
  });
  const empty = { hash: 0, sizeofSelect: 0, pcrSelect: new Uint8Array(4) };
  return { count: list.length, pcrSelections: [...entries, ...Array.from({ length: 16 - list.length }, () => empty)] };
}

/** The TSS has room for numbers of 128 bytes in an ECDSA signature. */
function fitting(signature: TpmtSignature): TpmtSignature {
  if (signature.sigAlg !== TPM_ALG.ECDSA) return signature;
  const { signatureR, signatureS } = signature;
  return { ...signature, signatureR: signatureR.subarray(0, 128), signatureS: signatureS.subarray(0, 128) };
}

function tssSignature(signature: TpmtSignature): object {
  const { sigAlg } = signature;
  const hash = hashId(signature.hash);
  if (sigAlg !== TPM_ALG.ECDSA) return { sigAlg, signature: { rsa: { hash, sig: tpm2b(signature.sig, 512) } } };
  const { signatureR, signatureS } = signature;
  const ecdsa = { hash, signatureR: tpm2b(signatureR, 128), signatureS: tpm2b(signatureS, 128) };
  return { sigAlg, signature: { ecdsa } };
}

/** tpm2-tss 3.2 marshals neither triple DES nor KDF2. */
function tssKnows({ parameters }: TpmtPublic): boolean {
  const kdf = 'kdf' in parameters ? parameters.kdf : null;
  return parameters.symmetric?.algorithm !== TPM_ALG.TDES && kdf?.scheme !== TPM_ALG.KDF2;
}

function tssPublic(area: TpmtPublic): object {
  const common = {
    nameAlg: hashId(area.nameAlg),
    objectAttributes: area.objectAttributes,
    authPolicy: tpm2b(area.authPolicy, 64),
  };
  const symmetric = area.parameters.symmetric ?? { algorithm: TPM_ALG.NULL, keyBits: 0, mode: 0 };
  const scheme = tssScheme(area.parameters.scheme);
  if (area.type === 'rsa') {
    const { keyBits, exponent } = area.parameters;
    const parameters = { rsaDetail: { symmetric, scheme, keyBits, exponent } };
    return { type: TPM_ALG.RSA, ...common, parameters, unique: { rsa: tpm2b(area.unique, 512) } };
  }
  const { curveID, kdf } = area.parameters;
  const tssKdf = kdf === null ? { scheme: TPM_ALG.NULL, hashAlg: 0 } : { ...kdf, hashAlg: hashId(kdf.hashAlg) };
  const parameters = { eccDetail: { symmetric, scheme, curveID: curveByName(curveID).id, kdf: tssKdf } };
  const unique = { ecc: { x: tpm2b(area.unique.x, 128), y: tpm2b(area.unique.y, 128) } };
  return { type: TPM_ALG.ECC, ...common, parameters, unique };
}

function tssScheme(scheme: TpmtAsymScheme | null): object {
  if (scheme === null) return { scheme: TPM_ALG.NULL, hashAlg: 0, count: 0 };
  const hashAlg = scheme.hashAlg === null ? 0 : hashId(scheme.hashAlg);
  return { scheme: scheme.scheme, hashAlg, count: scheme.count ?? 0 };
}

describe('tpm2_print', () => {
  it('names every attribute as we do', async () => {
    const { area } = makeAk('ecdsa');
    // tpm2-tools 5.4 knows no name for the attributes of later revisions.
    const later = new Set(['firmwareLimited', 'svnLimited']);
    const theirs: Record<string, string> = { x509sign: 'reserved', stClear: 'stclear' };
    for (const [name, bit] of Object.entries(TPMA_OBJECT).filter(([known]) => !later.has(known))) {
      const file = join(folder, 'attribute.pub');
      writeFileSync(file, writePublic({ ...area, objectAttributes: bit }));
      const { stdout } = await run('tpm2', ['print', '-t', 'TPMT_PUBLIC', file]);
      const printed = /attributes:\n {2}value: (.*)\n {2}raw: (.*)\n/.exec(stdout.toString());
      expect([name, printed?.[2]]).toEqual([name, `0x${bit.toString(16)}`]);
      expect(printed?.[1]).toContain(theirs[name] ?? name.toLowerCase());
    }
  });
});

const SELECTION = 'sha1:0-23+sha256:0-23+sha384:0-15';
const NONCE = '00112233445566778899aabbccddeeff';
const KEYS = [
  { name: 'ecdsa', key: 'ecc', scheme: 'ecdsa', hash: 'sha256' },
  { name: 'ecdsa-p384', key: 'ecc384', scheme: 'ecdsa', hash: 'sha384' },
  { name: 'ecdsa-p521', key: 'ecc521', scheme: 'ecdsa', hash: 'sha512' },
  { name: 'rsassa', key: 'rsa', scheme: 'rsassa', hash: 'sha256' },
  { name: 'rsapss', key: 'rsa', scheme: 'rsapss', hash: 'sha384' },
] as const;

describe('a software TPM', () => {
  let tpm: SoftwareTpm | undefined;
  const file = (name: string): string => join(folder, name);
  const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(file(name)));
  const tpm2 = async (...args: string[]): Promise<string> => {
    // The tools leave what they loaded in the TPM, which has room for three objects.
    await tpm!.tpm2(['flushcontext', '-t']);
    return (await tpm!.tpm2(args)).stdout.toString();
  };

  beforeAll(async () => {
    tpm = await startSoftwareTpm(folder);
    await tpm2('createek', '-c', file('ek.ctx'), '-G', 'ecc', '-u', file('ek.pub'));
    for (let pcr = 0; pcr < 8; pcr++) await tpm2('pcrevent', String(pcr), file('ek.pub'));
    for (const { name, key, scheme, hash } of KEYS) await makeQuote(name, key, scheme, hash);
  }, 120_000);
  afterAll(async () => {
    await tpm?.stop();
  });

  /** An AK below the endorsement key, and its quote in both layouts of values. */
  async function makeQuote(name: string, key: string, scheme: string, hash: string): Promise<void> {
    const [context, pub] = [file(`${name}.ctx`), file(`${name}.pub`)];
    const names = ['-n', file(`${name}.name`), '-q', file(`${name}.qname`)];
    await tpm2(
      'createak',
      '-C',
      file('ek.ctx'),
      '-c',
      context,
      '-G',
      key,
      '-g',
      hash,
      '-s',
      scheme,
      '-u',
      pub,
      ...names,
    );
    await tpm2('readpublic', '-c', context, '-f', 'pem', '-o', file(`${name}.pem`));
    for (const format of ['serialized', 'values']) {
      const out = ['-m', file(`${name}.msg`), '-s', file(`${name}.sig`), '-o', file(`${name}.${format}`), '-F', format];
      await tpm2('quote', '-c', context, '-l', listed(SELECTION), '-q', NONCE, '-g', hash, '--scheme', scheme, ...out);
    }
  }

  /** tpm2-tools takes no ranges. */
  function listed(selection: string): string {
    return [...parseSelection(selection)].map(([bank, pcrs]) => `${bank}:${pcrs.join(',')}`).join('+');
  }

  function check(name: string, pin: string, pcrs: string): QuoteCheck {
    const selection = parseSelection(SELECTION);
    const parentQualifiedName = qualifiedName(
      hierarchyQualifiedName('endorsement'),
      readPublic2B(bytes('ek.pub')).public,
    );
    const nonce = new Uint8Array(Buffer.from(NONCE, 'hex'));
    const input = {
      attest: bytes(`${name}.msg`),
      signature: bytes(`${name}.sig`),
      pcrs: readPcrs(bytes(`${name}.${pcrs}`), selection),
    };
    return checkQuote(input, readAkPin(bytes(`${name}.${pin}`)), { nonce, selection, parentQualifiedName });
  }

  it.each(KEYS)('quotes with $name, and every step is yes in both layouts of values', ({ name }) => {
    for (const layout of ['serialized', 'values']) {
      const result = check(name, 'pub', layout);
      expect(result.steps.filter(({ answer }) => answer !== 'yes')).toEqual([]);
      expect(result.quoted!.banks).toEqual(['sha1', 'sha256', 'sha384']);
      expect(check(name, 'pem', layout).quoted).toBeDefined();
    }
  });

  it.each(KEYS)('gives $name the name and the qualified name that we compute', ({ name }) => {
    const ak = readAkPin(bytes(`${name}.pub`));
    expect(toHex(ak.name!)).toBe(toHex(bytes(`${name}.name`)));
    const parent = qualifiedName(hierarchyQualifiedName('endorsement'), readPublic2B(bytes('ek.pub')).public);
    expect(toHex(qualifiedName(parent, ak.public!))).toBe(toHex(bytes(`${name}.qname`)));
  });

  // tpm2_checkquote 5.4 takes every RSA signature for RSASSA.
  it.each(KEYS.filter(({ scheme }) => scheme !== 'rsapss'))(
    'and tpm2_checkquote agree about $name, good and changed',
    async ({ name, hash }) => {
      const agree = async (
        change: (part: 'msg' | 'sig' | 'serialized', bytes: Uint8Array) => void,
      ): Promise<string[]> => {
        for (const part of ['msg', 'sig', 'serialized'] as const) {
          const copy = bytes(`${name}.${part}`);
          change(part, copy);
          writeFileSync(file(`changed.${part}`), copy);
        }
        writeFileSync(file('changed.pem'), bytes(`${name}.pem`));
        const args = ['-u', file('changed.pem'), '-m', file('changed.msg'), '-s', file('changed.sig'), '-g', hash];
        const tool = await run('tpm2', ['checkquote', ...args, '-f', file('changed.serialized'), '-q', NONCE], {
          accept: [0, 1],
        });
        const ours = check('changed', 'pem', 'serialized');
        return [tool.code === 0 ? 'good' : 'bad', ours.quoted === undefined ? 'bad' : 'good'];
      };
      expect(await agree(() => undefined)).toEqual(['good', 'good']);
      expect(await agree((part, copy) => void (part === 'msg' && (copy[60]! ^= 1)))).toEqual(['bad', 'bad']);
      expect(await agree((part, copy) => void (part === 'sig' && (copy[20]! ^= 1)))).toEqual(['bad', 'bad']);
      expect(await agree((part, copy) => void (part === 'serialized' && (copy[142]! ^= 1)))).toEqual(['bad', 'bad']);
    },
  );

  it('prints the attest as we read it', async () => {
    const attest = readAttest(bytes('ecdsa.msg'));
    const text = await tpm2('print', '-t', 'TPMS_ATTEST', file('ecdsa.msg'));
    const field = (name: string): string | undefined => new RegExp(`^ *${name}: (.*)$`, 'm').exec(text)?.[1];
    expect(field('magic')).toBe('ff544347');
    expect(field('type')).toBe('8018');
    expect(field('qualifiedSigner')).toBe(toHex(attest.qualifiedSigner));
    expect(field('extraData')).toBe(toHex(attest.extraData));
    expect(field('clock')).toBe(attest.clockInfo.clock.toString());
    expect(field('resetCount')).toBe(String(attest.clockInfo.resetCount));
    expect(field('restartCount')).toBe(String(attest.clockInfo.restartCount));
    expect(field('safe')).toBe(attest.clockInfo.safe ? '1' : '0');
    // It prints the bytes of the number as they lie in memory.
    expect(Buffer.from(field('firmwareVersion')!, 'hex').readBigUInt64LE()).toBe(attest.firmwareVersion);
    expect(field('pcrDigest')).toBe(isAttestOf(attest, 'QUOTE') ? toHex(attest.attested.pcrDigest) : '');
  });

  it('reads values as tpm2_pcrread prints and writes them', async () => {
    const selection = parseSelection(SELECTION);
    const printed = await tpm2('pcrread', listed(SELECTION), '-o', file('read.values'));
    const values = readPcrs(bytes('ecdsa.values'), selection);
    expect(readPcrs(new Uint8Array(Buffer.from(printed)))).toEqual(values);
    expect(readPcrs(bytes('read.values'), selection)).toEqual(values);
    expect(readPcrs(bytes('ecdsa.serialized'))).toEqual(values);
  });

  it('signs other attestations with the same key, which are no quotes', async () => {
    const out = ['-o', file('time.sig'), '--attestation', file('time.msg')];
    await tpm2('gettime', '-c', file('ecdsa.ctx'), '-q', NONCE, '-g', 'sha256', ...out);
    const ak = readAkPin(bytes('ecdsa.pub'));
    const input = { attest: bytes('time.msg'), signature: bytes('time.sig'), pcrs: undefined };
    const nonce = new Uint8Array(Buffer.from(NONCE, 'hex'));
    const { steps, quoted } = checkQuote(input, ak, { nonce, selection: parseSelection(SELECTION) });
    expect(steps.map(({ step, answer }) => `${step} ${answer}`)).toEqual([
      'signature yes',
      'magic yes',
      'type no',
      'qualified-signer unknown',
      'extra-data yes',
      'selection unknown',
      'pcr-digest unknown',
    ]);
    expect(quoted).toBeUndefined();
  });

  it('salts RSAPSS with one of the two lengths we try, and with no other', () => {
    const { sig, hash } = readSignature(bytes('rsapss.sig')) as RsaSignature;
    const key = readAkPin(bytes('rsapss.pem')).key;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const lengths = Array.from({ length: 256 - 48 - 1 }, (_, length) => length).filter((saltLength) =>
      verify(hash, bytes('rsapss.msg'), { key, padding, saltLength }, sig),
    );
    expect(lengths).toHaveLength(1);
    expect([48, 256 - 48 - 2]).toContain(lengths[0]);
  });
});
