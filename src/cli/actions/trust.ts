/** What `assay trust list`, `show` and `remove` do. */

import type { TrustRootDetail, TrustRootList } from '../../api/trust-schemas.ts';
import { printable } from '../../bytes/text.ts';
import type { OperatorOptions, ReasonOptions } from '../commands/operator-options.ts';
import type { Io } from '../io.ts';
import { operatorClient, withReason } from '../operator-client.ts';
import { renderTable } from '../render/table.ts';

/** @throws UsageError as {@link operatorClient} */
export async function listTrust(io: Io, options: OperatorOptions): Promise<void> {
  const { trustRoots } = await operatorClient(io, options)<TrustRootList>({ method: 'GET', path: '/v1/trust-roots' });
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.trust-roots/1', trustRoots })}\n`);
    return;
  }
  const rows = trustRoots.map(({ id, class: kind, name, addedAt }) => [id, kind, addedAt, name]);
  io.out(renderTable(io.outStyle, ['id', 'class', 'added', 'name'], rows));
}

/** @throws UsageError as {@link operatorClient} */
export async function showTrust(io: Io, id: string, options: OperatorOptions): Promise<void> {
  const path = `/v1/trust-roots/${encodeURIComponent(id)}`;
  const root = await operatorClient(io, options)<TrustRootDetail>({ method: 'GET', path });
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.trust-root/1', ...root })}\n`);
    return;
  }
  const { certificate, ...fields } = root;
  const lines = Object.entries(fields).map(([name, value]) => `${name.padEnd(12)} ${printable(value, 1000)}`);
  io.out(`${lines.join('\n')}\n${pem(certificate)}`);
}

/** @param certificate DER in base64url */
function pem(certificate: string): string {
  const lines = Buffer.from(certificate, 'base64url')
    .toString('base64')
    .replaceAll(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}

/** @throws UsageError as {@link operatorClient} */
export async function removeTrust(io: Io, id: string, options: ReasonOptions): Promise<void> {
  const path = withReason(`/v1/trust-roots/${encodeURIComponent(id)}`, options.reason);
  await operatorClient(io, options)<undefined>({ method: 'DELETE', path });
  io.out(options.json === true ? `${JSON.stringify({ schema: 'assay.trust-removed/1', id })}\n` : `${id} removed\n`);
}
