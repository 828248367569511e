/** What enrolling a host rests on, beside a software TPM: templates, names, credentials, certifications. */

import { createECDH, verify, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { ByteWriter } from '../../src/bytes/writer.ts';
import { akTemplate, akTemplateDifferences } from '../../src/tpm/ak-template.ts';
import { curveByName } from '../../src/tpm/algorithms.ts';
import { isAttestOf, readAttest, writeAttest, type TpmsAttest } from '../../src/tpm/attest.ts';
import { checkCertification } from '../../src/tpm/certify.ts';
import { EK_TEMPLATES, ekTemplateOf, withEkNonce } from '../../src/tpm/ek-template.ts';
import { hostKeyDifferences, hostKeyTemplate } from '../../src/tpm/host-key-template.ts';
import { attestationKey, padCoordinate, publicKeyObject } from '../../src/tpm/key.ts';
import { credentialRandomSize, makeCredential, type MadeCredential } from '../../src/tpm/make-credential.ts';
import { hierarchyQualifiedName, publicName, qualifiedName } from '../../src/tpm/names.ts';
import { readPublic2B, writePublic2B, type TpmtPublic, type TpmtPublicEcc } from '../../src/tpm/public.ts';
import { Random } from '../fuzz/random.ts';
import { SEED } from '../support/seed.ts';
import { ensureInstalled, run } from './programs.ts';
import { startSoftwareTpm, type SoftwareTpm } from './software-tpm.ts';
import { certify, createPrimary, type CreatedPrimary } from './tpm-commands.ts';

let folder = '';
let tpm: SoftwareTpm;
const file = (name: string): string => join(folder, name);
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(file(name)));
const random = new Random(SEED, 'enrolment');

