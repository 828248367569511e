/** A runtime list that is longer than a request may be, through the service as it is: refused whole, judged when it comes in parts. */
import { expect, it } from 'vitest';
import { agentClient, type ProblemResponse } from '../../src/api/client.ts';
import { httpTransport } from '../../src/api/transport.ts';
import { contentId } from '../../src/bytes/hash.ts';
import { toBase64url } from '../../src/bytes/text.ts';
import { bundleToJson, MAX_PART_BYTES } from '../../src/evidence/bundle.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { heldBytes } from '../../src/store/evidence-parts.ts';
import { enrolledHost } from '../service/hosts/host-fixture.ts';
import { startTestService } from '../service/running.ts';
import { insertBlob, packBlob } from '../../src/store/blobs.ts';
import { addTrustRoot } from '../../src/store/trust-roots.ts';
import { ADMIN, NOW } from '../store/database.ts';
import { makeEkAuthority } from '../support/ek-authority.ts';
import { catalogue, readPolicy } from '../support/fixtures.ts';
import { file } from '../support/ima-list-builder.ts';

it('a list of 50 MiB', async () => {
  const { pins: _, ...document } = readPolicy('policies/kvm-uki.yaml');
  const { url, context } = await startTestService({ policies: [resolvePolicy(document, catalogue)] });
  const { store } = context;
  const maker = await makeEkAuthority();
  await store.change(ADMIN, async (change) => {
    await insertBlob(change.keep, await packBlob(maker.root.certificate), NOW);
    await addTrustRoot(change, { certificateId: maker.root.id, class: 'discrete', name: 'maker' });
  });
  const client = agentClient(httpTransport({ server: url }));
  const host = await enrolledHost({ store, client, maker });

  const challenge = await host.challenge();
  const evidence = host.evidence(challenge, {
    change: (forged) => {
      for (let i = 0; i < 12_500; i++) forged.entries.push(file(`/srv/${'x'.repeat(4000)}/${i}`));
    },
  });
  const list = evidence.imaLog!.bytes!;
  const { nonce, expiresAt } = challenge;
  const send = (imaLog: typeof evidence.imaLog) =>
    client.evidence(host.id, { nonce, expiresAt, bundle: bundleToJson({ ...evidence, imaLog: imaLog! }) });
  await expect(send(evidence.imaLog)).rejects.toMatchObject({ code: 'request.too-large' });

  const named = { id: contentId(list) };
  const missing = await send(named).catch((cause: unknown) => cause);
  expect(missing).toMatchObject({ code: 'evidence.logs-missing', missing: [named.id] });
  const { grant } = missing as ProblemResponse;
  for (let index = 0; index * MAX_PART_BYTES < list.length; index++) {
    const bytes = toBase64url(list.subarray(index * MAX_PART_BYTES, (index + 1) * MAX_PART_BYTES));
    await client.evidencePart(host.id, { nonce, expiresAt, grant: grant!, index, bytes });
  }
  const { verdict, weakestLink, logs } = await send(named);
  expect([verdict, weakestLink, logs.ima!.bytes]).toEqual(['untrusted', 'runtime', list.length]);
  expect(await heldBytes(store.read)).toBe(0);
});
