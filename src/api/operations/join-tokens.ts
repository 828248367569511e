/** `/v1/join-tokens`: what hosts show to be taken as ours. */

import { BODY_PROBLEMS, json, type Operation } from '../operation.ts';
import { id, REASON } from './parameters.ts';

export const JOIN_TOKEN_OPERATIONS = {
  createJoinToken: {
    method: 'post',
    path: '/v1/join-tokens',
    access: { role: 'operator' },
    summary: 'Make a join token',
    description:
      'A genuine host that shows it when it enrols is ours, and is judged by the policy named. The answer holds its text; it is shown this once.',
    request: 'NewJoinToken',
    answer: json('JoinTokenCreated', 'The join token with its text', 201),
    problems: [...BODY_PROBLEMS, 'policy.unknown'],
  },
  listJoinTokens: {
    method: 'get',
    path: '/v1/join-tokens',
    access: { role: 'viewer' },
    summary: 'List join tokens',
    description: 'Every join token ever made, the newest first, without their texts.',
    answer: json('JoinTokenList', 'The join tokens'),
    problems: ['request.query'],
  },
  revokeJoinToken: {
    method: 'delete',
    path: '/v1/join-tokens/{id}',
    access: { role: 'operator' },
    summary: 'Revoke a join token',
    description: 'It brings no further host. Those it brought stay.',
    parameters: [id('Id of the join token.'), REASON],
    answer: { status: 204, description: 'It is revoked' },
    problems: ['request.query', 'join-token.unknown'],
  },
} as const satisfies Record<string, Operation>;