beforeAll(async () => {
  await ensureInstalled(['swtpm', 'swtpm_setup', 'tpm2']);
  folder = mkdtempSync(join(tmpdir(), 'assay-enrolment-'));
  // A certificate authority of its own, so that nothing outside the folder is written.
  const authority = ['statedir = DIR', 'signingkey = DIR/ca.key', 'issuercert = DIR/ca.crt', 'certserial = DIR/serial'];
  writeFileSync(file('localca.conf'), authority.join('\n').replaceAll('DIR', folder));
  writeFileSync(file('localca.options'), '--platform-manufacturer x\n--platform-version 1\n--platform-model x\n');
  const setup = [
    'create_certs_tool = /usr/bin/swtpm_localca',
    `create_certs_tool_config = ${file('localca.conf')}`,
    `create_certs_tool_options = ${file('localca.options')}`,
  ];
  writeFileSync(file('setup.conf'), setup.join('\n'));
  mkdirSync(file('swtpm'));
  const state = ['--tpmstate', file('swtpm'), '--config', file('setup.conf')];
  await run('swtpm_setup', ['--tpm2', '--create-ek-cert', ...state]);
  tpm = await startSoftwareTpm(folder);
});
afterAll(async () => {
  await tpm.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The TPM has room for three loaded objects, and the tools leave theirs in it. */
async function flush(): Promise<void> {
  await tpm.tpm2(['flushcontext', '-t']);
  await tpm.tpm2(['flushcontext', '-l']);
}

const primary = (template: TpmtPublic): Promise<CreatedPrimary> =>
  createPrimary(tpm, 'endorsement', writePublic2B(template));
const areaOf = (created: CreatedPrimary): TpmtPublic => readPublic2B(created.public).public;
const template = (name: string): TpmtPublic => EK_TEMPLATES.find((one) => one.name === name)!.public;
const ENDORSEMENT = hierarchyQualifiedName('endorsement');

/** libtpms 0.9 makes no RSA key of 4096 bits. */
const MADE = EK_TEMPLATES.filter(({ name }) => name !== 'H-7');

describe('the templates of endorsement keys', () => {
  beforeEach(flush);

  it.each(MADE)('$name makes the key it describes', async ({ name, public: input }) => {
    const created = await primary(input);
    const area = areaOf(created);
    expect(ekTemplateOf(area)?.name).toBe(name);
    expect(area.unique).not.toEqual(input.unique);
    expect(toHex(publicName(area))).toBe(toHex(created.name));
  });

  // The key follows from the whole template, unique and policy included.
  it.each([
    ['L-1', 'rsa'],
    ['L-2', 'ecc'],
    ['H-3', 'ecc384'],
    ['H-4', 'ecc521'],
    ['H-6', 'rsa3072'],
  ])('%s is the default of tpm2_createek for %s', async (name, algorithm) => {
    await tpm.tpm2(['createek', '-G', algorithm, '-c', file('ek.ctx'), '-u', file('ek.pub')]);
    await flush();
    expect(toHex((await primary(template(name))).public)).toBe(toHex(bytes('ek.pub')));
  });

  it.each(EK_TEMPLATES.filter(({ name }) => name === 'L-1' || name === 'H-3'))(
    '$name makes the key of the certificate in its NV index',
    async ({ public: input, nv }) => {
      await tpm.tpm2(['nvread', `0x${nv.certificate.toString(16)}`, '-o', file('ek.crt')]);
      const certified = new X509Certificate(bytes('ek.crt')).publicKey;
      expect(publicKeyObject(areaOf(await primary(input))).equals(certified)).toBe(true);
    },
  );

  it('make another key with a nonce, of the same template', async () => {
    for (const name of ['L-1', 'L-2']) {
      const plain = await primary(template(name));
      const other = areaOf(await primary(withEkNonce(template(name), random.bytes(20))));
      expect(publicName(other)).not.toEqual(plain.name);
      expect(ekTemplateOf(other)?.name).toBe(name);
      await flush();
    }
  });
});

describe('the templates of Assay’s own keys', () => {
  beforeEach(flush);

  it.each(['rsa', 'ecc'] as const)('make an AK of type %s: the same from the same bytes', async (type) => {
    const unique = random.bytes(32);
    const created = await primary(akTemplate(type, unique));
    expect(akTemplateDifferences(areaOf(created))).toEqual([]);
    expect(toHex((await primary(akTemplate(type, unique))).public)).toBe(toHex(created.public));
    expect((await primary(akTemplate(type, random.bytes(32)))).name).not.toEqual(created.name);
  });

  it.each(['rsa', 'ecc'] as const)('make an AK of type %s that signs nothing but what its TPM says', async (type) => {
    const { handle } = await primary(akTemplate(type, random.bytes(32)));
    writeFileSync(file('digest'), random.bytes(32));
    const sign = ['sign', '-c', handle, '-g', 'sha256', '-d', '-o', file('sig'), file('digest')];
    await expect(tpm.tpm2(sign)).rejects.toThrow('tpm2 sign');
    const quote = ['quote', '-c', handle, '-l', 'sha256:0', '-m', file('quote'), '-s', file('sig')];
    expect((await tpm.tpm2(quote)).code).toBe(0);
  });

  it('make a host key that signs what it is given', async () => {
    const created = await primary(hostKeyTemplate(random.bytes(32)));
    expect(hostKeyDifferences(areaOf(created))).toEqual([]);
    writeFileSync(file('message'), random.bytes(100));
    const out = ['-f', 'plain', '-o', file('sig')];
    await tpm.tpm2(['sign', '-c', created.handle, '-g', 'sha256', ...out, file('message')]);
    const key = publicKeyObject(areaOf(created));
    expect(verify('sha256', bytes('message'), key, bytes('sig'))).toBe(true);
  });
});

describe('qualified names', () => {
  beforeEach(flush);

  async function readQualifiedName(object: string): Promise<string> {
    await tpm.tpm2(['readpublic', '-c', object, '-q', file('qname')]);
    return toHex(bytes('qname'));
  }

  it.each(['L-1', 'L-2', 'H-3', 'H-4'])('of a primary key, made from %s', async (name) => {
    const created = await primary(template(name));
    expect(await readQualifiedName(created.handle)).toBe(toHex(qualifiedName(ENDORSEMENT, areaOf(created))));
  });

  it.each(['rsa', 'ecc', 'ecc384'])('of a key under an endorsement key, of type %s', async (algorithm) => {
    await tpm.tpm2(['createek', '-G', algorithm, '-c', file('ek.ctx'), '-u', file('ek.pub')]);
    await flush();
    await tpm.tpm2(['createak', '-C', file('ek.ctx'), '-c', file('ak.ctx'), '-u', file('ak.pub'), '-G', 'ecc']);
    await flush();
    const parent = qualifiedName(ENDORSEMENT, readPublic2B(bytes('ek.pub')).public);
    const ak = readPublic2B(bytes('ak.pub')).public;
    expect(await readQualifiedName(file('ak.ctx'))).toBe(toHex(qualifiedName(parent, ak)));
  });

  it.each(['rsa', 'ecc'])('of a key under the storage root key, of type %s', async (algorithm) => {
    await tpm.tpm2(['createprimary', '-C', 'o', '-G', algorithm, '-c', file('srk.ctx')]);
    await flush();
    await tpm.tpm2(['readpublic', '-c', file('srk.ctx'), '-o', file('srk.pub')]);
    await flush();
    const srk = qualifiedName(hierarchyQualifiedName('owner'), readPublic2B(bytes('srk.pub')).public);
    expect(await readQualifiedName(file('srk.ctx'))).toBe(toHex(srk));
    await flush();
    const key = ['-G', 'ecc', '-u', file('key.pub'), '-r', file('key.priv'), '-c', file('key.ctx')];
    await tpm.tpm2(['create', '-C', file('srk.ctx'), ...key]);
    await flush();
    const expected = qualifiedName(srk, readPublic2B(bytes('key.pub')).public);
    expect(await readQualifiedName(file('key.ctx'))).toBe(toHex(expected));
  });
});

describe('TPM2_ActivateCredential opens what makeCredential made', () => {
  beforeEach(flush);

  /** The credential as the TPM gives it; undefined when it refuses. */
  async function activate(
    ek: CreatedPrimary,
    ak: CreatedPrimary,
    { credentialBlob, secret }: MadeCredential,
  ): Promise<Uint8Array | undefined> {
    // The file of tpm2-tools: magic and version, then the two structures.
    const blob = new ByteWriter().u32be(0xbadcc0de).u32be(1).raw(credentialBlob).raw(secret);
    writeFileSync(file('blob'), blob.bytes());
    await tpm.tpm2(['flushcontext', '-l']);
    await tpm.tpm2(['startauthsession', '--policy-session', '-S', file('session')]);
    await tpm.tpm2(['policysecret', '-S', file('session'), '-c', 'e']);
    // In the low range by policy only; in the high range the empty authorization value does.
    const byPolicy = ekTemplateOf(areaOf(ek))!.name.startsWith('L');
    const auth = byPolicy ? ['-P', `session:${file('session')}`] : [];
    const args = ['-c', ak.handle, '-C', ek.handle, '-i', file('blob'), '-o', file('opened'), ...auth];
    const { code } = await run('tpm2', ['activatecredential', ...args], { env: tpm.env, accept: [0, 1] });
    return code === 0 ? bytes('opened') : undefined;
  }

  it.each(MADE)('to a key of template $name', async ({ public: input }) => {
    const ek = await primary(input);
    const ak = await primary(akTemplate('ecc', random.bytes(32)));
    const area = areaOf(ek);
    for (const length of [1, 16, 32, 32]) {
      const credential = random.bytes(length);
      const made = makeCredential(area, ak.name, credential, random.bytes(credentialRandomSize(area)));
      expect(toHex((await activate(ek, ak, made))!)).toBe(toHex(credential));
    }
  });

  it.each(['L-1', 'L-2', 'H-3'])('only for the key that was named, with an endorsement key of %s', async (name) => {
    const ek = await primary(template(name));
    const ak = await primary(akTemplate('ecc', random.bytes(32)));
    const other = await primary(akTemplate('ecc', random.bytes(32)));
    const area = areaOf(ek);
    const made = makeCredential(area, other.name, random.bytes(32), random.bytes(credentialRandomSize(area)));
    expect(await activate(ek, ak, made)).toBeUndefined();
    expect(await activate(ek, other, made)).toHaveLength(32);
  });

  it.each(['L-2', 'H-3'])('when a coordinate begins with zeros, with an endorsement key of %s', async (name) => {
    const ek = await primary(template(name));
    const ak = await primary(akTemplate('ecc', random.bytes(32)));
    const area = areaOf(ek) as TpmtPublicEcc;
    for (const which of ['ephemeral', 'shared'] as const) {
      const credential = random.bytes(16);
      const made = makeCredential(area, ak.name, credential, leadingZero(area, which));
      expect(toHex((await activate(ek, ak, made))!)).toBe(toHex(credential));
    }
  });

  /** Randomness whose ephemeral key, or whose secret shared with the endorsement key, has an x that begins with a zero. */
  function leadingZero(ek: TpmtPublicEcc, which: 'ephemeral' | 'shared'): Uint8Array {
    const curve = curveByName(ek.parameters.curveID);
    const point = Uint8Array.of(4, ...padCoordinate(curve, ek.unique.x), ...padCoordinate(curve, ek.unique.y));
    const ecdh = createECDH(curve.node);
    const hex = (value: bigint, size: number): string => value.toString(16).padStart(2 * size, '0');
    for (let scalar = BigInt(random.u32()) + 2n; ; scalar++) {
      ecdh.setPrivateKey(hex(scalar, curve.size), 'hex');
      const first = which === 'ephemeral' ? ecdh.getPublicKey()[1] : ecdh.computeSecret(point)[0];
      if (first === 0) return new Uint8Array(Buffer.from(hex(scalar - 1n, curve.size + 8), 'hex'));
    }
  }
});

describe('certifications', () => {
  beforeEach(flush);

  it.each(['rsa', 'ecc'] as const)('of a host key by an AK of type %s pass the check', async (type) => {
    const ak = await primary(akTemplate(type, random.bytes(32)));
    const key = await primary(hostKeyTemplate(random.bytes(32)));
    const extraData = random.bytes(32);
    const input = await certify(tpm, key.handle, ak.handle, extraData);
    const signer = attestationKey(areaOf(ak));
    const expected = { extraData, object: areaOf(key), parentQualifiedName: ENDORSEMENT };
    const { steps, certified } = checkCertification(input, signer, expected);
    expect(steps.filter(({ answer }) => answer !== 'yes')).toEqual([]);
    expect(certified).toEqual({ name: key.name, qualifiedName: qualifiedName(ENDORSEMENT, areaOf(key)) });
    const other = checkCertification(input, signer, { ...expected, object: areaOf(ak) });
    expect(other.certified).toBeUndefined();
  });

  it('of an AK by itself name it', async () => {
    const ak = await primary(akTemplate('ecc', random.bytes(32)));
    const extraData = random.bytes(20);
    const input = await certify(tpm, ak.handle, ak.handle, extraData);
    const checked = checkCertification(input, attestationKey(areaOf(ak)), { extraData, object: areaOf(ak) });
    expect(toHex(checked.certified!.name)).toBe(toHex(ak.name));
  });
});

describe('attestations of other commands are read as the TPM writes them', () => {
  const QUALIFICATION = '00112233445566778899aabbccddeeff';
  const ATTRIBUTES = 'sign|restricted|fixedtpm|fixedparent|sensitivedataorigin|userwithauth';

  beforeAll(async () => {
    await flush();
    await tpm.tpm2(['createprimary', '-C', 'e', '-G', 'ecc', '-c', file('parent.ctx')]);
    await flush();
    const blobs = ['-u', file('signer.pub'), '-r', file('signer.priv')];
    const key = ['-G', 'ecc256:ecdsa-sha256:null', '-a', ATTRIBUTES, ...blobs];
    const creation = ['-d', file('creation.hash'), '-t', file('creation.ticket')];
    await tpm.tpm2(['create', '-C', file('parent.ctx'), ...key, ...creation]);
    await flush();
    await tpm.tpm2(['load', '-C', file('parent.ctx'), ...blobs, '-c', file('signer.ctx')]);
  });
  beforeEach(flush);

  async function attested(command: string, args: readonly string[], rest: readonly string[] = []): Promise<TpmsAttest> {
    const out = ['-g', 'sha256', '-q', QUALIFICATION, '--attestation', file('attest'), '-o', file('sig')];
    await tpm.tpm2([command, ...args, ...out, ...rest]);
    const attest = readAttest(bytes('attest'));
    expect(toHex(attest.extraData)).toBe(QUALIFICATION);
    expect(toHex(writeAttest(attest))).toBe(toHex(bytes('attest')));
    return attest;
  }

  it('TPM2_CertifyCreation', async () => {
    const object = ['-c', file('signer.ctx'), '-d', file('creation.hash'), '-t', file('creation.ticket')];
    const attest = await attested('certifycreation', ['-C', file('signer.ctx'), ...object]);
    expect(isAttestOf(attest, 'CREATION') && attest.attested).toEqual({
      objectName: publicName(readPublic2B(bytes('signer.pub')).public),
      // The tool writes a TPM2B_DIGEST.
      creationHash: bytes('creation.hash').subarray(2),
    });
  });

  it('TPM2_GetTime', async () => {
    const attest = await attested('gettime', ['-c', file('signer.ctx')]);
    if (!isAttestOf(attest, 'TIME')) throw new Error('of another kind');
    const { time, firmwareVersion } = attest.attested;
    expect(time.clockInfo).toEqual(attest.clockInfo);
    expect(firmwareVersion).toBe(attest.firmwareVersion);
    expect(time.time).toBeGreaterThan(0n);
    expect(time.time).toBeLessThanOrEqual(time.clockInfo.clock);
  });

  it('TPM2_NV_Certify', async () => {
    const contents = random.bytes(48);
    writeFileSync(file('contents'), contents);
    await tpm.tpm2(['nvdefine', '0x1500001', '-C', 'o', '-s', '48', '-a', 'ownerread|ownerwrite|authread|authwrite']);
    await tpm.tpm2(['nvwrite', '0x1500001', '-C', 'o', '-i', file('contents')]);
    const printed = (await tpm.tpm2(['nvreadpublic', '0x1500001'])).stdout.toString();
    const part = ['-c', 'o', '--size', '40', '--offset', '8'];
    const attest = await attested('nvcertify', ['-C', file('signer.ctx'), ...part], ['0x1500001']);
    if (!isAttestOf(attest, 'NV')) throw new Error('of another kind');
    expect(attest.attested.offset).toBe(8);
    expect(attest.attested.nvContents).toEqual(contents.subarray(8));
    expect(toHex(attest.attested.indexName)).toBe(/name: ([0-9a-f]+)/.exec(printed)?.[1]);
  });
});
