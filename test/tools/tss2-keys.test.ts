/** Endorsement, attestation and host keys that the agent makes, beside tpm2-tools, swtpm_setup and our own checks. */

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChildAk, loadChildAk, loadPrimaryAk, type AkParent } from '../../src/agent/tss2/ak.ts';
import { certify, certifyNv } from '../../src/agent/tss2/attest.ts';
import type { Tpm } from '../../src/agent/tss2/context.ts';
import { activateCredential } from '../../src/agent/tss2/credential.ts';
import { loadEk, readEkChain, type EndorsementKey } from '../../src/agent/tss2/ek.ts';
import { loadHostKey } from '../../src/agent/tss2/host-key.ts';
import { lookUp, readPublicArea, type LoadedKey, type StoredKey } from '../../src/agent/tss2/key.ts';
import { openIndex } from '../../src/agent/tss2/nv.ts';
import { quoteWithValues } from '../../src/agent/tss2/quote.ts';
import { inScope, type Scope } from '../../src/agent/tss2/scope.ts';
import { ByteReader } from '../../src/bytes/reader.ts';
import { toHex } from '../../src/bytes/text.ts';
import { ByteWriter } from '../../src/bytes/writer.ts';
import { akTemplateDifferences } from '../../src/tpm/ak-template.ts';
import { isAttestOf, readAttest } from '../../src/tpm/attest.ts';
import { checkCertification } from '../../src/tpm/certify.ts';
import { EK_TEMPLATES, ekTemplateOf, withEkNonce } from '../../src/tpm/ek-template.ts';
import { attestationKey, publicKeyObject } from '../../src/tpm/key.ts';
import { credentialRandomSize, makeCredential } from '../../src/tpm/make-credential.ts';
import { hierarchyQualifiedName, publicName, qualifiedName } from '../../src/tpm/names.ts';
import { readPublic2B, writePublic, type TpmtPublic } from '../../src/tpm/public.ts';
import { checkQuote } from '../../src/tpm/quote.ts';
import { parseSelection } from '../../src/tpm/selection.ts';
import { readSignature, signatureFault } from '../../src/tpm/signature.ts';
import { expectNothingLeft, startTestTpm, type TestTpm } from './tss2-tpm.ts';

const NONCE = Uint8Array.from({ length: 32 }, (_, i) => i);
const UNIQUE = Uint8Array.from({ length: 32 }, (_, i) => 0xc0 + (i % 7));
const SELECTION = parseSelection('sha1:0-7+sha256:0-23');

let test: TestTpm;
beforeAll(async () => {
  test = await startTestTpm();
});
afterAll(() => test.stop());
expectNothingLeft(() => test);

const file = (name: string): string => join(test.folder, name);
const tpm2 = async (...args: string[]): Promise<string> => (await test.software.tpm2(args)).stdout.toString();
const areaOf = (key: { readonly public: Uint8Array }): TpmtPublic => readPublic2B(key.public).public;

/** Does something with a TPM and a scope, and sees that nothing stays behind. */
async function using<T>(work: (scope: Scope) => Promise<T>, tpm?: Tpm): Promise<T> {
  const opened = tpm ?? (await test.open());
  try {
    return await inScope(opened, work);
  } finally {
    expect(opened.openHandles).toBe(0);
  }
}

/** Writes an index of the platform's, as a maker of TPMs does, for as long as something is done. */
async function withIndex<T>(index: number, content: Uint8Array, work: () => Promise<T>): Promise<T> {
  const at = `0x${index.toString(16)}`;
  writeFileSync(file('nv'), content);
  const attributes = 'ppwrite|platformcreate|ppread|ownerread|authread|no_da';
  await tpm2('nvdefine', at, '-C', 'p', '-s', String(content.length), '-a', attributes);
  try {
    await tpm2('nvwrite', at, '-C', 'p', '-i', file('nv'));
    return await work();
  } finally {
    await tpm2('nvundefine', at, '-C', 'p');
  }
}

