/** `assay enrol` and `assay agent` as programs, on a machine with a TPM, beside a verifier behind TLS. */
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agentService, type AgentService } from '../agent/service.ts';
import { problem, Verifier } from '../agent/verifier.ts';
import { bootAs, type BootLogs } from '../tools/captured-boot.ts';
import { manufactureTpm, startSoftwareTpm, type SoftwareTpm } from '../tools/software-tpm.ts';
import { startTpmProxy } from '../tools/tpm-proxy.ts';
import { assay, startAssay } from './program.ts';

let folder: string;
let tpm: SoftwareTpm;
let logs: BootLogs;
let service: AgentService;
let verifier: Verifier;
let number = 0;
let state: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-agent-'));
  await manufactureTpm(folder);
  tpm = await startSoftwareTpm(folder);
  logs = await bootAs(tpm, join(folder, 'security'), 'uki/baseline');
  service = await agentService();
  await writeFile(join(folder, 'ca.pem'), service.identity.ca);
  await writeFile(join(folder, 'token'), 'token-of-the-operator\n');
});

afterAll(async () => {
  await service.stop();
  await tpm.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  verifier = service.verifier = new Verifier();
  service.answering = () => undefined;
  service.answered = () => undefined;
  state = join(folder, `state-${number++}`);
});

function environment(tcti = `swtpm:host=127.0.0.1,port=${tpm.port}`): Record<string, string> {
  return {
    TSS2_LOG: 'all+none',
    ASSAY_SERVER: service.url,
    ASSAY_CA: join(folder, 'ca.pem'),
    ASSAY_JOIN_TOKEN: join(folder, 'token'),
    ASSAY_STATE: state,
    ASSAY_TCTI: tcti,
    ASSAY_FIRMWARE_LOG: logs.firmwareLog,
    ASSAY_IMA_LOG: logs.imaLog,
    ASSAY_SYSTEMD_LOG: logs.systemdLog,
  };
}

async function eventsOf(path: string): Promise<{ readonly event: string; readonly code?: string }[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as { event: string; code?: string });
}

async function leftInTpm(): Promise<string> {
  return (await tpm.tpm2(['getcap', 'handles-transient'])).stdout.toString();
}

describe('assay enrol', () => {
  it('enrols, with the certificate of the EK and the operator’s token', async () => {
    const { code, stdout, stderr } = await assay(['enrol', '--json'], environment());
    expect([code, JSON.parse(stdout.toString())]).toEqual([
      0,
      { schema: 'assay.enrolment/1', state: 'enrolled', host: expect.any(String), enrolment: null },
    ]);
    expect(stderr.toString()).toMatch(/^info enrolled host="[0-9a-f-]{36}"\n$/);
    expect(verifier.enrolments[0]).toMatchObject({ joinToken: 'token-of-the-operator', akParent: 'endorsement' });
    expect(verifier.enrolments[0]!.ekCertificates.length).toBeGreaterThan(0);
    expect(await leftInTpm()).toBe('');
  });

  it('says that an operator decides, waits, and says what came of it', async () => {
    verifier.approves = false;
    const waiting = await assay(['enrol', '--no-wait'], environment());
    expect([waiting.code, waiting.stdout.toString()]).toEqual([2, expect.stringMatching(/^pending: /)]);
    // Each enrolment is decided when it is first asked about.
    service.answering = (path) => (path.endsWith('/activate') ? verifier.decide('enrolled') : undefined);
    const approved = await assay(['enrol'], environment());
    expect([approved.code, approved.stdout.toString()]).toEqual([0, expect.stringMatching(/^enrolled as host /)]);
    service.answering = (path) => (path.endsWith('/activate') ? verifier.decide('refused') : undefined);
    const refused = await assay(['enrol'], environment());
    expect([refused.code, refused.stderr.toString()]).toEqual([1, expect.stringContaining('enrolment.refused')]);
  });

  it.each([
    ['no service', { ASSAY_SERVER: '' }, 'agent.no-server'],
    ['a service that is not there', { ASSAY_SERVER: 'https://127.0.0.1:1' }, 'service.unreachable'],
    ['a service that its CA does not vouch for', { ASSAY_CA: '' }, 'service.unreachable'],
    ['a service with another key than the pinned one', { ASSAY_PIN: `${'A'.repeat(43)}=` }, 'service.unreachable'],
    ['plain HTTP to another machine', { ASSAY_SERVER: 'http://192.0.2.1' }, 'server.address'],
    ['a TPM that is not there', { ASSAY_TCTI: 'device:/dev/none' }, 'tss2.no-device'],
  ])('ends with %s, and says what to do', async (_, change, error) => {
    const { code, stdout } = await assay(['enrol', '--json'], { ...environment(), ...change });
    expect([code, JSON.parse(stdout.toString())]).toEqual([3, expect.objectContaining({ code: error })]);
  });
});

