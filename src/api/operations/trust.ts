/** `/v1/trust-roots`: which makers of TPMs are believed. */

import { BODY_PROBLEMS, json, type Operation } from '../operation.ts';
import { contentIdParameter, REASON } from './parameters.ts';

const root = contentIdParameter('Id of the root: `sha256:` and the digest of its certificate.');

export const TRUST_OPERATIONS = {
  addTrustRoot: {
    method: 'post',
    path: '/v1/trust-roots',
    access: { role: 'admin' },
    summary: 'Trust a root',
    description: 'TPMs whose certificates lead to it are genuine, where the policy takes its class.',
    request: 'NewTrustRoot',
    answer: json('TrustRootDetail', 'The root', 201),
    problems: [...BODY_PROBLEMS, 'trust-root.certificate', 'trust-root.exists'],
  },
  listTrustRoots: {
    method: 'get',
    path: '/v1/trust-roots',
    access: { role: 'viewer' },
    summary: 'List roots',
    description: 'Roots that are trusted now, by name.',
    answer: json('TrustRootList', 'The roots'),
    problems: ['request.query'],
  },
  showTrustRoot: {
    method: 'get',
    path: '/v1/trust-roots/{id}',
    access: { role: 'viewer' },
    summary: 'One root with its certificate',
    parameters: [root],
    answer: json('TrustRootDetail', 'The root'),
    problems: ['request.query', 'trust-root.unknown'],
  },
  removeTrustRoot: {
    method: 'delete',
    path: '/v1/trust-roots/{id}',
    access: { role: 'admin' },
    summary: 'Trust a root no longer',
    description:
      'It vouches for nobody from then on. Hosts that stood on it lose that at once; results that relying parties hold stand until they expire.',
    parameters: [root, REASON],
    answer: { status: 204, description: 'It is trusted no longer' },
    problems: ['request.query', 'trust-root.unknown'],
  },
} as const satisfies Record<string, Operation>;
