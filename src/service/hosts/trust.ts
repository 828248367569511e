/** The roots and revocation lists the operator keeps, as an appraisal takes them. */

import type { TrustStore } from '../../references/enrolment.ts';
import { namedBlob } from '../../store/blobs.ts';
import type { Reader } from '../../store/schema.ts';
import { listCrls, listTrustRoots } from '../../store/trust-roots.ts';

/** Read anew each time: a root that was removed a second ago vouches for nobody. Their bytes are looked up by content. */
export async function trustStore(reader: Reader): Promise<TrustStore> {
  const [roots, crls] = await Promise.all([listTrustRoots(reader), listCrls(reader)]);
  return {
    roots: await Promise.all(
      roots.map(async (root) => ({
        id: root.certificateId,
        name: root.name,
        class: root.class,
        certificate: await namedBlob(reader, root.certificateId),
      })),
    ),
    crls: await Promise.all(crls.map(async ({ crlId: id }) => ({ id, list: await namedBlob(reader, id) }))),
  };
}

/** Whether the roots and lists kept now are these. */
export async function isTrustStore(reader: Reader, { roots, crls }: TrustStore): Promise<boolean> {
  const [now, lists] = await Promise.all([listTrustRoots(reader), listCrls(reader)]);
  const names = (of: readonly { readonly id: string; readonly class?: string }[]): string =>
    of.map((one) => `${one.id} ${one.class}`).join();
  return (
    names(roots) === names(now.map((root) => ({ id: root.certificateId, class: root.class }))) &&
    names(crls) === names(lists.map(({ crlId: id }) => ({ id })))
  );
}