describe('the EK', () => {
  it.each([
    ['the one with a certificate', undefined, 'H-3', 0x01c00016, 0x81010016],
    ['the one asked for', ['L-1'], 'L-1', 0x01c00002, 0x81010001],
  ] as const)(
    'is %s: swtpm_setup made the same and wrote that certificate',
    async (_what, preference, name, index, at) => {
      const [ek, made] = await using(async (scope) => [
        await loadEk(scope, preference),
        await readPublicArea(scope, await lookUp(scope, at)),
      ]);
      expect(ek.template).toBe(name);
      expect(toHex(ek.certificate!)).toBe(toHex(test.certificates.get(index)!));
      expect(toHex(ek.public)).toBe(toHex(made.public));
      expect(ekTemplateOf(areaOf(ek))?.name).toBe(name);
    },
  );

  it.each(['L-2', 'H-1', 'H-2', 'H-4', 'H-6'])(
    '%s is made without a certificate',
    async (name) => {
      const ek = await using((scope) => loadEk(scope, [name]));
      expect(ek).toMatchObject({ template: name, certificate: null });
      expect(ekTemplateOf(areaOf(ek))?.name).toBe(name);
    },
    60_000,
  );

  it('is the next one where the TPM has no such kind of key', async () => {
    const ek = await using((scope) => loadEk(scope, ['H-7', 'L-2']));
    expect(ek.template).toBe('L-2');
    await expect(using((scope) => loadEk(scope, ['H-7']))).rejects.toMatchObject({ code: 'tss2.ek-none' });
    await expect(using((scope) => loadEk(scope, ['X-1']))).rejects.toMatchObject({ code: 'tss2.ek-template' });
  });

  it('of the high range is found by its certificate', async () => {
    const area = areaOf(await using((scope) => loadEk(scope, ['H-2'])));
    const { x, y } = area.unique as { readonly x: Uint8Array; readonly y: Uint8Array };
    const certificate = Buffer.concat([Buffer.from('3046a020', 'hex'), x, Buffer.from('a120', 'hex'), y]);
    const ek = await withIndex(0x01c00014, certificate, () => using((scope) => loadEk(scope, ['H-2', 'H-3'])));
    expect(ek.template).toBe('H-2');
    expect(toHex(ek.certificate!)).toBe(toHex(certificate));
  });

  it('does not come with a certificate of another key', async () => {
    const foreign = test.certificates.get(0x01c00016)!;
    await withIndex(0x01c00014, foreign, async () => {
      expect(await using((scope) => loadEk(scope, ['H-2', 'L-1']))).toMatchObject({ template: 'L-1' });
      expect(await using((scope) => loadEk(scope, ['H-2']))).toMatchObject({ template: 'H-2', certificate: null });
    });
  });

  it.each([
    ['rsa', 'L-1', 0x01c00003, 0x01c00004],
    ['ecc', 'L-2', 0x01c0000b, 0x01c0000c],
  ] as const)(
    'of %s follows template and nonce in NV, as the key tpm2_createprimary makes',
    async (type, name, nonceAt, templateAt) => {
      const made = async (): Promise<string> => toHex((await using((scope) => loadEk(scope, [name]))).public);
      const usual = EK_TEMPLATES.find((template) => template.name === name)!.public;
      const [unique, nonce] = [randomBytes(32), randomBytes(32)];
      const template = writePublic(withEkNonce(usual, unique));
      expect(await made()).toBe(await primary(type, new Uint8Array(32)));
      expect(await withIndex(nonceAt, nonce, made)).toBe(await primary(type, nonce));
      expect(await withIndex(templateAt, template, made)).toBe(await primary(type, unique));
      const withBoth = withIndex(nonceAt, nonce, () => withIndex(templateAt, template, made));
      expect(await withBoth).toBe(await primary(type, nonce));
    },
  );

  /** TPM2B_PUBLIC of the EK that tpm2_createprimary makes with that at the front of `unique`. */
  async function primary(type: 'rsa' | 'ecc', front: Uint8Array): Promise<string> {
    // As TPMU_PUBLIC_ID lies in memory: a modulus, or two coordinates with room for 128 bytes each.
    const [size, room, numbers] = type === 'rsa' ? [256, 256, [front]] : [32, 128, [front, new Uint8Array(32)]];
    const unique = new ByteWriter();
    for (const number of numbers)
      unique
        .u16(size)
        .raw(number)
        .raw(new Uint8Array(room - number.length));
    writeFileSync(file('unique'), unique.bytes());
    writeFileSync(file('policy'), EK_TEMPLATES[0]!.public.authPolicy);
    const kind = type === 'rsa' ? 'rsa2048:null:aes128cfb' : 'ecc256:null:aes128cfb';
    const attributes = 'fixedtpm|fixedparent|sensitivedataorigin|adminwithpolicy|restricted|decrypt';
    const how = ['-C', 'e', '-g', 'sha256', '-G', kind, '-a', attributes, '-L', file('policy'), '-u', file('unique')];
    await tpm2('createprimary', ...how, '-c', file('primary.ctx'));
    await tpm2('readpublic', '-c', file('primary.ctx'), '-o', file('primary.pub'));
    await tpm2('flushcontext', '-t');
    return readFileSync(file('primary.pub')).toString('hex');
  }

  it('is another one where the template in NV is none', async () => {
    const garbage = Uint8Array.from({ length: 40 }, (_, i) => i);
    await withIndex(0x01c00004, garbage, async () => {
      expect(await using((scope) => loadEk(scope, ['L-1', 'L-2']))).toMatchObject({ template: 'L-2' });
    });
  });

  it('comes with the chain of its certificate, which lies in several indices', async () => {
    const [one, two] = [...test.certificates.values()] as [Uint8Array, Uint8Array];
    const first = Buffer.concat([one, two.subarray(0, 100)]);
    const second = Buffer.concat([two.subarray(100), Buffer.alloc(20, 0xff)]);
    const chain = await withIndex(0x01c00100, first, () =>
      withIndex(0x01c00101, second, () => using((scope) => readEkChain(scope))),
    );
    expect(chain.map(toHex)).toEqual([one, two].map(toHex));
    expect(await using((scope) => readEkChain(scope))).toEqual([]);
  });
});

