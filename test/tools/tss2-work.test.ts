/** What the agent does with its keys while something gets in its way. */

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPrimaryAk } from '../../src/agent/tss2/ak.ts';
import { quote } from '../../src/agent/tss2/attest.ts';
import { tpmProperties } from '../../src/agent/tss2/capability.ts';
import { Tpm, type TpmOptions } from '../../src/agent/tss2/context.ts';
import { activateCredential } from '../../src/agent/tss2/credential.ts';
import { loadEk } from '../../src/agent/tss2/ek.ts';
import { TpmError } from '../../src/agent/tss2/errors.ts';
import { loadHostKey } from '../../src/agent/tss2/host-key.ts';
import { createPrimary, lookUp } from '../../src/agent/tss2/key.ts';
import { readIndex } from '../../src/agent/tss2/nv.ts';
import { quoteWithValues } from '../../src/agent/tss2/quote.ts';
import { inScope, type Scope } from '../../src/agent/tss2/scope.ts';
import { sign } from '../../src/agent/tss2/sign.ts';
import { toHex } from '../../src/bytes/text.ts';
import { akTemplate } from '../../src/tpm/ak-template.ts';
import { TPMA_OBJECT } from '../../src/tpm/algorithms.ts';
import { hostKeyDifferences } from '../../src/tpm/host-key-template.ts';
import { attestationKey } from '../../src/tpm/key.ts';
import { credentialRandomSize, makeCredential } from '../../src/tpm/make-credential.ts';
import { publicName } from '../../src/tpm/names.ts';
import { readPrintedPcrs } from '../../src/tpm/pcr-values.ts';
import { readPublic2B, writePublic2B } from '../../src/tpm/public.ts';
import { checkQuote } from '../../src/tpm/quote.ts';
import { parseSelection } from '../../src/tpm/selection.ts';
import { readSignature, signatureFault } from '../../src/tpm/signature.ts';
import { errorAnswer } from './tpm-proxy.ts';
import { expectNothingLeft, loadedHandles, startTestTpm, type TestTpm } from './tss2-tpm.ts';

/** TPM_CC (TPM 2.0 Part 2, 6.5.2). */
const QUOTE = 0x158;
const NONCE = Uint8Array.from({ length: 32 }, (_, i) => i);
const UNIQUE = Uint8Array.from({ length: 32 }, (_, i) => 0xc0 + (i % 7));
const SELECTION = parseSelection('sha256:0-23');

let test: TestTpm;
beforeAll(async () => {
  test = await startTestTpm();
});
afterAll(() => test.stop());
expectNothingLeft(() => test);

const tpm2 = async (...args: string[]): Promise<string> => (await test.software.tpm2(args)).stdout.toString();
const extend = (): Promise<string> => tpm2('pcrextend', `3:sha256=${'ab'.repeat(32)}`);

/** Does something with a TPM, and sees that nothing stays behind. */
async function using<T>(work: (scope: Scope) => Promise<T>, options: TpmOptions = {}): Promise<T> {
  const tpm = await test.open(options);
  try {
    return await inScope(tpm, work);
  } finally {
    expect(tpm.openHandles).toBe(0);
    expect(await loadedHandles(tpm)).toEqual([]);
  }
}

describe('a quote with its values', () => {
  it('is taken again when a PCR is extended in between', async () => {
    await using(async (scope) => {
      const ak = await loadPrimaryAk(scope, 'ecc', UNIQUE);
      let quotes = 0;
      test.proxy.after = async (code) => {
        if (code === QUOTE && quotes++ < 4) await extend();
      };
      const taken = await quoteWithValues(scope, ak.handle, NONCE, SELECTION);
      expect(quotes).toBe(5);
      const key = attestationKey(readPublic2B(ak.public).public);
      const { quoted } = checkQuote(taken, key, { nonce: NONCE, selection: SELECTION });
      const now = readPrintedPcrs(await tpm2('pcrread', 'sha256:3'))
        .get('sha256')!
        .get(3)!;
      expect(toHex(quoted!.value('sha256', 3)!)).toBe(toHex(now));
    });
  });

  it('is given up when PCRs never stand still', async () => {
    await using(async (scope) => {
      const ak = await loadPrimaryAk(scope, 'ecc', UNIQUE);
      let quotes = 0;
      test.proxy.after = async (code) => {
        if (code !== QUOTE) return;
        quotes++;
        await extend();
      };
      const taking = quoteWithValues(scope, ak.handle, NONCE, SELECTION);
      await expect(taking).rejects.toMatchObject({ code: 'tss2.pcrs-changing' });
      expect(quotes).toBe(5);
    });
  });

  it('of a bank that is not active is refused, though the TPM signs it', async () => {
    await using(async (scope) => {
      const ak = await loadPrimaryAk(scope, 'ecc', UNIQUE);
      const sha512 = parseSelection('sha512:0-7');
      expect((await quote(scope, ak.handle, NONCE, sha512)).attest.length).toBeGreaterThan(0);
      const taking = quoteWithValues(scope, ak.handle, NONCE, sha512);
      await expect(taking).rejects.toMatchObject({ code: 'tss2.pcr-not-there' });
    });
  });
});

