/** The agent's commands beside tpm2-tools, on one software TPM. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClock } from '../../src/agent/tss2/attest.ts';
import { activePcrs, eccCurves, handlesFrom, HANDLE_KIND, tpmProperties } from '../../src/agent/tss2/capability.ts';
import { lookUp, readPublicArea } from '../../src/agent/tss2/key.ts';
import { readIndex } from '../../src/agent/tss2/nv.ts';
import { readPcrs } from '../../src/agent/tss2/pcr.ts';
import { inScope } from '../../src/agent/tss2/scope.ts';
import { toHex } from '../../src/bytes/text.ts';
import { publicName } from '../../src/tpm/names.ts';
import { readPrintedPcrs } from '../../src/tpm/pcr-values.ts';
import { readPublic2B } from '../../src/tpm/public.ts';
import { parseSelection, selectionText } from '../../src/tpm/selection.ts';
import { expectNothingLeft, startTestTpm, type TestTpm } from './tss2-tpm.ts';

/** TPM_CC (TPM 2.0 Part 2, 6.5.2). */
const PCR_READ = 0x17e;
const NV_READ = 0x14e;

let test: TestTpm;
beforeAll(async () => {
  test = await startTestTpm();
});
afterAll(() => test.stop());
expectNothingLeft(() => test);

const printed = async (...args: string[]): Promise<string> => (await test.software.tpm2(args)).stdout.toString();

describe('TPM2_GetCapability', () => {
  it('tells the active banks', async () => {
    expect(selectionText(await activePcrs(await test.open()))).toBe(
      selectionText(parseSelection('sha1:0-23+sha256:0-23+sha384:0-23')),
    );
  });

  it('tells what the TPM is, as tpm2_getcap does', async () => {
    const properties = await tpmProperties(await test.open());
    const text = (await printed('getcap', 'properties-fixed')) + (await printed('getcap', 'properties-variable'));
    const raw = (name: string): number => Number(new RegExp(`${name}:\\s+(?:raw: )?(0x[0-9A-F]+)`).exec(text)?.[1]);
    expect(properties).toMatchObject({
      manufacturer: 'IBM',
      vendorString: 'SW TPM',
      firmwareVersion: (BigInt(raw('TPM2_PT_FIRMWARE_VERSION_1')) << 32n) | BigInt(raw('TPM2_PT_FIRMWARE_VERSION_2')),
      nvBufferMax: raw('TPM2_PT_NV_BUFFER_MAX'),
      owner: { authSet: false, enabled: true },
      endorsement: { authSet: false, enabled: true },
    });
    expect(properties.lockout).toEqual({
      inLockout: false,
      counter: raw('TPM2_PT_LOCKOUT_COUNTER'),
      maxTries: raw('TPM2_PT_MAX_AUTH_FAIL'),
      interval: raw('TPM2_PT_LOCKOUT_INTERVAL'),
      recovery: raw('TPM2_PT_LOCKOUT_RECOVERY'),
    });
  });

  it('tells that a hierarchy has an authorization value', async () => {
    const tpm = await test.open();
    await test.software.tpm2(['changeauth', '-c', 'o', 'secret']);
    expect((await tpmProperties(tpm)).owner.authSet).toBe(true);
    await test.software.tpm2(['changeauth', '-c', 'o', '-p', 'secret']);
    expect((await tpmProperties(tpm)).owner.authSet).toBe(false);
  });

  it('lists handles, also those that do not fit into one answer', async () => {
    const tpm = await test.open();
    expect(await handlesFrom(tpm, HANDLE_KIND.persistent)).toEqual([0x81010001, 0x81010016]);
    expect(await handlesFrom(tpm, HANDLE_KIND.nvIndex)).toEqual([0x01c00002, 0x01c00016, 0x01c08000]);
    // One at a time, as a TPM with little room would.
    const before = test.proxy.commands.length;
    test.proxy.before = (_code, command) => {
      command.writeUInt32BE(1, 18);
      return null;
    };
    expect(await handlesFrom(tpm, HANDLE_KIND.nvIndex)).toEqual([0x01c00002, 0x01c00016, 0x01c08000]);
    expect(test.proxy.commands.length - before).toBe(3);
  });

  it('lists curves', async () => {
    expect([...(await eccCurves(await test.open()))]).toEqual(expect.arrayContaining([3, 4]));
  });
});