interface WithKeys {
  readonly scope: Scope;
  readonly ek: EndorsementKey;
  readonly ak: LoadedKey;
  /** qualified name of the AK's parent; undefined where the verifier would not know it */
  readonly parent: Uint8Array | undefined;
}

const PARENTS = ['endorsement', 'ek', 'owner'] as const;
const TYPES = ['ecc', 'rsa'] as const;
const COMBINATIONS = PARENTS.flatMap((parent) => TYPES.map((type) => [parent, type] as const));
const stored = new Map<string, StoredKey>();

/** Does something with an EK and an AK, the latter kept from the first time on where it has to be. */
function usingAk<T>(
  parent: (typeof PARENTS)[number],
  type: (typeof TYPES)[number],
  work: (keys: WithKeys) => Promise<T>,
): Promise<T> {
  return using(async (scope) => {
    const ek = await loadEk(scope, [type === 'rsa' ? 'L-1' : 'H-3']);
    const endorsement = hierarchyQualifiedName('endorsement');
    if (parent === 'endorsement') {
      return work({ scope, ek, ak: await loadPrimaryAk(scope, type, UNIQUE), parent: endorsement });
    }
    const under: AkParent = parent === 'ek' ? { kind: 'ek', ek } : { kind: 'owner' };
    const key = stored.get(`${parent} ${type}`) ?? (await createChildAk(scope, under, type));
    stored.set(`${parent} ${type}`, key);
    const ak = await loadChildAk(scope, under, key);
    return work({ scope, ek, ak, parent: parent === 'ek' ? qualifiedName(endorsement, areaOf(ek)) : undefined });
  });
}

