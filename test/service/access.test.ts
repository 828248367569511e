/** Who may call what (attack 91): every operation, by callers of every role and of none. */

import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/api/access.ts';
import type { Operation } from '../../src/api/operation.ts';
import { OPERATIONS, type OperationId } from '../../src/api/operations.ts';
import { registerRoutes } from '../../src/service/router.ts';
import { NOW, startTestService, tokenOf, type TestService } from './running.ts';

/** The least that a caller must be. Written by hand: a change of the interface has to be made here too. */
const LEAST: Readonly<Record<OperationId, 'anybody' | Role>> = {
  appraise: 'operator',
  enrol: 'anybody',
  activate: 'anybody',
  enrolmentState: 'anybody',
  challenge: 'anybody',
  evidencePart: 'anybody',
  attest: 'anybody',
  listHosts: 'viewer',
  showHost: 'viewer',
  changeHost: 'operator',
  retireHost: 'operator',
  listEnrolments: 'viewer',
  decideEnrolment: 'operator',
  addTrustRoot: 'admin',
  exportAppraisal: 'auditor',
  addCrl: 'admin',
  listCrls: 'viewer',
  removeCrl: 'admin',
  listTrustRoots: 'viewer',
  showTrustRoot: 'viewer',
  removeTrustRoot: 'admin',
  createJoinToken: 'operator',
  listJoinTokens: 'viewer',
  revokeJoinToken: 'operator',
  addEkPins: 'operator',
  listEkPins: 'viewer',
  removeEkPin: 'operator',
  createToken: 'admin',
  listTokens: 'auditor',
  revokeToken: 'admin',
  listEvents: 'auditor',
  keySet: 'anybody',
  health: 'anybody',
  readiness: 'anybody',
  openApi: 'anybody',
};

/** Operations that callers of this machine may call without a token, where nobody else reaches the service. */
const LOCAL: readonly OperationId[] = ['appraise'];

const IDS = Object.keys(OPERATIONS) as OperationId[];
const SOME_ID = '00000000-0000-7000-8000-000000000000';

/** The status of a call with no body and the headers given; 401 and 403 are the guard's alone. */
async function call({ url }: TestService, id: OperationId, headers: Readonly<Record<string, string>>): Promise<number> {
  const { method, path }: Operation = OPERATIONS[id];
  const response = await fetch(url + path.replaceAll(/\{\w+\}/g, SOME_ID), {
    method: method.toUpperCase(),
    headers: { ...headers, ...(method === 'post' && { 'content-type': 'application/json' }) },
  });
  await response.arrayBuffer();
  return response.status;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('every operation', () => {
  let now = NOW;
  const ends: (() => Promise<void> | void)[] = [];
  let guarded: TestService;
  let local: TestService;
  beforeAll(async () => {
    const start = (localCallers: boolean) =>
      startTestService(
        { context: { now: () => now, localCallers }, limits: { rateBurst: 10_000 } },
        (end) => void ends.push(end),
      );
    guarded = await start(false);
    local = await start(true);
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });

  it('is in the table', () => {
    expect(Object.keys(LEAST).toSorted()).toEqual(IDS.toSorted());
  });

  it.each(IDS)('is answered to those who may, and to nobody else: %s', async (id) => {
    const least = LEAST[id];
    const expected = (role: Role | null): number | 'answered' => {
      if (least === 'anybody') return 'answered';
      if (role === null) return 401;
      return ROLES.indexOf(role) >= ROLES.indexOf(least) ? 'answered' : 403;
    };
    const seen = async (headers: Readonly<Record<string, string>>): Promise<number | 'answered'> => {
      const status = await call(guarded, id, headers);
      expect(status).not.toBe(500);
      return status === 401 || status === 403 ? status : 'answered';
    };
    for (const role of ROLES) {
      const token = await tokenOf(guarded.context, role);
      expect({ role, seen: await seen(bearer(token)) }).toEqual({ role, seen: expected(role) });
    }
    expect(await seen({})).toBe(expected(null));
    expect(await seen(bearer('assay_nobody'))).toBe(expected(null));
    expect(await seen({ authorization: 'Basic YWRtaW46YWRtaW4=' })).toBe(expected(null));
  });

  it.each(IDS)('is not answered to an expired or a revoked token: %s', async (id) => {
    const token = await tokenOf(guarded.context, 'admin');
    now += 60_000;
    expect((await call(guarded, id, bearer(token))) === 401).toBe(LEAST[id] !== 'anybody');
  });

  it.each(IDS)('is answered without a token on this machine where that is said: %s', async (id) => {
    const open = LEAST[id] === 'anybody' || LOCAL.includes(id);
    expect((await call(local, id, {})) !== 401).toBe(open);
  });

  it.each(['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'])(
    'is not of this machine when a proxy passed it on: %s',
    async (header) => {
      expect(await call(local, 'appraise', { [header]: '192.0.2.1' })).toBe(401);
    },
  );

  it('does not fall back to this machine when the token is wrong', async () => {
    expect(await call(local, 'appraise', bearer('assay_wrong'))).toBe(401);
  });

  it('answers HEAD to those only who may GET', async () => {
    const { url, context } = guarded;
    const head = (headers: Record<string, string>) => fetch(`${url}/v1/events`, { method: 'HEAD', headers });
    expect((await head({})).status).toBe(401);
    expect((await head(bearer(await tokenOf(context, 'auditor')))).status).toBe(200);
  });
});

describe('a route', () => {
  it.each([undefined, {}, { rolle: 'admin' }])(
    'that does not say who may call it is not registered: %j',
    async (access) => {
      const { context } = await startTestService();
      const operation = { ...OPERATIONS.health, access } as unknown as Operation;
      const register = () => registerRoutes(express(), context, [[operation, (_request, response) => response.end()]]);
      expect(register).toThrow('does not say who may call it');
    },
  );
});
