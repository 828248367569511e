/**
 * The whole way with nothing left out: a machine whose image holds the agent enrols with the certificate of its TPM, attests over TLS, runs
 * a program that its image does not contain, stays untrusted, and is trusted again after a boot.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { parseJson } from '../../src/bytes/json.ts';
import type { Appraisal } from '../../src/chain/model.ts';
import { parsePolicy } from '../../src/policy/document.ts';
import { resolvePolicy, type ResolvedPolicy } from '../../src/policy/resolve.ts';
import { joinTokenDigest } from '../../src/service/hosts/enrol.ts';
import type { ServiceContext } from '../../src/service/settings.ts';
import { listAppraisals, type Appraisal as AppraisalRow } from '../../src/store/appraisals.ts';
import { insertBlob, packBlob, readBlob } from '../../src/store/blobs.ts';
import { keysOf } from '../../src/store/host-keys.ts';
import { listHosts } from '../../src/store/hosts.ts';
import { createJoinToken } from '../../src/store/join-tokens.ts';
import { addTrustRoot } from '../../src/store/trust-roots.ts';
import { makeIdentity } from '../support/tls-server.ts';
import { startTestService } from '../service/running.ts';
import { ensureInstalled } from '../tools/programs.ts';
import { unknownProgram } from './foreign.ts';
import { guestAgent } from './guest-agent.ts';
import { IMAGE_PROGRAMS, prepareImageKind, type ImageFiles } from './images.ts';
import { GATEWAY, LiveMachine } from './live-machine.ts';
import { MACHINE_PROGRAMS, probeAccelerator } from './machine.ts';
import { manifestOf } from './manifests.ts';
import { labReferences } from './references.ts';
import { withTemporaryFolder } from './temporary.ts';

/** Two boots under software emulation, and five attestations a third of a minute apart. */
const TIMEOUT = 900_000;
/** A machine under emulation needs a while to start the agent and to quote. */
const PATIENCE = 240_000;
const JOIN_TOKEN = 'for the lab alone';
/** Where `swtpm_setup` keeps the CA it makes at its first use. */
const LOCAL_CA = '/var/lib/swtpm-localca';
const CAUSE = { actor: { kind: 'service' }, reason: 'the lab', at: 0 } as const;

let image: ImageFiles;
beforeAll(async () => {
  await ensureInstalled([...IMAGE_PROGRAMS, ...MACHINE_PROGRAMS]);
  image = await prepareImageKind('uki', 'agent', { agent: await guestAgent() });
}, TIMEOUT);

async function livePolicy(): Promise<ResolvedPolicy> {
  const manifest = await manifestOf(image, 'lab-uki-agent');
  const references = await labReferences('fixtures');
  const { pins: _, ...document } = parsePolicy(await readFile('policies/kvm-uki.yaml', 'utf8'));
  return resolvePolicy(
    {
      ...document,
      name: 'live',
      maxAgeSeconds: 60,
      manifests: [manifest.name],
      // The lab's TPMs are programs; their CA vouches for nothing else.
      checks: { ...document.checks, 'identity.ek-genuine': { classes: ['lab'] } },
    },
    {
      manifests: new Map([[manifest.name, manifest]]),
      references: new Map(references.map((set) => [set.name, set])),
      pins: new Map(),
    },
  );
}

/** What an operator does before the machine comes: the CA of its TPM, and a join token. */
async function prepare({ store, newId, now }: ServiceContext): Promise<void> {
  const issuer = new X509Certificate(await readFile(`${LOCAL_CA}/issuercert.pem`)).raw;
  await store.change({ ...CAUSE, at: now() }, async (change) => {
    await insertBlob(change.keep, await packBlob(issuer), now());
    await addTrustRoot(change, { certificateId: contentId(issuer), class: 'lab', name: 'swtpm-localca' });
    await createJoinToken(change, {
      id: newId(),
      sha256: joinTokenDigest(JOIN_TOKEN),
      name: 'lab',
      policy: 'live',
      maxUses: 1,
      expiresAt: now() + TIMEOUT,
    });
  });
}