describe.each(COMBINATIONS)('an AK under %s, %s', (under, type) => {
  it('has the attributes of one, and the name and qualified name we compute', async () => {
    await usingAk(under, type, async ({ scope, ak, parent }) => {
      expect(akTemplateDifferences(areaOf(ak))).toEqual([]);
      const read = await readPublicArea(scope, ak.handle);
      expect(toHex(read.public)).toBe(toHex(ak.public));
      expect(toHex(read.name)).toBe(toHex(publicName(areaOf(ak))));
      const expected = parent === undefined ? read.qualifiedName : qualifiedName(parent, areaOf(ak));
      expect(toHex(read.qualifiedName)).toBe(toHex(expected));
    });
  });

  it('is the same key the next time', async () => {
    const names = [];
    for (let i = 0; i < 2; i++) names.push(await usingAk(under, type, async ({ ak }) => toHex(ak.public)));
    expect(names[0]).toBe(names[1]);
  });

  it('opens what tpm2_makecredential and we made for it', async () => {
    await usingAk(under, type, async ({ scope, ek, ak }) => {
      const [secret, name] = [randomBytes(32), publicName(areaOf(ak))];
      writeFileSync(file('ek.pub'), ek.public);
      writeFileSync(file('secret'), secret);
      await tpm2(
        'makecredential',
        '-T',
        'none',
        '-u',
        file('ek.pub'),
        '-s',
        file('secret'),
        '-n',
        toHex(name),
        '-o',
        file('blob'),
      );
      expect(toHex(await activateCredential(scope, ak, ek, readBlob(readFileSync(file('blob')))))).toBe(toHex(secret));
      const area = areaOf(ek);
      const made = makeCredential(area, name, secret, randomBytes(credentialRandomSize(area)));
      const credential = { idObject: made.credentialBlob, encryptedSecret: made.secret };
      expect(toHex(await activateCredential(scope, ak, ek, credential))).toBe(toHex(secret));
    });
  });

  it('does not open what was made for another AK', async () => {
    await usingAk(under, type, async ({ scope, ek, ak }) => {
      const area = areaOf(ek);
      const name = publicName(area);
      const made = makeCredential(area, name, randomBytes(32), randomBytes(credentialRandomSize(area)));
      const credential = { idObject: made.credentialBlob, encryptedSecret: made.secret };
      await expect(activateCredential(scope, ak, ek, credential)).rejects.toMatchObject({ code: 'TPM_RC_INTEGRITY' });
      const cut = { ...credential, idObject: credential.idObject.subarray(1) };
      await expect(activateCredential(scope, ak, ek, cut)).rejects.toMatchObject({ code: 'tss2.structure' });
    });
  });

  it('quotes, and every step of our check is yes; tpm2_checkquote agrees', async () => {
    await usingAk(under, type, async ({ scope, ak, parent }) => {
      const quote = await quoteWithValues(scope, ak.handle, NONCE, SELECTION);
      const key = attestationKey(areaOf(ak));
      const check = checkQuote(quote, key, { nonce: NONCE, selection: SELECTION, parentQualifiedName: parent });
      const open = check.steps.filter(({ answer }) => answer !== 'yes').map(({ step }) => step);
      expect(open).toEqual(parent === undefined ? ['qualified-signer'] : []);
      expect(check.quoted).toBeDefined();
      writeFileSync(file('ak.pem'), publicKeyObject(areaOf(ak)).export({ type: 'spki', format: 'pem' }));
      writeFileSync(file('msg'), quote.attest);
      writeFileSync(file('sig'), quote.signature);
      await tpm2(
        'checkquote',
        '-u',
        file('ak.pem'),
        '-m',
        file('msg'),
        '-s',
        file('sig'),
        '-g',
        'sha256',
        '-q',
        toHex(NONCE),
      );
    });
  });

  it('certifies the host key, and what an index holds', async () => {
    await usingAk(under, type, async ({ scope, ak, parent }) => {
      const signer = attestationKey(areaOf(ak));
      await inScope(scope.tpm, async (inner) => {
        const hostKey = await loadHostKey(inner, UNIQUE);
        const certification = await certify(inner, ak.handle, hostKey.handle, NONCE);
        const expected = { extraData: NONCE, object: areaOf(hostKey), parentQualifiedName: parent };
        expect(checkCertification(certification, signer, expected).certified).toBeDefined();
      });
      const index = await openIndex(scope, 0x01c00002);
      const range = { size: 16, offset: 4 };
      const { attest, signature } = await certifyNv(scope, ak.handle, index.handle, index, range, NONCE);
      expect(signatureFault(attest, readSignature(signature), signer)).toBeNull();
      const read = readAttest(attest);
      expect(isAttestOf(read, 'NV') && toHex(read.attested.nvContents)).toBe(
        toHex(test.certificates.get(0x01c00002)!.subarray(4, 20)),
      );
    });
  });
});

/** What tpm2_makecredential writes: magic, version, TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET. */
function readBlob(bytes: Uint8Array): { readonly idObject: Uint8Array; readonly encryptedSecret: Uint8Array } {
  const reader = new ByteReader(bytes, 'blob');
  expect([reader.u32be(), reader.u32be()]).toEqual([0xbadcc0de, 1]);
  const sized = (): Uint8Array => {
    const start = reader.offset;
    reader.take(reader.u16be());
    return bytes.subarray(start, reader.offset);
  };
  return { idObject: sized(), encryptedSecret: sized() };
}
