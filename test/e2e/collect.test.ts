/** `assay collect` on a machine with a TPM, and `assay verify` of what it wrote. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/evidence/bundle.ts';
import { bootAs, type BootLogs } from '../tools/captured-boot.ts';
import { manufactureTpm, startSoftwareTpm, type SoftwareTpm } from '../tools/software-tpm.ts';
import { assay } from './program.ts';

const NONCE = '6f'.repeat(32);

let folder: string;
let tpm: SoftwareTpm;
let logs: BootLogs;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-collect-'));
  await manufactureTpm(folder);
  tpm = await startSoftwareTpm(folder);
  logs = await bootAs(tpm, join(folder, 'security'), 'uki/baseline');
});

afterAll(async () => {
  await tpm.stop();
  await rm(folder, { recursive: true, force: true });
});

function collect(...more: readonly string[]) {
  const where = ['--tcti', `swtpm:host=127.0.0.1,port=${tpm.port}`, '--state', join(folder, 'no-state')];
  const paths = ['--firmware-log', logs.firmwareLog, '--ima-log', logs.imaLog, '--systemd-log', logs.systemdLog];
  return assay(['collect', ...where, ...paths, ...more], { TSS2_LOG: 'all+none' });
}

const akName = (stderr: Buffer): string => /ak-name +([0-9a-f]+)/.exec(stderr.toString())![1]!;

describe('a bundle', () => {
  it('of a machine that booted an approved image is trusted', async () => {
    const out = join(folder, 'bundle.json');
    const collected = await collect('--nonce', NONCE, '--out', out);
    expect(collected.stderr.toString()).not.toContain('missing');
    expect([collected.code, collected.stdout.toString()]).toEqual([0, '']);
    const verify = ['verify', out, '--policy', 'policies/kvm-uki.yaml', '--ak-name', akName(collected.stderr)];
    const verified = await assay([...verify, '--nonce', NONCE, '--json']);
    const { verdict } = JSON.parse(verified.stdout.toString()) as { verdict: string };
    expect([verified.code, verdict]).toEqual([0, 'trusted']);
    // The nonce is bound together with the claims: another one, or a changed claim, is seen.
    expect((await assay([...verify, '--nonce', '70'.repeat(32)])).code).toBe(1);
    const text = await readFile(out, 'utf8');
    await writeFile(out, text.replace('"guests":[]', '"guests":["01234567-89ab-cdef-0123-456789abcdef"]'));
    expect((await assay([...verify, '--nonce', NONCE])).code).toBe(1);
  });

  it('goes to standard output, with a nonce of its own where none is given', async () => {
    const [first, second] = [await collect(), await collect('--selection', 'sha256:0-7+sha384:0')];
    const [one, two] = [first, second].map(({ stdout }) => parseBundle(stdout.toString()));
    expect(one!.claims!.bootId).toBe((await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim());
    expect([...two!.quotes[0]!.pcrs.keys()].toSorted()).toEqual(['sha256', 'sha384']);
    // The same key each time; another nonce.
    expect(akName(first.stderr)).toBe(akName(second.stderr));
    expect(/nonce +(\w{64})/.exec(first.stderr.toString())![1]).not.toBe(
      /nonce +(\w{64})/.exec(second.stderr.toString())![1],
    );
    expect((await tpm.tpm2(['getcap', 'handles-transient'])).stdout.toString()).toBe('');
  });

  it('holds systemd’s log where there is one', async () => {
    const log = 'fixtures/systemd-log/262/tpm2-measure.log';
    const { systemdLog, claims } = parseBundle((await collect('--systemd-log', log)).stdout.toString());
    expect(Buffer.compare(systemdLog!.bytes!, await readFile(log))).toBe(0);
    expect(claims!.systemdLog).toBe(systemdLog!.bytes!.length);
  });

  it('says what it goes without', async () => {
    const { code, stderr, stdout } = await collect('--ima-log', join(folder, 'none'));
    expect([code, stderr.toString()]).toEqual([0, expect.stringContaining('runtime list: ')]);
    expect(parseBundle(stdout.toString()).hints.get('missing')).toContain('not there');
  });
});

describe('what cannot be done is said with a remedy:', () => {
  it.each([
    ['no TPM', ['--tcti', 'device:/dev/none'], 'tss2.no-device', /firmware/],
    ['a TPM that does not answer', ['--tcti', 'swtpm:host=127.0.0.1,port=1'], 'TSS2_TCTI_RC_', /./],
    ['a bank that is not there', ['--selection', 'sha512:0'], 'tss2.pcr-not-there', /bank/],
    ['a key that is none', ['--ak-type', 'dsa'], 'agent.choice', /ecc/],
    ['an EK that is none', ['--ak-parent', 'ek', '--ek', 'L-9'], 'tss2.ek-template', /L-1/],
    ['a short nonce', ['--nonce', '00'], 'nonce.invalid', /32 bytes/],
    ['a selection that is none', ['--selection', 'md5:0'], 'selection.invalid', /sha256:0-15/],
    ['a folder that is not there', ['--out', '/nowhere/x'], 'output.unwritable', /folder/],
  ])('%s', async (_, options, error, remedy) => {
    const { code, stderr } = await collect(...options);
    expect([code, stderr.toString()]).toEqual([3, expect.stringContaining(`code  ${error}`)]);
    expect(/^ {2}do +(.+)$/m.exec(stderr.toString())![1]).toMatch(remedy);
  });
});
