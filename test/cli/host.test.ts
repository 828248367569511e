/** `assay host` and `assay enrolment`, against a real service. */
import { describe, expect, it } from 'vitest';
import { agentClient } from '../../src/api/client.ts';
import { httpTransport } from '../../src/api/transport.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { insertBlob, packBlob } from '../../src/store/blobs.ts';
import { addTrustRoot } from '../../src/store/trust-roots.ts';
import { ADMIN } from '../store/database.ts';
import { SoftwareHost } from '../service/hosts/software-host.ts';
import { NOW, startTestService, tokenOf } from '../service/running.ts';
import { makeEkAuthority } from '../support/ek-authority.ts';
import { catalogue, readPolicy } from '../support/fixtures.ts';
import { assay, documentOf } from './terminal.ts';

/** A service that knows a maker of TPMs, an operator's environment, and a machine that waits. */
async function waiting() {
  const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
  const { url, context } = await startTestService({ policies: [resolvePolicy(document, catalogue)] });
  const maker = await makeEkAuthority();
  await context.store.change(ADMIN, async (change) => {
    await insertBlob(change.keep, await packBlob(maker.root.certificate), NOW);
    await addTrustRoot(change, { certificateId: maker.root.id, class: 'discrete', name: 'maker' });
  });
  const host = new SoftwareHost(agentClient(httpTransport({ server: url })), { maker });
  await host.enrol();
  return { host, env: { ASSAY_SERVER: url, ASSAY_TOKEN: await tokenOf(context, 'operator') } };
}

describe('assay enrolment', () => {
  it('lists what waits, and approves it', async () => {
    const { host, env } = await waiting();
    const list = await assay(['enrolment', 'list'], { env });
    expect(list.out).toContain(host.enrolment);
    expect(list.out).toContain('genuine: maker (discrete)');
    const approved = await assay(['enrolment', 'approve', host.enrolment, '--policy', 'kvm-uki', '--name', 'hv-1'], {
      env,
    });
    expect(approved).toMatchObject({ code: 0, err: '' });
    host.id = approved.out.trim();
    expect((await assay(['host', 'show', host.id], { env })).code).toBe(2);
    await host.attest();
    const shown = await assay(['host', 'show', host.id], { env });
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('standing        trusted');
    expect((await assay(['host', 'list'], { env })).out).toMatch(/hv-1 {2}active {2}trusted/);
    const json = documentOf(await assay(['enrolment', 'list', '--json'], { env }));
    expect(json).toEqual({ schema: 'assay.enrolments/1', enrolments: [] });
  });

  it('refuses it', async () => {
    const { host, env } = await waiting();
    expect(await assay(['enrolment', 'refuse', host.enrolment, '--reason', 'not ours'], { env })).toMatchObject({
      code: 0,
      out: `${host.enrolment} refused\n`,
    });
    const again = documentOf(await assay(['enrolment', 'approve', host.enrolment, '--json'], { env }));
    expect(again['code']).toBe('enrolment.unknown');
  });
});

describe('assay host', () => {
  it('changes and retires a host', async () => {
    const { host, env } = await waiting();
    const { host: id } = documentOf(await assay(['enrolment', 'approve', host.enrolment, '--json'], { env })) as {
      readonly host: string;
    };
    expect((await assay(['host', 'list'], { env })).out).toContain('(none: denied)');
    expect(await assay(['host', 'set', id, '--policy', 'kvm-uki', '--name', 'hv-2'], { env })).toMatchObject({
      code: 0,
    });
    expect((await assay(['host', 'list'], { env })).out).toMatch(/hv-2 .* kvm-uki/);
    expect(await assay(['host', 'set', id, '--without-policy'], { env })).toMatchObject({ code: 0 });
    expect(await assay(['host', 'retire', id], { env })).toMatchObject({ code: 0, out: `${id} retired\n` });
    const { hosts } = documentOf(await assay(['host', 'list', '--state', 'retired', '--json'], { env })) as {
      readonly hosts: readonly object[];
    };
    expect(hosts).toMatchObject([{ id, standing: 'never', policy: null }]);
  });

  it.each([
    [['set', 'x'], 'host.nothing'],
    [['set', 'x', '--policy', 'a', '--without-policy'], 'host.policy'],
    [['set', 'x', '--policy', 'accept-all'], 'policy.unknown'],
    [['show', '../events'], 'host.unknown'],
    [['retire', 'nobody'], 'host.unknown'],
    [['list', '--state', 'good'], 'request.query'],
  ])('%j ends with %s', async (words, code) => {
    const { env } = await waiting();
    const ended = await assay(['host', ...words, '--json'], { env });
    expect([ended.code, documentOf(ended)['code']]).toEqual([3, code]);
  });
});
