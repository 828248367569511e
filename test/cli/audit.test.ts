/** `assay audit`: an appraisal of a real service, made again without it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentClient } from '../../src/api/client.ts';
import type { AppraisalExport } from '../../src/api/appraisal-schemas.ts';
import { httpTransport } from '../../src/api/transport.ts';
import { contentId } from '../../src/bytes/hash.ts';
import { canonicalJson } from '../../src/bytes/json.ts';
import { fromBase64url, toBase64url } from '../../src/bytes/text.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { joinTokenDigest } from '../../src/service/hosts/enrol.ts';
import { insertBlob, packBlob } from '../../src/store/blobs.ts';
import { createJoinToken } from '../../src/store/join-tokens.ts';
import { addTrustRoot, removeTrustRoot } from '../../src/store/trust-roots.ts';
import { ADMIN } from '../store/database.ts';
import { SoftwareHost } from '../service/hosts/software-host.ts';
import { NOW, startTestService, temporaryFolder, tokenOf } from '../service/running.ts';
import { makeEkAuthority } from '../support/ek-authority.ts';
import { catalogue, readPolicy } from '../support/fixtures.ts';
import { assay, documentOf, type Ended } from './terminal.ts';

/** A host that attested twice, the second time with what is new of its logs; and the export of that. */
async function audited() {
  const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
  let now = NOW;
  const context = { now: () => now };
  const service = await startTestService({ policies: [resolvePolicy(document, catalogue)], context });
  const { store } = service.context;
  const maker = await makeEkAuthority();
  await store.change(ADMIN, async (change) => {
    await insertBlob(change.keep, await packBlob(maker.root.certificate), NOW);
    await addTrustRoot(change, { certificateId: maker.root.id, class: 'discrete', name: 'maker' });
    const token = { id: 'join-1', sha256: joinTokenDigest('t'), name: 'rack', policy: 'kvm-uki', maxUses: 9 };
    await createJoinToken(change, { ...token, expiresAt: NOW + 3600_000 });
  });
  const host = new SoftwareHost(agentClient(httpTransport({ server: service.url })), { maker, joinToken: 't' });
  await host.enrol();
  await host.attest();
  now += 1000;
  await host.attest({
    bundle: (bundle, kept) => ({
      ...bundle,
      firmwareLog: { id: kept.firmware! },
      imaLog: { id: kept.ima!.id, tail: bundle.imaLog!.bytes!.subarray(kept.ima!.bytes) },
    }),
  });
  // What an operator changes later changes nothing of what was judged.
  await store.change(ADMIN, (change) => removeTrustRoot(change, maker.root.id));
  const env = { ASSAY_SERVER: service.url, ASSAY_TOKEN: await tokenOf(service.context, 'auditor') };
  const shown = documentOf(await assay(['host', 'show', host.id, '--json'], { env })) as {
    readonly appraisals: readonly { readonly id: string; readonly document: string }[];
  };
  const [last] = shown.appraisals;
  const file = join(temporaryFolder(), 'appraisal.json');
  const unknown = await assay(['audit', 'export', '019ab000-0000-7000-8000-0000000000ff'], { env });
  expect(unknown).toMatchObject({ code: 3, out: '', err: expect.stringContaining('appraisal.unknown') });
  const exported = await assay(['audit', 'export', last!.id, '--out', file], { env });
  expect(exported).toEqual({ code: 0, out: '', err: '' });
  const replay = (change?: (document: AppraisalExport, parts: Record<string, string>) => object): Promise<Ended> => {
    const text = readFileSync(file, 'utf8');
    const whole = JSON.parse(text) as AppraisalExport;
    const bent = join(temporaryFolder(), 'bent.json');
    writeFileSync(bent, change === undefined ? text : JSON.stringify(change(whole, { ...whole.parts })));
    return assay(['audit', 'replay', bent, '--json']);
  };
  return { env, last: last!, file, replay };
}

describe('assay audit', () => {
  it('makes the same appraisal again from its export alone', async () => {
    const { last, file, replay } = await audited();
    expect(await assay(['audit', 'replay', file])).toEqual({
      code: 0,
      out: `the same: ${last.document}\nverdict trusted\n`,
      err: '',
    });
    expect(documentOf(await replay())).toEqual({
      schema: 'assay.replay/1',
      appraisal: last.id,
      document: last.document,
      same: true,
      verdict: 'trusted',
      altered: [],
      differences: [],
    });
  });

  it('says what is another content than its name says, and what differs however well it is named', async () => {
    const { last, replay, file } = await audited();
    const bytes = (text: string): Uint8Array => fromBase64url(text);
    const damaged = await replay((document, parts) => {
      const altered = bytes(parts[last.document]!);
      altered[40]! ^= 1;
      return { ...document, parts: { ...parts, [last.document]: toBase64url(altered) } };
    });
    expect([damaged.code, documentOf(damaged)['altered']]).toEqual([1, [last.document]]);
    const forged = (document: AppraisalExport, parts: Record<string, string>): object => {
      const kept = JSON.parse(new TextDecoder().decode(fromBase64url(parts[last.document]!))) as object;
      const other = new TextEncoder().encode(canonicalJson({ ...kept, verdict: 'untrusted' }));
      const id = contentId(other);
      return { ...document, document: id, parts: { ...parts, [id]: toBase64url(other) } };
    };
    const ended = await replay(forged);
    expect([ended.code, documentOf(ended)]).toMatchObject([
      1,
      { same: false, differences: [{ pointer: '/verdict', kept: '"untrusted"', made: '"trusted"' }] },
    ]);
    const whole = JSON.parse(readFileSync(file, 'utf8')) as AppraisalExport;
    writeFileSync(file, JSON.stringify(forged(whole, { ...whole.parts })));
    const words = await assay(['audit', 'replay', file]);
    expect(words).toMatchObject({ code: 1, out: '/verdict: kept "untrusted", made "trusted"\n' });
  });

  it('fails where the export is none or not whole', async () => {
    const { replay } = await audited();
    const codeOf = async (...change: Parameters<typeof replay>): Promise<unknown> => {
      const ended = await replay(...change);
      expect(ended.code).toBe(3);
      return documentOf(ended)['code'];
    };
    expect(await codeOf(() => ({}))).toBe('audit.export');
    expect(await codeOf((document) => ({ ...document, parts: { [document.input]: '***' } }))).toBe('audit.export');
    const alone = (document: AppraisalExport, parts: Record<string, string>) => ({
      ...document,
      parts: { [document.input]: parts[document.input], [document.document]: parts[document.document] },
    });
    expect(await codeOf(alone)).toBe('audit.incomplete');
  });
});