it(
  'a machine enrols, attests, is found out, stays so, and is trusted again after a boot',
  async () => {
    const identity = await makeIdentity();
    const policy = await livePolicy();
    const { url, context } = await startTestService({
      policies: [policy],
      tls: { certificate: identity.certificate, key: identity.key },
      context: { now: () => new Date().getTime() },
    });
    await withTemporaryFolder(async (folder) => {
      const config = {
        server: `https://${GATEWAY}:${new URL(url).port}`,
        pin: identity.pin,
        joinToken: 'join-token',
      };
      const machine = await LiveMachine.make(folder, {
        image,
        accelerator: await probeAccelerator(),
        data: {
          'agent.json': Buffer.from(JSON.stringify(config)),
          'join-token': Buffer.from(`${JOIN_TOKEN}\n`),
          hostname: Buffer.from('lab-live\n'),
          unknown: unknownProgram(),
        },
        progress: () => {},
      });
      try {
        await prepare(context);
        await machine.boot();
        const first = await next(context, machine, null);
        expect(await told(context, first)).toEqual({ verdict: 'trusted', findings: [] });
        const [host] = await listHosts(context.store.read, { limit: 2 });
        expect(host).toMatchObject({ name: 'lab-live', policy: 'live', state: 'active' });
        expect((await keysOf(context.store.read, host!.id)).map(({ role }) => role).toSorted()).toEqual([
          'ak',
          'host-key',
        ]);
        const second = await next(context, machine, first);
        expect(await told(context, second)).toEqual({ verdict: 'trusted', findings: [] });

        machine.order('run unknown');
        await machine.says('ran unknown', PATIENCE);
        const caught = await until(context, machine, second, ({ verdict }) => verdict !== 'trusted');
        const program = createHash('sha256').update(unknownProgram()).digest('hex');
        const { verdict, findings } = await told(context, caught);
        expect(verdict).toBe('untrusted');
        expect(findings).toEqual([expect.stringContaining('runtime.entry-unapproved')]);
        expect(findings[0]).toContain('/mnt/unknown');
        expect(findings[0]).toContain(program);
        // Nothing happens now, and that makes nothing good.
        const quiet = await next(context, machine, caught);
        expect(await told(context, quiet)).toEqual({ verdict, findings });

        await machine.off();
        await machine.boot();
        const booted = await next(context, machine, quiet);
        expect(await told(context, booted)).toEqual({ verdict: 'trusted', findings: [] });
        expect(booted.resetCount).toBe(quiet.resetCount! + 1);
        expect(await listHosts(context.store.read, { limit: 2 })).toHaveLength(1);
      } finally {
        await machine.stop();
      }
    });
  },
  TIMEOUT,
);

/** The next appraisal after another. */
function next(context: ServiceContext, machine: LiveMachine, after: AppraisalRow | null): Promise<AppraisalRow> {
  return until(context, machine, after, () => true);
}

async function until(
  { store }: ServiceContext,
  machine: LiveMachine,
  after: AppraisalRow | null,
  wanted: (row: AppraisalRow) => boolean,
): Promise<AppraisalRow> {
  const began = performance.now();
  while (performance.now() - began < PATIENCE) {
    const [host] = await listHosts(store.read, { limit: 1 });
    const rows = host === undefined ? [] : await listAppraisals(store.read, { hostId: host.id, limit: 50 });
    const newer = rows.filter(({ id }) => after === null || id > after.id).toReversed();
    const found = newer.find(wanted);
    if (found !== undefined) return found;
    await machine.pause();
  }
  throw new Error(`no such appraisal; the console ends with\n${await machine.end()}`);
}

/** Verdict and findings of the appraisal as it was recorded. */
async function told({ store }: ServiceContext, { documentId }: AppraisalRow) {
  const document = parseJson(new TextDecoder().decode(await readBlob(store.read, documentId))) as unknown as Appraisal;
  const findings = document.links.flatMap((link) => link.findings);
  return {
    verdict: document.verdict,
    findings: findings.map(({ code, component, observed }) => `${code} ${component} ${observed}`),
  };
}
