/** The operations that only say what is there. */

import { json, type Operation } from '../operation.ts';

export const DOCUMENT_OPERATIONS = {
  keySet: {
    method: 'get',
    path: '/.well-known/jwks.json',
    access: { public: 'relying parties check results with it, and it holds public keys only' },
    summary: 'The keys that check results',
    answer: json('KeySet', 'The keys that check results'),
    problems: [],
  },
  health: {
    method: 'get',
    path: '/healthz',
    access: { public: 'a supervisor asks whether the process answers' },
    summary: 'The process answers',
    answer: json('Health', 'The process answers'),
    problems: [],
  },
  readiness: {
    method: 'get',
    path: '/readyz',
    access: { public: 'a load balancer asks before it sends requests; names and digests of policies are no secret' },
    summary: 'Requests are taken, and under which policies',
    answer: json('Readiness', 'Requests are taken, and under which policies'),
    problems: ['service.database'],
  },
  openApi: {
    method: 'get',
    path: '/openapi.json',
    access: { public: 'it is the same for every service of this version' },
    summary: 'This document',
    answer: {
      status: 200,
      description: 'OpenAPI 3.1',
      body: { type: 'application/json', schema: { type: 'object' } },
    },
    problems: [],
  },
} as const satisfies Record<string, Operation>;