describe('assay agent', () => {
  it.each([
    ['trusted', 0],
    ['untrusted', 1],
    ['unproven', 2],
  ] as const)('--once: %s is exit code %d', async (verdict, code) => {
    verifier.verdict = verdict;
    const ended = await assay(['agent', '--once'], environment());
    expect([ended.code, ended.stdout.toString()]).toEqual([code, '']);
    expect(ended.stderr.toString()).toContain(`"verdict":"${verdict}"`);
    expect(await leftInTpm()).toBe('');
  });

  it('--once: a machine that waits or is retired ends with what is to be done', async () => {
    verifier.approves = false;
    const waiting = await assay(['agent', '--once'], environment());
    expect([waiting.code, waiting.stderr.toString()]).toEqual([2, expect.stringContaining('enrolment.pending')]);
    verifier.decide('enrolled');
    verifier.answerNext('challenge', problem(403, 'host.retired'));
    const retired = await assay(['agent', '--once'], environment());
    expect([retired.code, retired.stderr.toString()]).toEqual([1, expect.stringContaining('mend host.retired')]);
  });

  it('attests again and again, sends what is new, survives its service, and stops on SIGTERM', async () => {
    const log = join(folder, 'events.log');
    verifier.nextAttestationSeconds = 5;
    service.answering = async (path) => {
      if (!path.endsWith('/evidence') || verifier.accepted.length > 1) return;
      await appendFile(logs.imaLog, 'appended');
      verifier.answerNext('challenge', problem(503, 'service.stopping'));
    };
    const done = new Promise<void>((resolve) => {
      service.answered = (path) => {
        if (path.endsWith('/evidence') && verifier.accepted.length === 2) resolve();
      };
    });
    const agent = startAssay(['agent'], log, environment());
    await done;
    await agent.stop();
    expect(await agent.exited).toBe(0);
    expect((await eventsOf(log)).map(({ event }) => event)).toEqual([
      'enrolled',
      'attested',
      'not-attested',
      'attested',
      'stopped',
    ]);
    expect(Buffer.from(verifier.received[1]!.imaLog!.tail!).toString()).toBe('appended');
    expect(verifier.received[1]!.firmwareLog!.bytes).toBeUndefined();
    expect(await leftInTpm()).toBe('');
  });

  it('stops on SIGTERM while the service is silent', async () => {
    const log = join(folder, 'silent.log');
    const asked = new Promise<void>((resolve) => {
      service.answering = (path) => {
        if (path.endsWith('/challenge')) return new Promise(() => resolve());
        return undefined;
      };
    });
    const agent = startAssay(['agent'], log, environment());
    await asked;
    await agent.stop();
    expect(await agent.exited).toBe(0);
    expect((await eventsOf(log)).at(-1)!.event).toBe('stopped');
    expect(await leftInTpm()).toBe('');
  });

  it('ends at once on a second signal, whatever the TPM does', async () => {
    const proxy = await startTpmProxy(tpm.port);
    const quotes = new Promise<void>((resolve) => {
      proxy.before = (code) => (code === 0x158 ? new Promise(() => resolve()) : null);
    });
    const agent = startAssay(['agent'], join(folder, 'stuck.log'), environment(proxy.tcti));
    await quotes;
    process.kill(agent.pid, 'SIGTERM');
    process.kill(agent.pid, 'SIGINT');
    expect(await agent.exited).toBe(-1);
    await proxy.close();
  });

  it('says in the events what is wrong with the TPM, and goes on when it is there again', async () => {
    const proxy = await startTpmProxy(tpm.port);
    const log = join(folder, 'cut.log');
    const attested = new Promise<void>((resolve) => {
      service.answered = (path) => {
        if (path.endsWith('/evidence')) resolve();
      };
    });
    let cut = 0;
    proxy.before = () => (cut++ === 0 ? 'cut' : null);
    const agent = startAssay(['agent'], log, environment(proxy.tcti));
    await attested;
    await agent.stop();
    const events = await eventsOf(log);
    expect(events.map(({ event }) => event)).toEqual(['not-attested', 'enrolled', 'attested', 'stopped']);
    expect(events[0]!.code).toMatch(/^TSS2_/);
    await proxy.close();
  });
});