describe('TPM2_PCR_Read', () => {
  it('reads every PCR of every bank, as tpm2_pcrread does', async () => {
    await printed('pcrextend', `5:sha256=${'5a'.repeat(32)},sha1=${'a5'.repeat(20)}`);
    const values = await readPcrs(await test.open(), parseSelection('sha1:0-23+sha256:0-23+sha384:0-23'));
    expect(values).toEqual(readPrintedPcrs(await printed('pcrread')));
  });

  it('gives values of one moment when a PCR is extended while it reads', async () => {
    const tpm = await test.open();
    let extended = false;
    test.proxy.after = async (code) => {
      if (code !== PCR_READ || extended) return;
      extended = true;
      await printed('pcrextend', `0:sha256=${'01'.repeat(32)}`);
    };
    const values = await readPcrs(tpm, parseSelection('sha256:0-23'));
    expect(extended).toBe(true);
    expect(values.get('sha256')).toEqual(readPrintedPcrs(await printed('pcrread', 'sha256:all')).get('sha256'));
  });

  it('gives up when PCRs never stand still', async () => {
    const tpm = await test.open();
    test.proxy.after = async (code) => {
      if (code === PCR_READ) await printed('pcrextend', `0:sha256=${'01'.repeat(32)}`);
    };
    const before = test.proxy.commands.length;
    await expect(readPcrs(tpm, parseSelection('sha256:0-23'))).rejects.toMatchObject({ code: 'tss2.pcrs-changing' });
    expect(test.proxy.commands.length - before).toBe(10);
  });

  it('says which bank is not active', async () => {
    const reading = readPcrs(await test.open(), parseSelection('sha256:0+sha512:0,7'));
    await expect(reading).rejects.toMatchObject({ code: 'tss2.pcr-not-there' });
    await expect(reading).rejects.toThrow(/no value of sha512:0,7; it has sha1:0/);
  });
});

describe('TPM2_NV_Read', () => {
  const index = '0x01800123';
  const content = Uint8Array.from({ length: 2000 }, (_, i) => i % 251);

  async function define(attributes: string, ...auth: string[]): Promise<void> {
    const file = join(test.folder, 'nv');
    writeFileSync(file, content);
    await printed('nvdefine', index, '-C', 'o', '-s', '2000', '-a', attributes, ...auth);
    if (attributes.includes('ownerwrite')) await printed('nvwrite', index, '-C', 'o', '-i', file);
  }
  const undefine = (): Promise<string> => printed('nvundefine', index, '-C', 'o');
  const read = async (at = Number(index)): Promise<Uint8Array> => {
    const tpm = await test.open();
    const bytes = await inScope(tpm, (scope) => readIndex(scope, at));
    expect(tpm.openHandles).toBe(0);
    return bytes;
  };

  it('reads the certificates that the maker of the TPM wrote', async () => {
    for (const [at, certificate] of test.certificates) expect(toHex(await read(at))).toBe(toHex(certificate));
  });

  it('reads an index larger than the TPM gives at a time', async () => {
    await define('ownerwrite|ownerread');
    try {
      const before = test.proxy.commands.length;
      expect(toHex(await read())).toBe(toHex(content));
      expect(test.proxy.commands.slice(before).filter((code) => code === NV_READ)).toHaveLength(2);
    } finally {
      await undefine();
    }
  });

  it('reads for the owner where a wrong value of the index would count towards the lockout', async () => {
    await define('ownerwrite|ownerread|authread', '-p', 'secret');
    try {
      expect(toHex(await read())).toBe(toHex(content));
    } finally {
      await undefine();
    }
  });

  it.each([
    ['was never written', 'authwrite|ownerread', 'tss2.nv-unwritten'],
    ['may be read by a policy only', 'ownerwrite|policyread', 'tss2.nv-not-readable'],
  ])('says that an index %s', async (_what, attributes, code) => {
    await define(attributes);
    try {
      await expect(read()).rejects.toMatchObject({ code });
    } finally {
      await undefine();
    }
  });

  it('says that there is no such index', async () => {
    await expect(read(0x01800999)).rejects.toMatchObject({ code: 'TPM_RC_HANDLE', layer: 'tpm' });
  });
});

it('TPM2_ReadClock', async () => {
  const tpm = await test.open();
  const before = await readClock(tpm);
  const text = await printed('readclock');
  const after = await readClock(tpm);
  const theirs = (name: string): bigint => BigInt(new RegExp(`\\n +${name}: (\\d+)`).exec(text)![1]!);
  expect(theirs('clock')).toBeGreaterThanOrEqual(before.clockInfo.clock);
  expect(theirs('clock')).toBeLessThanOrEqual(after.clockInfo.clock);
  expect(theirs('reset_count')).toBe(BigInt(before.clockInfo.resetCount));
  expect(before.time).toBeLessThanOrEqual(after.time);
});

it('TPM2_ReadPublic of a persistent key, which stays where it is', async () => {
  const tpm = await test.open();
  const area = await inScope(tpm, async (scope) => readPublicArea(scope, await lookUp(scope, 0x81010001)));
  const file = (name: string): string => join(test.folder, name);
  await printed('readpublic', '-c', '0x81010001', '-n', file('name'), '-q', file('qname'), '-o', file('pub'));
  expect(toHex(area.public)).toBe(readFileSync(file('pub')).toString('hex'));
  expect(toHex(area.name)).toBe(readFileSync(file('name')).toString('hex'));
  expect(toHex(area.qualifiedName)).toBe(readFileSync(file('qname')).toString('hex'));
  const { public: key } = readPublic2B(area.public);
  expect(toHex(publicName(key))).toBe(toHex(area.name));
  expect(await handlesFrom(tpm, HANDLE_KIND.persistent)).toContain(0x81010001);
});