it('the host key signs a message of any length', async () => {
  await using(async (scope) => {
    const key = await loadHostKey(scope, UNIQUE);
    const area = readPublic2B(key.public).public;
    expect(hostKeyDifferences(area)).toEqual([]);
    for (const length of [0, 32, 5000]) {
      const message = randomBytes(length);
      const signature = readSignature(await sign(scope, key.handle, message));
      expect(signatureFault(message, signature, attestationKey(area))).toBeNull();
    }
  });
});

describe('hierarchies with authorization values', () => {
  const [owner, endorsement] = [Buffer.from('owner-secret'), Buffer.from('endorsement-secret')];
  beforeAll(async () => {
    await tpm2('changeauth', '-c', 'o', owner.toString());
    await tpm2('changeauth', '-c', 'e', endorsement.toString());
  });
  afterAll(async () => {
    await tpm2('changeauth', '-c', 'o', '-p', owner.toString());
    await tpm2('changeauth', '-c', 'e', '-p', endorsement.toString());
  });

  /** All that needs an authorization of a hierarchy, and its secret. */
  async function everything(scope: Scope): Promise<void> {
    const ek = await loadEk(scope, ['H-3']);
    const ak = await loadPrimaryAk(scope, 'ecc', UNIQUE);
    const area = readPublic2B(ek.public).public;
    const secret = randomBytes(32);
    const name = publicName(readPublic2B(ak.public).public);
    const made = makeCredential(area, name, secret, randomBytes(credentialRandomSize(area)));
    const credential = { idObject: made.credentialBlob, encryptedSecret: made.secret };
    expect(toHex(await activateCredential(scope, ak, ek, credential))).toBe(toHex(secret));
  }

  it('are used with the values of the configuration, which are never sent', async () => {
    const sent: Buffer[] = [];
    test.proxy.before = (_code, command) => {
      sent.push(Buffer.from(command));
      return null;
    };
    await using(everything, { auth: { owner, endorsement } });
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.filter((command) => command.includes(endorsement) || command.includes(owner))).toEqual([]);
  });

  it('of the owner read an index that only the owner may read', async () => {
    const at = '0x01800321';
    await tpm2('nvdefine', at, '-C', 'o', '-P', owner.toString(), '-s', '8', '-a', 'ownerread|ownerwrite');
    writeFileSync(join(test.folder, 'nv'), Buffer.alloc(8, 7));
    await tpm2('nvwrite', at, '-C', 'o', '-P', owner.toString(), '-i', join(test.folder, 'nv'));
    try {
      await using(async (scope) => expect(await readIndex(scope, Number(at))).toHaveLength(8), { auth: { owner } });
      const reading = using((scope) => readIndex(scope, Number(at)));
      await expect(reading).rejects.toMatchObject({ code: 'TPM_RC_BAD_AUTH' });
    } finally {
      await tpm2('nvundefine', at, '-C', 'o', '-P', owner.toString());
    }
  });

  it.each([
    ['none', {}],
    ['a wrong one', { endorsement: Buffer.from('guess') }],
  ])('refuse %s, and it does not count towards the lockout', async (_what, auth) => {
    const before = await using(tpmProperties);
    await expect(using(everything, { auth })).rejects.toMatchObject({ code: 'TPM_RC_BAD_AUTH', layer: 'tpm' });
    expect((await using(tpmProperties)).lockout).toEqual(before.lockout);
  });
});

describe('a TPM that refuses', () => {
  it('a template that no TPM takes', async () => {
    const template = akTemplate('ecc', UNIQUE);
    const wrong = { ...template, objectAttributes: template.objectAttributes | TPMA_OBJECT.decrypt };
    const making = using((scope) => createPrimary(scope, 'endorsement', writePublic2B(wrong)));
    await expect(making).rejects.toBeInstanceOf(TpmError);
  });

  it('because its endorsement hierarchy is off', async () => {
    await tpm2('hierarchycontrol', '-C', 'p', 'ehEnable', 'clear');
    try {
      expect((await using(tpmProperties)).endorsement.enabled).toBe(false);
      const loading = using((scope) => loadEk(scope));
      await expect(loading).rejects.toMatchObject({
        code: 'TPM_RC_HIERARCHY',
        advice: expect.stringMatching(/firmware/) as string,
      });
    } finally {
      await tpm2('hierarchycontrol', '-C', 'p', 'ehEnable', 'set');
    }
  });

  it('because others left their keys in it', async () => {
    for (let i = 0; i < 3; i++) await tpm2('createprimary', '-G', 'ecc', '-c', `${test.folder}/left${i}`);
    const tpm = await test.open();
    const loading = inScope(tpm, (scope) => loadPrimaryAk(scope, 'ecc', UNIQUE));
    await expect(loading).rejects.toMatchObject({
      code: 'TPM_RC_OBJECT_MEMORY',
      advice: expect.stringContaining('/dev/tpmrm0') as string,
    });
    expect(tpm.openHandles).toBe(0);
    await tpm2('flushcontext', '-t');
  });

  it.each(['StartAuthSession', 'PolicySecret', 'PolicyOR', 'ActivateCredential'] as const)(
    'TPM2_%s in the middle of an activation',
    async (command) => {
      const code = { StartAuthSession: 0x176, PolicySecret: 0x151, PolicyOR: 0x171, ActivateCredential: 0x147 }[
        command
      ];
      await using(async (scope) => {
        const ek = await loadEk(scope, ['H-3']);
        const ak = await loadPrimaryAk(scope, 'ecc', UNIQUE);
        test.proxy.before = (sent) => (sent === code ? errorAnswer(0x101) : null);
        const credential = { idObject: Uint8Array.of(0, 4, 0, 0, 0, 0), encryptedSecret: Uint8Array.of(0, 1, 0) };
        const activating = activateCredential(scope, ak, ek, credential);
        await expect(activating).rejects.toMatchObject({ code: 'TPM_RC_FAILURE' });
        expect(scope.tpm.openHandles).toBe(2);
        test.proxy.before = () => null;
      });
    },
  );
});

