/** The agent's way to a TPM that is not there, goes away, is busy, answers nonsense or not at all. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadPrimaryAk } from '../../src/agent/tss2/ak.ts';
import { readClock } from '../../src/agent/tss2/attest.ts';
import { ESYS_TR } from '../../src/agent/tss2/commands.ts';
import { Tpm } from '../../src/agent/tss2/context.ts';
import { TpmError } from '../../src/agent/tss2/errors.ts';
import { openLibrary, tss2 } from '../../src/agent/tss2/library.ts';
import { FORMAT_ONE, FORMAT_ZERO, TSS_BASE, WARNINGS } from '../../src/agent/tss2/return-codes.ts';
import { inScope, Scope } from '../../src/agent/tss2/scope.ts';
import { startHmacSession, startPolicySession } from '../../src/agent/tss2/session.ts';
import { chooseTcti } from '../../src/agent/tss2/tcti.ts';
import { run } from './programs.ts';
import { errorAnswer } from './tpm-proxy.ts';
import { loadedHandles, startTestTpm, type TestTpm } from './tss2-tpm.ts';

let test: TestTpm;
beforeAll(async () => {
  test = await startTestTpm();
});
afterAll(() => test.stop());
afterEach(() => {
  test.proxy.before = () => null;
  test.proxy.after = () => undefined;
});

const script = new URL('tss2-open.ts', import.meta.url).pathname;
/** Opens a TPM in a process of its own. */
async function openElsewhere(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ out: object; err: string }> {
  const { stdout, stderr } = await run('node', ['--import', 'tsx', script, ...args], { env, accept: [0, 1] });
  return { out: JSON.parse(stdout.toString()) as object, err: stderr.toString() };
}

describe('a library of the TSS', () => {
  it('that is missing is named, with what brings it', () => {
    expect(() => openLibrary('libtss2-nothing.so.0')).toThrow(
      expect.objectContaining({
        code: 'tss2.library-missing',
        advice: expect.stringContaining('libtss2-esys-3.0.2-0') as string,
      }),
    );
  });

  it('has words for every code that the room has a name for', () => {
    const codes = [
      ...[...FORMAT_ONE.keys()].map((code) => 0x80 + code),
      ...[...FORMAT_ZERO.keys()].map((code) => 0x100 + code),
      ...[...WARNINGS.keys()].map((code) => 0x900 + code),
      ...[...TSS_BASE.keys()].flatMap((code) => [7, 8, 9, 10].map((layer) => (layer << 16) + code)),
    ];
    const isNumber = (code: number): boolean => /0x[0-9A-F]+$/.test(tss2().describe(code));
    expect(codes.filter(isNumber)).toEqual([]);
    expect(isNumber(0x17f)).toBe(true);
  });

  it('says nothing on standard error, unless asked', async () => {
    const tcti = 'swtpm:host=127.0.0.1,port=1';
    const quiet = await openElsewhere([tcti], { TSS2_LOG: undefined as unknown as string });
    expect(quiet).toMatchObject({ out: { code: 'TSS2_TCTI_RC_IO_ERROR' }, err: '' });
    const asked = await openElsewhere([tcti], { TSS2_LOG: 'all+ERROR' });
    expect(asked.err).toContain('ERROR:tcti');
  });
});

