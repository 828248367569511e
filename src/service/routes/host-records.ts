/** `/v1/hosts` and `/v1/enrolments` for operators and those who watch. */

import type { RequestHandler } from 'express';
import {
  EnrolmentDecision,
  HostChange,
  type EnrolmentList,
  type HostDetail,
  type HostList,
  type HostSummary,
} from '../../api/host-schemas.ts';
import { printable } from '../../bytes/text.ts';
import { listAppraisals, voidStanding } from '../../store/appraisals.ts';
import { enrolmentOfHost, listEnrolments } from '../../store/enrolments.ts';
import { keysOf } from '../../store/host-keys.ts';
import { changeHost, findHost, listHosts, retireHost, type Host } from '../../store/hosts.ts';
import { identitiesOf } from '../../store/identities.ts';
import { rfc3339, sendJson } from '../answer.ts';
import { causeOf } from '../guard.ts';
import { decide, type Decision } from '../hosts/decide.ts';
import { readRecord } from '../hosts/enrolment-record.ts';
import { readJson, receiveSmallJson } from '../json-body.ts';
import { findPolicy } from '../policies.ts';
import { HttpProblem } from '../problem-error.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';
import { standingOf } from '../standing.ts';

const LAST_APPRAISALS = 10;

export function listHostsRoute({ store, now }: ServiceContext): RequestHandler {
  return async (request, response) => {
    const query = readQuery(request, ['after', 'limit', 'state']);
    const state = query.text('state', /^(pending|active|retired)$/, 'pending, active or retired') as Host['state'];
    const page = query.page();
    const hosts = await listHosts(store.read, { ...page, ...(state !== undefined && { state }) });
    const at = now();
    const list: HostList = {
      hosts: hosts.map((host) => summary(host, at)),
      next: hosts.length === page.limit ? hosts.at(-1)!.id : null,
    };
    sendJson(response, 200, list);
  };
}

function summary(host: Host, at: number): HostSummary {
  const { id, name, policy, state, last, createdAt } = host;
  const until = last?.attestedUntilAt ?? null;
  const voided = last?.voidedAt ?? null;
  return {
    id,
    name,
    policy,
    state,
    standing: standingOf(host, at),
    weakestLink: last?.weakestLink ?? null,
    appraisedAt: last === null ? null : rfc3339(last.at),
    attestedUntil: until === null ? null : rfc3339(until),
    voided: voided === null ? null : { at: rfc3339(voided), why: last?.voidedReason ?? '' },
    createdAt: rfc3339(createdAt),
  };
}

export function showHostRoute({ store, now }: ServiceContext): RequestHandler {
  return async (request, response) => {
    readQuery(request, []);
    const host = await findHost(store.read, String(request.params['host']));
    if (host === undefined) throw unknownHost();
    const [identities, keys, appraisals, enrolment] = await Promise.all([
      identitiesOf(store.read, host.id),
      keysOf(store.read, host.id),
      listAppraisals(store.read, { hostId: host.id, limit: LAST_APPRAISALS }),
      enrolmentOfHost(store.read, host.id),
    ]);
    const by = enrolment?.ours ?? null;
    const detail: HostDetail = {
      ...summary(host, now()),
      ours: by === null ? null : { by, detail: enrolment?.oursId ?? enrolment?.decidedBy ?? null },
      identities: identities.map(({ kind, value, state, sinceAt }) => ({
        kind,
        value,
        state,
        since: rfc3339(sinceAt),
      })),
      keys: keys.map(({ name, role, parent, activatedAt, retiredAt }) => ({
        name,
        role,
        parent,
        activatedAt: rfc3339(activatedAt),
        retired: retiredAt !== null,
      })),
      appraisals: appraisals.map(({ id, at, verdict, weakestLink, documentId, resetCount }) => ({
        id,
        at: rfc3339(at),
        verdict,
        weakestLink,
        document: documentId,
        resetCount,
      })),
    };
    sendJson(response, 200, detail);
  };
}

export function changeHostRoute(context: ServiceContext): RequestHandler[] {
  const { store, policies, limits } = context;
  return [
    ...receiveSmallJson(limits),
    async (request, response) => {
      const { reason, name, policy } = readJson(HostChange, request.body);
      if (typeof policy === 'string') findPolicy(policies, policy);
      const id = String(request.params['host']);
      await store.change(causeOf(context, response, reason), async (change) => {
        const before = await findHost(change.read, id);
        const changes = { ...(name !== undefined && { name }), ...(policy !== undefined && { policy }) };
        if (!(await changeHost(change, id, changes))) throw unknownHost();
        if (policy !== undefined && policy !== before?.policy) await voidStanding(change, id, 'another policy applies');
      });
      response.status(204).end();
    },
  ];
}

export function retireHostRoute(context: ServiceContext): RequestHandler {
  return async (request, response) => {
    const reason = readQuery(request, ['reason']).reason();
    const id = String(request.params['host']);
    await context.store.change(causeOf(context, response, reason), async (change) => {
      if (!(await retireHost(change, id))) throw unknownHost();
      await voidStanding(change, id, 'taken out of service');
    });
    response.status(204).end();
  };
}

function unknownHost(): HttpProblem {
  return new HttpProblem('host.unknown', 'no host of that id is in service');
}

const STATES = ['challenged', 'pending', 'enrolled', 'refused', 'expired'] as const;
type State = (typeof STATES)[number];

export function listEnrolmentsRoute({ store }: ServiceContext): RequestHandler {
  return async (request, response) => {
    const query = readQuery(request, ['after', 'limit', 'state']);
    const given = query.text('state', new RegExp(`^(${STATES.join('|')})$`), STATES.join(', '));
    const page = query.page();
    const rows = await listEnrolments(store.read, { ...page, state: (given ?? 'pending') as State });
    const list: EnrolmentList = {
      enrolments: await Promise.all(
        rows.map(async (row) => ({
          id: row.id,
          state: row.state,
          name: row.name === null ? null : printable(row.name, 200),
          ekName: row.ekName,
          ekSpkiSha256: row.ekSpkiSha256,
          akName: row.akName,
          genuine: row.genuine,
          replaces: (await readRecord(store.read, row)).replaces,
          host: row.hostId,
          createdAt: rfc3339(row.createdAt),
          expiresAt: rfc3339(row.expiresAt),
        })),
      ),
      next: rows.length === page.limit ? rows.at(-1)!.id : null,
    };
    sendJson(response, 200, list);
  };
}

export function decideEnrolmentRoute(context: ServiceContext): RequestHandler[] {
  return [
    ...receiveSmallJson(context.limits),
    async (request, response) => {
      const { reason, ...decision } = readJson(EnrolmentDecision, request.body);
      const id = String(request.params['enrolment']);
      const host = await decide(context.hosts, id, decision as Decision, causeOf(context, response, reason));
      sendJson(response, 200, { host });
    },
  ];
}