it('wrong authorizations lead into the lockout, which is told, and out of it again', async () => {
  const at = '0x81000123';
  const context = `${test.folder}/protected`;
  await tpm2('createprimary', '-C', 'o', '-G', 'ecc256:ecdsa-sha256', '-a', PROTECTED, '-p', 'secret', '-c', context);
  await tpm2('evictcontrol', '-C', 'o', '-c', context, at);
  await tpm2('flushcontext', '-t');
  await tpm2('dictionarylockout', '-s', '-n', '2', '-t', '1000', '-l', '1000');
  try {
    const tries = async (value: string): Promise<unknown> =>
      using(async (scope) => {
        const key = await lookUp(scope, Number(at));
        await scope.tpm.setAuth(key, Buffer.from(value));
        return sign(scope, key, NONCE).catch((error: unknown) => error);
      });
    expect(await tries('secret')).toBeInstanceOf(Uint8Array);
    expect(await tries('guess')).toMatchObject({
      code: 'TPM_RC_AUTH_FAIL',
      advice: expect.stringMatching(/lockout/) as string,
    });
    expect((await using(tpmProperties)).lockout).toMatchObject({ inLockout: false, counter: 1, maxTries: 2 });
    expect(await tries('guess')).toMatchObject({ code: 'TPM_RC_AUTH_FAIL' });
    expect((await using(tpmProperties)).lockout).toMatchObject({ inLockout: true, counter: 2 });
    const locked = await tries('secret');
    expect(locked).toMatchObject({
      code: 'TPM_RC_LOCKOUT',
      advice: expect.stringContaining('tpm2_dictionarylockout') as string,
    });
    // Keys of the agent are used all the same: their authorization value is empty, and not protected.
    await using(async (scope) => {
      const ak = await loadPrimaryAk(scope, 'ecc', UNIQUE);
      return quoteWithValues(scope, ak.handle, NONCE, SELECTION);
    });
    await tpm2('dictionarylockout', '-c');
    expect(await tries('secret')).toBeInstanceOf(Uint8Array);
  } finally {
    await tpm2('dictionarylockout', '-c');
    await tpm2('evictcontrol', '-C', 'o', '-c', at);
  }
});

const PROTECTED = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign';

it('a TPM that dies between two quotes is an error, and holds nothing in the account', async () => {
  const other = await startTestTpm();
  try {
    const tpm = await other.open();
    const work = inScope(tpm, async (scope) => {
      const ak = await loadPrimaryAk(scope, 'ecc', UNIQUE);
      await quoteWithValues(scope, ak.handle, NONCE, SELECTION);
      await other.software.stop();
      await quoteWithValues(scope, ak.handle, NONCE, SELECTION);
    });
    await expect(work).rejects.toMatchObject({ code: 'TSS2_TCTI_RC_IO_ERROR' });
    expect(tpm.openHandles).toBe(0);
  } finally {
    await other.stop();
  }
});

describe('memory', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  /** Bytes the process holds more after doing something 3000 times. */
  async function growth(once: () => Promise<unknown>): Promise<number> {
    const resident = async (times: number): Promise<number> => {
      for (let i = 0; i < times; i++) await once();
      collect();
      return process.memoryUsage.rss();
    };
    const before = await resident(1000);
    return (await resident(3000)) - before;
  }

  it('does not grow with quotes and random bytes', async () => {
    const tpm = await Tpm.open({ tcti: `swtpm:host=127.0.0.1,port=${test.software.port}` });
    try {
      await inScope(tpm, async (scope) => {
        const ak = await loadPrimaryAk(scope, 'ecc', UNIQUE);
        const grown = await growth(async () => {
          await quote(scope, ak.handle, NONCE, SELECTION);
          await scope.run('GetRandom', { inputs: [32] });
        });
        // What one quote allocates in C is 2.8 kB: 8.4 MB if it were never freed.
        expect(grown).toBeLessThan(5_000_000);
      });
    } finally {
      await tpm.close();
    }
  });
});
