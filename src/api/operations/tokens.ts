/** `/v1/tokens`: who may call the service. */

import { BODY_PROBLEMS, json, type Operation } from '../operation.ts';
import { id, REASON } from './parameters.ts';

export const TOKEN_OPERATIONS = {
  createToken: {
    method: 'post',
    path: '/v1/tokens',
    access: { role: 'admin' },
    summary: 'Make a token',
    description: 'The answer holds the text of the token; it is shown this once.',
    request: 'NewToken',
    answer: json('TokenCreated', 'The token with its text', 201),
    problems: BODY_PROBLEMS,
  },
  listTokens: {
    method: 'get',
    path: '/v1/tokens',
    access: { role: 'auditor' },
    summary: 'List tokens',
    description: 'Every token ever made, the newest first, without their texts.',
    answer: json('TokenList', 'The tokens'),
    problems: ['request.query'],
  },
  revokeToken: {
    method: 'delete',
    path: '/v1/tokens/{id}',
    access: { role: 'admin' },
    summary: 'Revoke a token',
    parameters: [id('Id of the token.'), REASON],
    answer: { status: 204, description: 'It is revoked' },
    problems: ['request.query', 'token.unknown', 'token.last-admin'],
  },
} as const satisfies Record<string, Operation>;
