/** What `assay trust add-crl`, `list-crls` and `remove-crl` do. */

import type { CrlDetail, CrlList, NewCrl } from '../../api/crl-schemas.ts';
import { UsageError } from '../../bytes/errors.ts';
import { contentId } from '../../bytes/hash.ts';
import { printable, toBase64url } from '../../bytes/text.ts';
import type { OperatorOptions, ReasonOptions } from '../commands/operator-options.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { operatorClient, withReason } from '../operator-client.ts';
import { said } from '../output.ts';
import { renderTable } from '../render/table.ts';
import { readTrustInput, sayLeftOut, type LeftOut } from '../trust-input.ts';

/**
 * All files are read before a list of any is added.
 * @throws UsageError `input.*`, and as {@link operatorClient}; PolicyError as {@link readTrustInput}
 */
export async function addCrls(io: Io, files: readonly string[], options: ReasonOptions): Promise<ExitCode> {
  const leftOut: LeftOut[] = [];
  const lists = files.flatMap((file) => readLists(file, leftOut));
  const send = operatorClient(io, options);
  const { reason } = options;
  const added: CrlDetail[] = [];
  const present: string[] = [];
  for (const list of lists) {
    const body = { list: toBase64url(list), ...(reason !== undefined && { reason }) } satisfies NewCrl;
    try {
      added.push(await send<CrlDetail>({ method: 'POST', path: '/v1/crls', body }));
    } catch (cause) {
      if (!(cause instanceof UsageError) || cause.code !== 'crl.exists') throw cause;
      present.push(contentId(list));
    }
  }
  const words = [
    ...added.map(({ id, issuer, revoked }) => `${id}  ${printable(issuer, 200)}  revokes ${revoked}`),
    ...present.map((id) => `${id}  was there already`),
  ];
  said(io, options, 'assay.crls-added/1', { added, present, leftOut }, words.join('\n'));
  if (options.json !== true) sayLeftOut(io, leftOut);
  return leftOut.length === 0 ? EXIT.yes : EXIT.no;
}

function readLists(file: string, leftOut: LeftOut[]): Uint8Array[] {
  const { crls, certificates } = readTrustInput(file, leftOut);
  if (certificates.length > 0) {
    leftOut.push({ what: file, why: `${certificates.length} certificates, which are no revocation lists` });
  }
  return crls.map(({ der }) => der);
}

/** @throws UsageError as {@link operatorClient} */
export async function listCrls(io: Io, options: OperatorOptions): Promise<void> {
  const { crls } = await operatorClient(io, options)<CrlList>({ method: 'GET', path: '/v1/crls' });
  const rows = crls.map(({ id, issuer, revoked, current, nextUpdate }) => [
    id,
    String(revoked),
    current ? `until ${nextUpdate}` : `not current (next ${nextUpdate ?? 'never'})`,
    printable(issuer, 200),
  ]);
  const table = renderTable(io.outStyle, ['id', 'revokes', 'valid', 'issuer'], rows);
  said(io, options, 'assay.crls/1', { crls }, table.trimEnd());
}

/** @throws UsageError as {@link operatorClient} */
export async function removeCrl(io: Io, id: string, options: ReasonOptions): Promise<void> {
  const path = withReason(`/v1/crls/${encodeURIComponent(id)}`, options.reason);
  await operatorClient(io, options)<undefined>({ method: 'DELETE', path });
  said(io, options, 'assay.crl-removed/1', { id }, `${id} removed`);
}
