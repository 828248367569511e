/** docs/deploy/assay-agent.service: as systemd reads it, and with the agent under what it forbids. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentService, type AgentService } from '../agent/service.ts';
import { ROOT } from '../support/repository.ts';
import { bootAs } from '../tools/captured-boot.ts';
import { run } from '../tools/programs.ts';
import { startSoftwareTpm, type SoftwareTpm } from '../tools/software-tpm.ts';

const UNIT = 'docs/deploy/assay-agent.service';

let folder: string;
/** the unit with the paths of this machine */
let here: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-unit-'));
  here = join(folder, 'assay-agent.service');
  const text = await readFile(UNIT, 'utf8');
  await writeFile(here, text.replaceAll('/usr/bin/node', process.execPath).replaceAll('/usr/lib/assay', ROOT));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Values of a setting, in the order they stand. */
async function settings(name: string): Promise<string[]> {
  const text = await readFile(UNIT, 'utf8');
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1]!);
}

/** The system calls of a set, those of sets inside it included. */
async function systemCalls(set: string): Promise<Set<string>> {
  const { stdout } = await run('systemd-analyze', ['syscall-filter', set]);
  const names = stdout
    .toString()
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  const inner = await Promise.all(names.filter((name) => name.startsWith('@')).map(systemCalls));
  return new Set([...names.filter((name) => /^[a-z_]/.test(name)), ...inner.flatMap((calls) => [...calls])]);
}

describe('the unit', () => {
  it('is one that systemd reads without a complaint', async () => {
    const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', here]);
    expect(stdout.toString() + stderr.toString()).toBe('');
  });

  it('is as little exposed as systemd can tell', async () => {
    // Fails above 2.0 of 10: the network, one device and one capability are what it needs.
    await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', here]);
    expect(await settings('AmbientCapabilities')).toEqual(['CAP_DAC_READ_SEARCH']);
    expect(await settings('CapabilityBoundingSet')).toEqual(['CAP_DAC_READ_SEARCH']);
    expect(await settings('DeviceAllow')).toEqual(['/dev/tpmrm0 rw']);
    expect(await settings('User')).toEqual(['assay-agent']);
  });

  it('starts no further machine that was refused', async () => {
    expect(await settings('Restart')).toEqual(['on-failure']);
    expect(await settings('RestartPreventExitStatus')).toEqual(['1']);
  });
});

describe('the agent under it', () => {
  let tpm: SoftwareTpm;
  let service: AgentService;

  beforeAll(async () => {
    tpm = await startSoftwareTpm(folder);
    service = await agentService();
    await writeFile(join(folder, 'ca.pem'), service.identity.ca);
  });

  afterAll(async () => {
    await service.stop();
    await tpm.stop();
  });

  it('attests without a system call that its filter refuses', async () => {
    const [allowed, ...denied] = (await settings('SystemCallFilter')).map((value) =>
      value.replace(/^~/, '').split(' '),
    );
    const permitted = new Set((await Promise.all(allowed!.map(systemCalls))).flatMap((calls) => [...calls]));
    for (const set of denied.flat()) for (const call of await systemCalls(set)) permitted.delete(call);
    expect(permitted.has('open_by_handle_at')).toBe(false);
    expect(permitted.has('openat')).toBe(true);

    const logs = await bootAs(tpm, join(folder, 'security'), 'uki/baseline');
    const env = {
      TSS2_LOG: 'all+none',
      ASSAY_SERVER: service.url,
      ASSAY_CA: join(folder, 'ca.pem'),
      ASSAY_STATE: join(folder, 'state'),
      ASSAY_TCTI: `swtpm:host=127.0.0.1,port=${tpm.port}`,
      ASSAY_FIRMWARE_LOG: logs.firmwareLog,
      ASSAY_IMA_LOG: logs.imaLog,
      ASSAY_SYSTEMD_LOG: logs.systemdLog,
    };
    const trace = join(folder, 'trace');
    const agent = [process.execPath, 'dist/bin/assay.js', 'agent', '--once'];
    await run('strace', ['-f', '-qq', '-o', trace, ...agent], { env });
    const called = [...(await readFile(trace, 'utf8')).matchAll(/^\d+ +(?:<\.\.\. )?([a-z]\w*)(?:\(| resumed)/gm)].map(
      (match) => match[1]!,
    );
    expect(called.length).toBeGreaterThan(1000);
    // The program is started before the filter is in place; strace sees that too.
    const refused = [...new Set(called)].filter((call) => !permitted.has(call) && call !== 'execve');
    // V8 asks for memory protection keys, and does without.
    expect(refused.filter((call) => call !== 'pkey_alloc')).toEqual([]);
    await run('strace', ['-f', '-qq', '-o', trace, '-e', 'inject=pkey_alloc:error=EPERM', ...agent], { env });
  });
});
