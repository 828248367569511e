/** docs/deploy/assay-agent.sh on a machine with a TPM, in two shells that have nothing of bash. */
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { akTemplateDifferences } from '../../src/tpm/ak-template.ts';
import { contentId } from '../../src/bytes/hash.ts';
import { fromBase64url } from '../../src/bytes/text.ts';
import type { EvidenceBundle } from '../../src/evidence/bundle.ts';
import { readPublic2B } from '../../src/tpm/public.ts';
import { agentService, type AgentService } from '../agent/service.ts';
import { problem, Verifier } from '../agent/verifier.ts';
import { bootAs, type BootLogs } from '../tools/captured-boot.ts';
import { run, start, type RunResult } from '../tools/programs.ts';
import { manufactureTpm, startSoftwareTpm, type SoftwareTpm } from '../tools/software-tpm.ts';

const SCRIPT = 'docs/deploy/assay-agent.sh';

let folder: string;
let tpm: SoftwareTpm;
let logs: BootLogs;
let service: AgentService;
let verifier: Verifier;
let number = 0;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-shell-'));
  await manufactureTpm(folder);
  tpm = await startSoftwareTpm(folder);
  service = await agentService();
  await writeFile(join(folder, 'ca.pem'), service.identity.ca);
  await writeFile(join(folder, 'token'), 'token-of-the-operator\n');
  // A TPM has three places for keys; the resource manager of a real host keeps them free.
  await mkdir(join(folder, 'bin'));
  const tpm2 = join(folder, 'bin', 'tpm2');
  await writeFile(tpm2, '#!/bin/sh\n/usr/bin/tpm2 "$@"\ncode=$?\n/usr/bin/tpm2 flushcontext -t\nexit $code\n');
  await chmod(tpm2, 0o755);
});

afterAll(async () => {
  await service.stop();
  await tpm.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  verifier = service.verifier = new Verifier();
  service.answering = () => undefined;
  service.answered = () => undefined;
  const here = join(folder, String(number++));
  await mkdir(here);
  logs = await bootAs(tpm, join(here, 'security'), 'uki/baseline');
  environment = {
    ...tpm.env,
    PATH: [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter),
    ASSAY_SERVER: service.url,
    ASSAY_CA: join(folder, 'ca.pem'),
    ASSAY_JOIN_TOKEN: join(folder, 'token'),
    ASSAY_STATE: join(here, 'state'),
    ASSAY_FIRMWARE_LOG: logs.firmwareLog,
    ASSAY_IMA_LOG: logs.imaLog,
    ASSAY_SYSTEMD_LOG: logs.systemdLog,
  };
});

const CYCLE = ['POST /v1/hosts/*/challenge', 'POST /v1/hosts/*/evidence'];
const ENROL = ['POST /v1/enrol', 'POST /v1/enrol/*/activate'];

const once = (change: Readonly<Record<string, string>> = {}): Promise<RunResult> =>
  run('dash', [SCRIPT, '--once'], { env: { ...environment, ...change }, accept: [0, 1, 2, 3] });

it.each([
  ['dash', [SCRIPT]],
  ['busybox', ['sh', SCRIPT]],
] as const)('in %s it enrols and attests; then sends only what is new', async (shell, args) => {
  const attest = () => run(shell, [...args, '--once'], { env: environment, accept: [0, 1, 2, 3] });
  const first = await attest();
  expect([first.code, first.stderr.toString()]).toEqual([0, expect.stringMatching(/enrolled as host .*\n.*trusted/)]);
  expect(verifier.requests).toEqual([...ENROL, ...CYCLE]);
  const [request] = verifier.enrolments;
  expect(request).toMatchObject({ joinToken: 'token-of-the-operator', akParent: 'endorsement' });
  expect(request!.ekCertificates).toHaveLength(1);
  expect(akTemplateDifferences(readPublic2B(fromBase64url(request!.ak)).public)).toEqual([]);
  await appendFile(logs.imaLog, 'appended');
  expect((await attest()).code).toBe(0);
  expect(verifier.requests).toEqual([...ENROL, ...CYCLE, ...CYCLE]);
  const { firmwareLog, imaLog, claims } = verifier.received[1]!;
  expect([firmwareLog!.bytes, Buffer.from(imaLog!.tail!).toString(), claims!.hostKey]).toEqual([
    undefined,
    'appended',
    null,
  ]);
  expect(verifier.accepted[1]!.imaLog!.bytes!.length).toBe((await readFile(logs.imaLog)).length);
});

it('sends logs whole when they are missed, and goes without those it cannot read', async () => {
  await once();
  verifier.forgetLogs();
  expect((await once()).code).toBe(0);
  expect(verifier.requests.slice(4)).toEqual([...CYCLE, CYCLE[1]]);
  expect(verifier.received.at(-1)!.firmwareLog!.bytes).toBeDefined();
  expect((await once({ ASSAY_IMA_LOG: '/nowhere', ASSAY_FIRMWARE_LOG: '/nowhere' })).code).toBe(0);
  const { claims, hints } = verifier.accepted.at(-1)!;
  expect(claims).toMatchObject({ firmwareLog: null, imaLog: null });
  expect(hints.get('missing')).toBe('firmware log, runtime list');
});