describe('the way to the TPM', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-tcti-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is what the caller says, then what TSS2_TCTI says, then the first device', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    writeFileSync(two, '');
    expect(await chooseTcti('mssim', { TSS2_TCTI: 'swtpm' }, [two])).toBe('mssim');
    expect(await chooseTcti(undefined, { TSS2_TCTI: 'swtpm' }, [two])).toBe('swtpm');
    expect(await chooseTcti(undefined, { TSS2_TCTI: '' }, [two])).toBe(`device:${two}`);
    expect(await chooseTcti(undefined, {}, [one, two])).toBe(`device:${two}`);
    writeFileSync(one, '');
    expect(await chooseTcti(undefined, {}, [one, two])).toBe(`device:${one}`);
  });

  it('that is a device and not there is said to be that', async () => {
    const devices = [join(folder, 'none'), join(folder, 'neither')];
    await expect(chooseTcti(undefined, {}, devices)).rejects.toMatchObject({ code: 'tss2.no-device' });
    await expect(chooseTcti(`device:${devices[0]}`, {})).rejects.toThrow(/none is not a TPM: ENOENT/);
  });

  it('that this user may not use is said to be that, with the group to join', async () => {
    const closed = join(folder, 'closed');
    writeFileSync(closed, '');
    chmodSync(closed, 0);
    chmodSync(folder, 0o755);
    const root = process.geteuid!() === 0;
    if (root) process.seteuid!(65534);
    try {
      const problem = chooseTcti(undefined, {}, [closed, join(folder, 'none')]);
      await expect(problem).rejects.toMatchObject({
        code: 'tss2.permission',
        advice: expect.stringContaining('tss') as string,
      });
    } finally {
      if (root) process.seteuid!(0);
    }
  });

  it.each([
    ['nobody answers', 'swtpm:host=127.0.0.1,port=1', 'TSS2_TCTI_RC_IO_ERROR'],
    ['no module knows', 'pigeon:dove', 'TSS2_TCTI_RC_NOT_SUPPORTED'],
    ['is written wrongly', 'swtpm:port=many', 'TSS2_TCTI_RC_BAD_VALUE'],
    ['is no TPM', 'device:/dev/null', 'TSS2_TCTI_RC_IO_ERROR'],
  ])('that %s', async (_what, tcti, code) => {
    const opening = Tpm.open({ tcti }).then((tpm) => readClock(tpm));
    await expect(opening).rejects.toMatchObject({ name: 'TpmError', code, layer: 'tcti' });
  });
});

describe('a TPM', () => {
  it('that is busy is asked again', async () => {
    const tpm = await test.open();
    let answers = 0;
    test.proxy.before = () => (answers++ < 12 ? errorAnswer([0x922, 0x908, 0x90a][answers % 3]!) : null);
    expect((await readClock(tpm)).clockInfo.clock).toBeGreaterThan(0n);
    expect(answers).toBe(13);
  });

  it('that stays busy is given up, and then usable again', async () => {
    const tpm = await test.open();
    test.proxy.before = () => errorAnswer(0x922);
    await expect(readClock(tpm)).rejects.toMatchObject({ code: 'TPM_RC_RETRY' });
    test.proxy.before = () => null;
    expect((await readClock(tpm)).clockInfo.clock).toBeGreaterThan(0n);
  }, 30_000);

  it.each([
    ['nobody started', 0x100, 'TPM_RC_INITIALIZE'],
    ['has failed', 0x101, 'TPM_RC_FAILURE'],
    ['whose hierarchy is off', 0x185, 'TPM_RC_HIERARCHY'],
    ['that is full', 0x902, 'TPM_RC_OBJECT_MEMORY'],
  ])('%s', async (_what, rc, code) => {
    const tpm = await test.open();
    test.proxy.before = () => errorAnswer(rc);
    await expect(readClock(tpm)).rejects.toMatchObject({ code, rc, layer: 'tpm' });
  });

  it.each([
    ['cuts the line', 'cut' as const],
    ['answers with less than a header', Uint8Array.of(0x80, 0x01, 0, 0)],
    ['says it answers with a gigabyte', Uint8Array.of(0x80, 0x01, 0x40, 0, 0, 0, 0, 0, 0, 0)],
  ])('that %s is an error, and no more', async (_what, answer) => {
    const tpm = await test.open({ timeout: 2000 });
    test.proxy.before = () => answer;
    await expect(readClock(tpm)).rejects.toBeInstanceOf(TpmError);
    expect(tpm.openHandles).toBe(0);
  });

  it('that does not answer is given up, while everything else goes on', async () => {
    const tpm = await test.open({ timeout: 1000 });
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 10);
    test.proxy.before = () => new Promise(() => undefined);
    const asked = [readClock(tpm), readClock(tpm)];
    for (const answer of await Promise.allSettled(asked)) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'tss2.timeout' } });
    }
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(20);
    await tpm.close();
    await expect(readClock(tpm)).rejects.toMatchObject({ code: 'tss2.timeout' });
  });

  it('that was closed says so', async () => {
    const tpm = await test.open();
    await Promise.all([tpm.close(), tpm.close()]);
    await expect(readClock(tpm)).rejects.toMatchObject({ code: 'tss2.closed' });
  });
});

