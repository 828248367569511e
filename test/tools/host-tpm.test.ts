/** The agent's view of a TPM, on a software TPM through libtss2. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostTpm, KeptKey } from '../../src/agent/host-tpm.ts';
import { openHostTpm } from '../../src/agent/open-host-tpm.ts';
import type { TpmSettings } from '../../src/agent/tpm-settings.ts';
import { akTemplateDifferences } from '../../src/tpm/ak-template.ts';
import { checkCertification } from '../../src/tpm/certify.ts';
import { ekTemplateOf } from '../../src/tpm/ek-template.ts';
import { attestationKey, type AttestationKey } from '../../src/tpm/key.ts';
import { credentialRandomSize, makeCredential } from '../../src/tpm/make-credential.ts';
import { hierarchyQualifiedName, qualifiedName } from '../../src/tpm/names.ts';
import { readPublic2B } from '../../src/tpm/public.ts';
import { checkQuote } from '../../src/tpm/quote.ts';
import { parseSelection } from '../../src/tpm/selection.ts';
import { manufactureTpm, startSoftwareTpm, type ManufacturedTpm, type SoftwareTpm } from './software-tpm.ts';
import { errorAnswer, startTpmProxy, type TpmProxy } from './tpm-proxy.ts';

let folder: string;
let maker: ManufacturedTpm;
let swtpm: SoftwareTpm;
let proxy: TpmProxy;
let settings: TpmSettings;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-host-tpm-'));
  maker = await manufactureTpm(folder);
  swtpm = await startSoftwareTpm(folder);
  proxy = await startTpmProxy(swtpm.port);
  settings = { tcti: proxy.tcti, akType: 'ecc', akParent: 'endorsement', ek: undefined, auth: {} };
});

afterAll(async () => {
  await proxy.close();
  await swtpm.stop();
  await rm(folder, { recursive: true, force: true });
});

const UNIQUE = new Uint8Array(32).fill(7);
const SELECTION = parseSelection('sha256:0-15');

async function using<T>(
  change: Partial<TpmSettings>,
  work: (tpm: HostTpm) => Promise<T>,
  unique: Uint8Array = UNIQUE,
  kept: KeptKey | null = null,
): Promise<T> {
  const tpm = await openHostTpm({ ...settings, ...change }, unique, kept);
  try {
    return await work(tpm);
  } finally {
    await tpm.close();
    expect((await swtpm.tpm2(['getcap', 'handles-transient'])).stdout.toString()).toBe('');
    expect((await swtpm.tpm2(['getcap', 'handles-loaded-session'])).stdout.toString()).toBe('');
  }
}

const keyOf = ({ ak }: HostTpm): AttestationKey => attestationKey(readPublic2B(ak.public).public);

describe('the endorsement key', () => {
  it('is one with a certificate, which comes along', async () => {
    const ek = await using({}, (tpm) => tpm.endorsementKey());
    expect(ek.certificates.map((bytes) => Buffer.from(bytes))).toContainEqual(
      Buffer.from(maker.certificates.get(0x01c00016)!),
    );
    expect(ekTemplateOf(readPublic2B(ek.public).public)?.name).toBe('H-3');
  });

  it('is the one the settings ask for', async () => {
    const ek = await using({ ek: ['L-1'] }, (tpm) => tpm.endorsementKey());
    expect(Buffer.from(ek.certificates[0]!)).toEqual(Buffer.from(maker.certificates.get(0x01c00002)!));
    expect((await using({ ek: ['L-2'] }, (tpm) => tpm.endorsementKey())).certificates).toEqual([]);
  });
});

describe.each([
  ['ecc', 'endorsement'],
  ['rsa', 'endorsement'],
  ['ecc', 'ek'],
  ['rsa', 'owner'],
] as const)('an attestation key %s under %s', (akType, akParent) => {
  const change = { akType, akParent };

  it('opens a credential made for it, and no other', async () => {
    await using(change, async (tpm) => {
      const ek = readPublic2B((await tpm.endorsementKey()).public).public;
      const secret = new Uint8Array(randomBytes(32));
      const make = (name: Uint8Array) =>
        makeCredential(ek, name, secret, new Uint8Array(randomBytes(credentialRandomSize(ek))));
      const made = make(keyOf(tpm).name!);
      expect(await tpm.activate(made.credentialBlob, made.secret)).toEqual(secret);
      const other = make(Uint8Array.from([0, 11, ...randomBytes(32)]));
      await expect(tpm.activate(other.credentialBlob, other.secret)).rejects.toMatchObject({
        code: 'TPM_RC_INTEGRITY',
      });
    });
  });

  it('certifies the host key', async () => {
    await using(change, async (tpm) => {
      const extraData = new Uint8Array(randomBytes(32));
      const object = readPublic2B(tpm.hostKey!.public).public;
      const check = checkCertification(await tpm.certifyHostKey(extraData), keyOf(tpm), { extraData, object });
      expect(check.certified).toBeDefined();
    });
  });

  it('quotes, under the parent it says', async () => {
    await using(change, async (tpm) => {
      const nonce = new Uint8Array(randomBytes(32));
      const endorsement = hierarchyQualifiedName('endorsement');
      const ek = readPublic2B((await tpm.endorsementKey()).public).public;
      const parents = { endorsement, ek: qualifiedName(endorsement, ek), owner: undefined };
      const expected = { nonce, selection: SELECTION, parentQualifiedName: parents[akParent] };
      const { steps, quoted } = checkQuote(await tpm.quote(nonce, SELECTION), keyOf(tpm), expected);
      expect(steps.filter(({ answer }) => answer !== 'yes').map(({ step }) => step)).toEqual(
        akParent === 'owner' ? ['qualified-signer'] : [],
      );
      expect(quoted).toBeDefined();
      expect(akTemplateDifferences(readPublic2B(tpm.ak.public).public)).toEqual([]);
    });
  });

  it('is there again after the next start', async () => {
    const first = await using(change, async ({ ak, hostKey }) => ({ ak, hostKey }));
    const again = await using(change, async ({ ak, hostKey }) => ({ ak, hostKey }), UNIQUE, first.ak.kept);
    expect(again.ak.public).toEqual(first.ak.public);
    expect(again.hostKey).toEqual(first.hostKey);
    expect(again.ak.kept === null).toBe(akParent === 'endorsement');
  });
});

it('another installation has other keys', async () => {
  const keys = (unique: Uint8Array) => using({}, async ({ ak, hostKey }) => [ak.public, hostKey!.public], unique);
  const [first, second] = [await keys(UNIQUE), await keys(new Uint8Array(32))];
  expect(first[0]).not.toEqual(second[0]);
  expect(first[1]).not.toEqual(second[1]);
});

describe('a key that was kept', () => {
  /** TPM_CC_Load */
  const LOAD = 0x157;

  it.each([
    ['lockout', 0x921, 'TPM_RC_LOCKOUT'],
    ['no room', 0x902, 'TPM_RC_OBJECT_MEMORY'],
    ['a TPM in failure mode', 0x101, 'TPM_RC_FAILURE'],
    ['a handle that is gone', 0x18b, 'TPM_RC_HANDLE'],
    ['a size that is wrong', 0x1d5, 'TPM_RC_SIZE'],
    ['a hierarchy that is off', 0x185, 'TPM_RC_HIERARCHY'],
  ])('is not given up for %s', async (_what, rc, code) => {
    const change = { akParent: 'owner' } as const;
    const first = await using(change, async ({ ak }) => ak);
    proxy.before = (command) => (command === LOAD ? errorAnswer(rc) : null);
    try {
      await expect(openHostTpm({ ...settings, ...change }, UNIQUE, first.kept)).rejects.toMatchObject({ code });
    } finally {
      proxy.before = () => null;
    }
    expect((await using(change, async ({ ak }) => ak, UNIQUE, first.kept)).public).toEqual(first.public);
  });

  it('is made anew in a TPM that it does not belong to any more', async () => {
    const change = { akParent: 'owner' } as const;
    const { kept } = await using(change, async ({ ak }) => ak);
    await swtpm.tpm2(['clear', '-c', 'p']);
    const made = await using(change, async ({ ak }) => ak, UNIQUE, kept);
    expect(made.kept).not.toBeNull();
    expect(made.public).not.toEqual(kept!.public);
  });
});

