/** Both agents against the service itself, on one machine with a TPM: enrolled by the maker's certificate and a join token, judged by a shipped policy. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readBlob } from '../../src/store/blobs.ts';
import { listAppraisals } from '../../src/store/appraisals.ts';
import { keysOf } from '../../src/store/host-keys.ts';
import { listHosts } from '../../src/store/hosts.ts';
import { readPublic } from '../../src/tpm/public.ts';
import { run, type RunResult } from '../tools/programs.ts';
import { attestingMachine, type AttestingMachine } from './attesting-machine.ts';

let machine: AttestingMachine;
beforeEach(async () => {
  machine = await attestingMachine();
});

const AGENTS: Readonly<Record<string, (type: string) => Promise<RunResult>>> = {
  'assay agent': (type) => machine.attest(['--ak-type', type]),
  'assay-agent.sh': (type) =>
    run('dash', ['docs/deploy/assay-agent.sh', '--once'], {
      env: { ...machine.environment, ASSAY_STATE: join(machine.folder, 'shell-state'), ASSAY_AK_TYPE: type },
      accept: [0, 1, 2, 3],
    }),
};

describe.each(Object.keys(AGENTS))('%s', (name) => {
  it.each(['ecc', 'rsa'])('a good machine with a key %s is trusted, and trusted again by what is new', async (type) => {
    const attest = (): Promise<RunResult> => AGENTS[name]!(type);
    const first = await attest();
    expect([first.code, first.stderr.toString()]).toEqual([0, expect.stringContaining('trusted')]);
    expect((await attest()).code).toBe(0);
    const { store } = machine.service.context;
    const [host, ...others] = await listHosts(store.read, { limit: 5 });
    expect([host!.state, others]).toEqual(['active', []]);
    const keys = await keysOf(store.read, host!.id);
    expect(keys.map(({ role }) => role).toSorted()).toEqual(name === 'assay agent' ? ['ak', 'host-key'] : ['ak']);
    const ak = await readBlob(store.read, keys.find(({ role }) => role === 'ak')!.publicAreaId);
    expect(readPublic(ak!, 'ak').type).toBe(type);
    const appraisals = await listAppraisals(store.read, { hostId: host!.id, limit: 5 });
    expect(appraisals.map(({ verdict }) => verdict)).toEqual(['trusted', 'trusted']);
  });

  it('what was measured and is not approved is found out', async () => {
    const attest = (): Promise<RunResult> => AGENTS[name]!('ecc');
    expect((await attest()).code).toBe(0);
    // Root extends a PCR that only the image may extend.
    await machine.tpm.tpm2(['pcrextend', `11:sha256=${'ab'.repeat(32)}`]);
    const caught = await attest();
    expect([caught.code, caught.stderr.toString()]).toEqual([1, expect.stringContaining('untrusted')]);
  });
});

it('a log that was written to is no log any more', async () => {
  await appendFile(machine.logs.firmwareLog, 'x');
  const { code, stderr } = await machine.attest();
  expect([code, stderr.toString()]).toEqual([1, expect.stringContaining('"weakestLink":"log"')]);
});

it('a machine that changes its agent stays the same host', async () => {
  for (const attest of Object.values(AGENTS)) expect((await attest('ecc')).code).toBe(0);
  // The first agent's key was replaced; it enrols again by itself.
  expect((await AGENTS['assay agent']!('ecc')).code).toBe(0);
  expect(await listHosts(machine.service.context.store.read, { limit: 5 })).toHaveLength(1);
});
