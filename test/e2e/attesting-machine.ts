/** A machine with a TPM and the logs of a captured boot, beside the service itself, which knows the TPM's maker and a join token. */
import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { joinTokenDigest } from '../../src/service/hosts/enrol.ts';
import { listAppraisals } from '../../src/store/appraisals.ts';
import { insertBlob, packBlob } from '../../src/store/blobs.ts';
import { listHosts } from '../../src/store/hosts.ts';
import { createJoinToken } from '../../src/store/join-tokens.ts';
import { addTrustRoot } from '../../src/store/trust-roots.ts';
import { startTestService, type TestService } from '../service/running.ts';
import { ADMIN } from '../store/database.ts';
import { catalogue, readPolicy } from '../support/fixtures.ts';
import { makeIdentity } from '../support/tls-server.ts';
import { bootAs, type BootLogs } from '../tools/captured-boot.ts';
import type { RunResult } from '../tools/programs.ts';
import { manufactureTpm, startSoftwareTpm, type SoftwareTpm } from '../tools/software-tpm.ts';
import { startTpmProxy, type TpmProxy } from '../tools/tpm-proxy.ts';
import { assay } from './program.ts';

const JOIN_TOKEN = 'for-this-test-alone';
const HOUR = 3_600_000;

export interface AttestingMachine {
  readonly folder: string;
  /** the one that runs now */
  readonly tpm: SoftwareTpm;
  /** stands between `assay` and the TPM; tpm2-tools go past it */
  readonly proxy: TpmProxy;
  readonly logs: BootLogs;
  readonly service: TestService;
  /** of both agents */
  readonly environment: Readonly<Record<string, string>>;
  /** `assay agent --once` */
  attest(options?: readonly string[], environment?: Readonly<Record<string, string>>): Promise<RunResult>;
  /** `assay enrol` */
  enrol(): Promise<RunResult>;
  /** Switches the TPM off and on, and boots as before. */
  boot(): Promise<void>;
  /** The same, with something done to the folder of its state while it is off. */
  bootAfter(work: (state: string) => Promise<void>): Promise<void>;
  /** Verdicts of the only host, the newest first. */
  verdicts(): Promise<readonly string[]>;
}

/** Everything is gone when the test ends. */
export async function attestingMachine(): Promise<AttestingMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-attesting-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await manufactureTpm(folder);
  let tpm = await startSoftwareTpm(folder);
  let proxy = await startTpmProxy(tpm.port);
  onTestFinished(async () => {
    await proxy.close();
    await tpm.stop();
  });
  const boot = (): Promise<BootLogs> => bootAs(tpm, join(folder, 'security'), 'uki/baseline');
  const logs = await boot();
  const identity = await makeIdentity();
  const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
  const checks = { ...document.checks, 'identity.ek-genuine': { classes: ['lab'] } };
  const service = await startTestService({
    policies: [resolvePolicy({ ...document, checks }, catalogue)],
    tls: { certificate: identity.certificate, key: identity.key },
    // The maker of the TPM dated its certificate a moment ago.
    context: { now: () => Math.floor(performance.timeOrigin + performance.now()) },
  });
  await admitTheMaker(folder, service);
  for (const [name, text] of Object.entries({ 'ca.pem': identity.ca, token: JOIN_TOKEN })) {
    await writeFile(join(folder, name), text);
  }
  // A TPM has three places for keys; the resource manager of a real host keeps them free.
  await mkdir(join(folder, 'bin'));
  const tpm2 = join(folder, 'bin', 'tpm2');
  await writeFile(tpm2, '#!/bin/sh\n/usr/bin/tpm2 "$@"\ncode=$?\n/usr/bin/tpm2 flushcontext -t\nexit $code\n');
  await chmod(tpm2, 0o755);
  const machine: AttestingMachine = {
    folder,
    logs,
    service,
    get tpm() {
      return tpm;
    },
    get proxy() {
      return proxy;
    },
    get environment() {
      return {
        ...tpm.env,
        PATH: [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter),
        ASSAY_SERVER: service.url,
        ASSAY_CA: join(folder, 'ca.pem'),
        ASSAY_JOIN_TOKEN: join(folder, 'token'),
        ASSAY_STATE: join(folder, 'state'),
        ASSAY_TCTI: proxy.tcti,
        ASSAY_FIRMWARE_LOG: logs.firmwareLog,
        ASSAY_IMA_LOG: logs.imaLog,
        ASSAY_SYSTEMD_LOG: join(folder, 'none'),
        // The script knows one EK, and another EK would be another host.
        ASSAY_EK: 'L-1',
      };
    },
    attest: (options = [], environment = {}) =>
      assay(['agent', '--once', ...options], { ...machine.environment, ...environment }),
    enrol: () => assay(['enrol', '--no-wait'], machine.environment),
    boot: () => machine.bootAfter(async () => undefined),
    async bootAfter(work) {
      await proxy.close();
      await tpm.stop();
      await work(join(folder, 'swtpm'));
      tpm = await startSoftwareTpm(folder);
      proxy = await startTpmProxy(tpm.port);
      await boot();
    },
    async verdicts() {
      const { store } = service.context;
      const [host] = await listHosts(store.read, { limit: 1 });
      const rows = host === undefined ? [] : await listAppraisals(store.read, { hostId: host.id, limit: 20 });
      return rows.map(({ verdict }) => verdict);
    },
  };
  return machine;
}

/** What an operator does before the machine comes. */
async function admitTheMaker(folder: string, { context }: TestService): Promise<void> {
  const { store, newId, now } = context;
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