describe('hierarchies with a password', () => {
  const owner = new Uint8Array(Buffer.from('of the owner'));
  const endorsement = new Uint8Array(Buffer.from('of the other'));

  it.each(['endorsement', 'ek', 'owner'] as const)(
    'keys under %s work with them, and not without',
    async (akParent) => {
      for (const [name, value] of [
        ['o', 'of the owner'],
        ['e', 'of the other'],
      ] as const) {
        await swtpm.tpm2(['changeauth', '-c', name, value]);
      }
      try {
        const sent: Buffer[] = [];
        proxy.before = (_code, command) => {
          sent.push(command);
          return null;
        };
        await using({ akParent, auth: { owner, endorsement } }, async (tpm) => {
          const ek = readPublic2B((await tpm.endorsementKey()).public).public;
          const secret = new Uint8Array(randomBytes(32));
          const seed = new Uint8Array(randomBytes(credentialRandomSize(ek)));
          const made = makeCredential(ek, keyOf(tpm).name!, secret, seed);
          expect(await tpm.activate(made.credentialBlob, made.secret)).toEqual(secret);
          expect(
            checkQuote(await tpm.quote(secret, SELECTION), keyOf(tpm), { nonce: secret, selection: SELECTION }).quoted,
          ).toBeDefined();
        });
        // They are proved, not sent.
        const text = Buffer.concat(sent).toString('latin1');
        expect([text.includes('of the owner'), text.includes('of the other')]).toEqual([false, false]);
        const without = openHostTpm({ ...settings, akParent }, UNIQUE, null);
        await expect(without).rejects.toMatchObject({ code: 'TPM_RC_BAD_AUTH' });
        const wrong = openHostTpm(
          { ...settings, akParent, auth: { owner: endorsement, endorsement: owner } },
          UNIQUE,
          null,
        );
        await expect(wrong).rejects.toMatchObject({ code: 'TPM_RC_BAD_AUTH' });
      } finally {
        proxy.before = () => null;
        await swtpm.tpm2(['changeauth', '-c', 'o', '-p', 'of the owner']);
        await swtpm.tpm2(['changeauth', '-c', 'e', '-p', 'of the other']);
      }
    },
  );
});
