/** What `assay host …` and `assay enrolment …` do. */

import type { EnrolmentList, HostDetail, HostList } from '../../api/host-schemas.ts';
import { UsageError } from '../../bytes/errors.ts';
import { printable } from '../../bytes/text.ts';
import type { ApproveOptions, HostListOptions, HostSetOptions } from '../commands/host.ts';
import type { OperatorOptions, ReasonOptions } from '../commands/operator-options.ts';
import type { ExitCode, Io } from '../io.ts';
import { allPages, operatorClient, withReason } from '../operator-client.ts';
import { said } from '../output.ts';
import { renderTable } from '../render/table.ts';

const id = encodeURIComponent;

export async function listHosts(io: Io, options: HostListOptions): Promise<void> {
  const query = options.state === undefined ? {} : { state: options.state };
  const hosts = (await allPages<HostList>(operatorClient(io, options), '/v1/hosts', query)).flatMap(
    (page) => page.hosts,
  );
  const rows = hosts.map((host) => [
    host.id,
    host.name,
    host.state,
    host.standing,
    host.weakestLink ?? '',
    host.policy ?? '(none: denied)',
    host.attestedUntil ?? '',
  ]);
  const table = renderTable(io.outStyle, ['id', 'name', 'state', 'standing', 'weakest link', 'policy', 'until'], rows);
  said(io, options, 'assay.hosts/1', { hosts }, table.trimEnd());
}

const EXIT = { trusted: 0, untrusted: 1, unproven: 2, stale: 2, never: 2 } as const;

/** @returns 0 when the host may be relied on now, 1 when it is untrusted, else 2 */
export async function showHost(io: Io, host: string, options: OperatorOptions): Promise<ExitCode> {
  const shown = await operatorClient(io, options)<HostDetail>({ method: 'GET', path: `/v1/hosts/${id(host)}` });
  const pair = (name: string, value: string): string => `${name.padEnd(16)}${value}`;
  const lines = [
    pair('host', `${shown.id}  ${shown.name}`),
    pair('standing', [shown.standing, shown.weakestLink].filter((word) => word !== null).join(', weakest link ')),
    pair('until', shown.attestedUntil ?? '–'),
    ...(shown.voided === null ? [] : [pair('taken back', `${shown.voided.at}  ${printable(shown.voided.why, 1000)}`)]),
    pair('policy', shown.policy ?? 'none: the host is denied'),
    pair('state', `${shown.state}, admitted ${shown.createdAt}`),
    pair('ours by', shown.ours === null ? 'nobody’s word' : [shown.ours.by, shown.ours.detail].join(' ')),
    ...shown.identities.map(({ kind, value, state }) => pair(kind, `${value}  ${state}`)),
    ...shown.keys.map((key) => pair(key.role, `${key.name}  under ${key.parent}${key.retired ? ', retired' : ''}`)),
    ...shown.appraisals.map(({ id: appraisal, at, verdict, weakestLink }) =>
      pair('appraised', `${at}  ${verdict}  ${weakestLink ?? ''}  ${appraisal}`),
    ),
  ];
  said(io, options, 'assay.host/1', shown, lines.join('\n'));
  return EXIT[shown.standing];
}

/** @throws UsageError `host.nothing`, `host.policy` */
export async function setHost(io: Io, host: string, options: HostSetOptions): Promise<void> {
  const { name, policy, withoutPolicy, reason } = options;
  if (policy !== undefined && withoutPolicy === true) {
    throw new UsageError('host.policy', '--policy and --without-policy are both given', 'give one or the other');
  }
  if (name === undefined && policy === undefined && withoutPolicy !== true) {
    throw new UsageError('host.nothing', 'nothing is to be changed', 'give --name, --policy or --without-policy');
  }
  const body = {
    ...(name !== undefined && { name }),
    ...(policy !== undefined && { policy }),
    ...(withoutPolicy === true && { policy: null }),
    ...(reason !== undefined && { reason }),
  };
  await operatorClient(io, options)<undefined>({ method: 'PATCH', path: `/v1/hosts/${id(host)}`, body });
  said(io, options, 'assay.host-changed/1', { id: host }, `${host} changed`);
}

export async function retireHost(io: Io, host: string, options: ReasonOptions): Promise<void> {
  const path = withReason(`/v1/hosts/${id(host)}`, options.reason);
  await operatorClient(io, options)<undefined>({ method: 'DELETE', path });
  said(io, options, 'assay.host-retired/1', { id: host }, `${host} retired`);
}

export async function listEnrolments(io: Io, options: HostListOptions): Promise<void> {
  const query = options.state === undefined ? {} : { state: options.state };
  const pages = await allPages<EnrolmentList>(operatorClient(io, options), '/v1/enrolments', query);
  const enrolments = pages.flatMap((page) => page.enrolments);
  const rows = enrolments.map((enrolment) => [
    enrolment.id,
    enrolment.name ?? '',
    genuineness(enrolment.genuine),
    enrolment.ekSpkiSha256 ?? enrolment.ekName,
    enrolment.replaces ?? '',
    enrolment.expiresAt,
  ]);
  const heads = ['id', 'calls itself', 'EK', 'SHA-256 of the EK', 'says it was', 'until'];
  said(io, options, 'assay.enrolments/1', { enrolments }, renderTable(io.outStyle, heads, rows).trimEnd());
}

function genuineness(genuine: unknown): string {
  const { state = 'not judged', root, class: kind } = (genuine ?? {}) as Readonly<Record<string, string | undefined>>;
  return state === 'genuine' ? `genuine: ${root} (${kind})` : state;
}

export async function approve(io: Io, enrolment: string, options: ApproveOptions): Promise<void> {
  const { name, policy, replaces, reason } = options;
  const body = {
    decision: 'approve',
    ...(name !== undefined && { name }),
    ...(policy !== undefined && { policy }),
    ...(replaces !== undefined && { replaces }),
    ...(reason !== undefined && { reason }),
  };
  const path = `/v1/enrolments/${id(enrolment)}/decision`;
  const { host } = await operatorClient(io, options)<{ readonly host: string }>({ method: 'POST', path, body });
  if (policy === undefined)
    io.err('if no policy applies to the host yet, it is denied until `assay host set --policy`\n');
  said(io, options, 'assay.enrolment-decided/1', { enrolment, host }, host);
}

export async function refuse(io: Io, enrolment: string, options: ReasonOptions): Promise<void> {
  const { reason } = options;
  const body = { decision: 'refuse', ...(reason !== undefined && { reason }) };
  await operatorClient(
    io,
    options,
  )<unknown>({ method: 'POST', path: `/v1/enrolments/${id(enrolment)}/decision`, body });
  said(io, options, 'assay.enrolment-decided/1', { enrolment, host: null }, `${enrolment} refused`);
}
