/** Both agents against the service itself, on one machine with a TPM: enrolled by the maker's certificate and a join token, judged by a shipped policy. */
import { X509Certificate } from 'node:crypto';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { joinTokenDigest } from '../../src/service/hosts/enrol.ts';
import { listAppraisals } from '../../src/store/appraisals.ts';
import { insertBlob, packBlob } from '../../src/store/blobs.ts';
import { keysOf } from '../../src/store/host-keys.ts';
import { listHosts } from '../../src/store/hosts.ts';
import { createJoinToken } from '../../src/store/join-tokens.ts';
import { addTrustRoot } from '../../src/store/trust-roots.ts';
import { startTestService, type TestService } from '../service/running.ts';
import { ADMIN } from '../store/database.ts';
import { catalogue, readPolicy } from '../support/fixtures.ts';
import { makeIdentity } from '../support/tls-server.ts';
import { bootAs, type BootLogs } from '../tools/captured-boot.ts';
import { run, type RunResult } from '../tools/programs.ts';
import { manufactureTpm, startSoftwareTpm, type SoftwareTpm } from '../tools/software-tpm.ts';
import { assay } from './program.ts';

const JOIN_TOKEN = 'for-this-test-alone';
const HOUR = 3_600_000;

let folder: string;
let tpm: SoftwareTpm;
let logs: BootLogs;
let service: TestService;
let environment: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-attesting-'));
  await manufactureTpm(folder);
  tpm = await startSoftwareTpm(folder);
  logs = await bootAs(tpm, join(folder, 'security'), 'uki/baseline');
  const identity = await makeIdentity();
  const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
  const checks = { ...document.checks, 'identity.ek-genuine': { classes: ['lab'] } };
  service = await startTestService({
    policies: [resolvePolicy({ ...document, checks }, catalogue)],
    tls: { certificate: identity.certificate, key: identity.key },
    // The maker of the TPM dated its certificate a moment ago.
    context: { now: () => Math.floor(performance.timeOrigin + performance.now()) },
  });
  await admitTheMaker();
  for (const [name, text] of Object.entries({ 'ca.pem': identity.ca, token: JOIN_TOKEN })) {
    await writeFile(join(folder, name), text);
  }
  // A TPM has three places for keys; the resource manager of a real host keeps them free.
  await mkdir(join(folder, 'bin'));
  const tpm2 = join(folder, 'bin', 'tpm2');
  await writeFile(tpm2, '#!/bin/sh\n/usr/bin/tpm2 "$@"\ncode=$?\n/usr/bin/tpm2 flushcontext -t\nexit $code\n');
  await chmod(tpm2, 0o755);
  environment = {
    ...tpm.env,
    PATH: [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter),
    ASSAY_SERVER: service.url,
    ASSAY_CA: join(folder, 'ca.pem'),
    ASSAY_JOIN_TOKEN: join(folder, 'token'),
    ASSAY_TCTI: `swtpm:host=127.0.0.1,port=${tpm.port}`,
    ASSAY_FIRMWARE_LOG: logs.firmwareLog,
    ASSAY_IMA_LOG: logs.imaLog,
    ASSAY_SYSTEMD_LOG: join(folder, 'none'),
  };
});

afterEach(async () => {
  await tpm.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What an operator does before the machine comes. */
async function admitTheMaker(): Promise<void> {
  const { store, newId, now } = service.context;
  const issuer = new X509Certificate(await readFile(join(folder, 'ca', 'issuercert.pem'))).raw;
  await store.change({ ...ADMIN, at: now() }, async (change) => {
    await insertBlob(change.keep, await packBlob(issuer), now());
    await addTrustRoot(change, { certificateId: contentId(issuer), class: 'lab', name: 'maker' });
    await createJoinToken(change, {
      id: newId(),
      sha256: joinTokenDigest(JOIN_TOKEN),
      name: 'test',
      policy: 'kvm-uki',
      maxUses: 1,
      expiresAt: now() + HOUR,
    });
  });
}

const AGENTS: Readonly<Record<string, () => Promise<RunResult>>> = {
  // The script knows one EK, and another EK would be another host.
  'assay agent': () =>
    assay(['agent', '--once', '--ek', 'L-1'], { ...environment, ASSAY_STATE: join(folder, 'state') }),
  'assay-agent.sh': () =>
    run('dash', ['docs/deploy/assay-agent.sh', '--once'], {
      env: { ...environment, ASSAY_STATE: join(folder, 'shell-state') },
      accept: [0, 1, 2, 3],
    }),
};

it.each(Object.keys(AGENTS))('%s: a good machine is trusted, and trusted again by what is new', async (name) => {
  const attest = AGENTS[name]!;
  const first = await attest();
  expect([first.code, first.stderr.toString()]).toEqual([0, expect.stringContaining('trusted')]);
  expect((await attest()).code).toBe(0);
  const { store } = service.context;
  const [host, ...others] = await listHosts(store.read, { limit: 5 });
  expect([host!.state, others]).toEqual(['active', []]);
  const roles = (await keysOf(store.read, host!.id)).map(({ role }) => role).toSorted();
  expect(roles).toEqual(name === 'assay agent' ? ['ak', 'host-key'] : ['ak']);
  const appraisals = await listAppraisals(store.read, { hostId: host!.id, limit: 5 });
  expect(appraisals.map(({ verdict }) => verdict)).toEqual(['trusted', 'trusted']);
});

it.each(Object.keys(AGENTS))('%s: what was measured and is not approved is found out', async (name) => {
  const attest = AGENTS[name]!;
  expect((await attest()).code).toBe(0);
  // Root extends a PCR that only the image may extend.
  await tpm.tpm2(['pcrextend', `11:sha256=${'ab'.repeat(32)}`]);
  const caught = await attest();
  expect([caught.code, caught.stderr.toString()]).toEqual([1, expect.stringContaining('untrusted')]);
});

it('a log that was written to is no log any more', async () => {
  await appendFile(logs.firmwareLog, 'x');
  const { code, stderr } = await AGENTS['assay agent']!();
  expect([code, stderr.toString()]).toEqual([1, expect.stringContaining('"weakestLink":"log"')]);
});

it('a machine that changes its agent stays the same host', async () => {
  for (const attest of Object.values(AGENTS)) expect((await attest()).code).toBe(0);
  // The first agent's key was replaced; it enrols again by itself.
  expect((await AGENTS['assay agent']!()).code).toBe(0);
  expect(await listHosts(service.context.store.read, { limit: 5 })).toHaveLength(1);
});