it('sends a list that does not fit into a request in parts, then what is new', async () => {
  await appendFile(logs.imaLog, Buffer.alloc(45_000_000, 'list '));
  expect((await once()).code).toBe(0);
  const part = 'POST /v1/hosts/*/evidence-parts';
  expect(verifier.requests.slice(2)).toEqual([...CYCLE, ...Array<string>(6).fill(part), CYCLE[1]]);
  expect(verifier.accepted[0]!.imaLog!.id).toBe(contentId(await readFile(logs.imaLog)));
  await appendFile(logs.imaLog, 'appended');
  expect((await once()).code).toBe(0);
  expect(Buffer.from(verifier.received.at(-1)!.imaLog!.tail!).toString()).toBe('appended');
});

it('sends systemd’s log where there is one, and waits for a record under way', async () => {
  await writeFile(logs.systemdLog, 'one\n');
  await once();
  const [{ claims, systemdLog }] = verifier.accepted as [EvidenceBundle];
  expect([claims!.systemdLog, Buffer.from(systemdLog!.bytes!).toString()]).toEqual([4, 'one\n']);
  // A writer that was killed leaves the sticky bit, or half a record; both are sent in the end.
  await writeFile(logs.systemdLog, 'one\ntw');
  await chmod(logs.systemdLog, 0o1600);
  const began = performance.now();
  await once();
  expect(performance.now() - began).toBeGreaterThan(2_000);
  expect(Buffer.from(verifier.accepted[1]!.systemdLog!.bytes!).toString()).toBe('one\ntw');
});

it.each([
  ['as it is', 'of the hierarchy\n'],
  ['in hexadecimal', `hex:${Buffer.from('of the hierarchy').toString('hex')}\n`],
])('uses the password of the endorsement hierarchy, written %s', async (_, text) => {
  const password = join(folder, 'password');
  await writeFile(password, text);
  await chmod(password, 0o600);
  await tpm.tpm2(['changeauth', '-c', 'e', 'of the hierarchy']);
  try {
    const given = await once({ ASSAY_ENDORSEMENT_AUTH: password });
    expect([given.code, given.stderr.toString()]).toEqual([0, expect.stringContaining('trusted')]);
    expect((await once()).code).toBe(3);
    await chmod(password, 0o644);
    const refused = await once({ ASSAY_ENDORSEMENT_AUTH: password });
    expect([refused.code, refused.stderr.toString()]).toEqual([3, expect.stringContaining('its owner alone')]);
  } finally {
    await tpm.tpm2(['changeauth', '-c', 'e', '-p', 'of the hierarchy']);
  }
});

it.each([
  ['challenge.expired', 0],
  ['host.retired', 1],
  ['host.no-policy', 2],
  ['service.internal', 3],
])('%s is answered with exit code %d', async (code, exit) => {
  await once();
  verifier.answerNext('challenge', problem(403, code));
  const ended = await once();
  expect([ended.code, ended.stderr.toString()]).toEqual([exit, expect.stringContaining(`${code}: because of`)]);
});

it.each([
  ['untrusted', 1],
  ['unproven', 2],
] as const)('%s is exit code %d', async (verdict, exit) => {
  verifier.verdict = verdict;
  expect((await once()).code).toBe(exit);
});

it('a machine that is not known any more enrols again; one that waits or is refused says so', async () => {
  await once();
  verifier.forget();
  expect((await once()).code).toBe(0);
  verifier.forget();
  verifier.approves = false;
  const waiting = await once();
  expect([waiting.code, waiting.stderr.toString()]).toEqual([2, expect.stringContaining('enrolment.pending')]);
  verifier.answerNext('activate', problem(403, 'enrolment.refused'));
  expect((await once()).code).toBe(1);
});

it.each([
  ['that its CA does not vouch for', { ASSAY_CA: '/etc/ssl/certs/ca-certificates.crt' }, 'service.unreachable'],
  ['with another key than the pinned one', { ASSAY_PIN: `${'A'.repeat(43)}=` }, 'service.unreachable'],
  ['that is not there', { ASSAY_SERVER: 'https://127.0.0.1:1' }, 'service.unreachable'],
  ['that is not authenticated', { ASSAY_SERVER: 'http://192.0.2.1' }, 'loopback only'],
  ['on a host that only looks like this one', { ASSAY_SERVER: 'http://127.0.0.1.example.org' }, 'loopback only'],
])('tells a service %s nothing', async (_, change, said) => {
  const { code, stderr } = await once(change);
  expect([code, stderr.toString()]).toEqual([3, expect.stringContaining(said)]);
  expect(verifier.requests).toEqual([]);
});

it('knows its service by the pinned key alone', async () => {
  expect((await once({ ASSAY_CA: '', ASSAY_PIN: service.identity.pin })).code).toBe(0);
});

it('attests again and again, waits out what fails, and stops on SIGTERM', async () => {
  verifier.nextAttestationSeconds = 1;
  verifier.answerNext('challenge', problem(503, 'service.busy'));
  const done = new Promise<void>((resolve) => {
    service.answered = (path) => {
      if (path.endsWith('/challenge') && verifier.accepted.length === 2) resolve();
    };
  });
  const log = join(folder, 'events.log');
  const agent = start('dash', [SCRIPT], { env: environment, log });
  await done;
  await agent.stop();
  expect(await agent.exited).toBe(0);
  expect(
    (await readFile(log, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/[:,] | as /)[1]),
  ).toEqual(['enrolled', 'service.busy', 'trusted', 'trusted', 'stopped']);
  expect(verifier.requests).toEqual([...ENROL, CYCLE[0], ...CYCLE, ...CYCLE, CYCLE[0]]);
});

it('shellcheck finds nothing', async () => {
  const { stdout } = await run('shellcheck', ['--shell', 'sh', SCRIPT], { accept: [0, 1] });
  expect(stdout.toString()).toBe('');
});
