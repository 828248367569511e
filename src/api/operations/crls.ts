/** `/v1/crls`: which certificates of TPMs were taken back. */

import { BODY_PROBLEMS, json, type Operation } from '../operation.ts';
import { contentIdParameter, REASON } from './parameters.ts';

export const CRL_OPERATIONS = {
  addCrl: {
    method: 'post',
    path: '/v1/crls',
    access: { role: 'admin' },
    summary: 'Add a revocation list',
    description:
      'It counts where the issuer of a certificate has signed it. Hosts whose EK certificate it revokes lose at once what they stand on.',
    request: 'NewCrl',
    answer: json('CrlDetail', 'The list', 201),
    problems: [...BODY_PROBLEMS, 'crl.list', 'crl.exists'],
  },
  listCrls: {
    method: 'get',
    path: '/v1/crls',
    access: { role: 'viewer' },
    summary: 'List revocation lists',
    answer: json('CrlList', 'The lists'),
    problems: ['request.query'],
  },
  removeCrl: {
    method: 'delete',
    path: '/v1/crls/{id}',
    access: { role: 'admin' },
    summary: 'Remove a revocation list',
    description:
      'What it revoked is revoked by it no longer. Where a policy requires lists, hosts that no other covers lose at once what they stand on.',
    parameters: [contentIdParameter('Id of the list: `sha256:` and its digest.'), REASON],
    answer: { status: 204, description: 'It is removed' },
    problems: ['request.query', 'crl.unknown'],
  },
} as const satisfies Record<string, Operation>;