describe('sessions', () => {
  it('are gone from the TPM after the work, and after an error of the work', async () => {
    const tpm = await test.open();
    await inScope(tpm, async (scope) => {
      await startPolicySession(scope, 'sha256');
      await startHmacSession(scope);
      expect(tpm.openHandles).toBe(2);
      expect(await loadedHandles(tpm)).toHaveLength(2);
    });
    expect([tpm.openHandles, await loadedHandles(tpm)]).toEqual([0, []]);
    const failing = inScope(tpm, async (scope) => {
      await startPolicySession(scope, 'sha384');
      await scope.run('FlushContext', { handles: [ESYS_TR.owner], inputs: [] });
    });
    await expect(failing).rejects.toBeInstanceOf(TpmError);
    expect([tpm.openHandles, await loadedHandles(tpm)]).toEqual([0, []]);
  });

  it('and objects that another program flushed are given back all the same', async () => {
    const tpm = await test.open();
    await inScope(tpm, async (scope) => {
      await startPolicySession(scope, 'sha256');
      await startHmacSession(scope);
      await loadPrimaryAk(scope, 'ecc', new Uint8Array(32));
      await test.software.tpm2(['flushcontext', '-l']);
      await test.software.tpm2(['flushcontext', '-t']);
      expect(tpm.openHandles).toBe(3);
    });
    expect(tpm.openHandles).toBe(0);
  });

  it('that cannot be flushed stay in the account, and the error is told', async () => {
    const tpm = await test.open();
    const scope = new Scope(tpm);
    await startPolicySession(scope, 'sha256');
    await startPolicySession(scope, 'sha256');
    test.proxy.before = () => errorAnswer(0x101);
    await expect(scope.close()).rejects.toMatchObject({ code: 'TPM_RC_FAILURE' });
    expect(tpm.openHandles).toBe(2);
    test.proxy.before = () => null;
    await expect(scope.run('GetRandom', { inputs: [8] })).rejects.toThrow(/closed/);
    await test.software.tpm2(['flushcontext', '-l']);
  });
});

it('TPM2_GetRandom many times at once comes back in order, each with its own bytes', async () => {
  const tpm = await test.open();
  const sizes = Array.from({ length: 40 }, (_, i) => 1 + (i % 32));
  const answers = await Promise.all(sizes.map((size) => tpm.run('GetRandom', { inputs: [size] })));
  expect(answers.map(([bytes]) => bytes.length - 2)).toEqual(sizes);
});

it('a TPM whose program dies in the middle: every command an error, nothing left in the account', async () => {
  const other = await startTestTpm();
  try {
    const tpm = await other.open();
    const work = inScope(tpm, async (scope) => {
      await startPolicySession(scope, 'sha256');
      expect(tpm.openHandles).toBe(1);
      await other.software.stop();
      await startPolicySession(scope, 'sha256');
    });
    await expect(work).rejects.toMatchObject({ code: 'TSS2_TCTI_RC_IO_ERROR', layer: 'tcti' });
    expect(tpm.openHandles).toBe(0);
    await expect(readClock(tpm)).rejects.toMatchObject({ code: 'TSS2_TCTI_RC_IO_ERROR' });
  } finally {
    await other.stop();
  }
});
