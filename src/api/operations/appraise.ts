/** `POST /v1/appraise`. */

import { EAR_MEDIA_TYPE } from '../../results/ear.ts';
import { BODY_PROBLEMS, type Operation } from '../operation.ts';

export const APPRAISE_OPERATIONS = {
  appraise: {
    method: 'post',
    path: '/v1/appraise',
    access: {
      role: 'operator',
      orLocal: 'whoever runs the service tries it out and calls it from its own machine; nothing is changed by it',
    },
    summary: 'Appraise one evidence bundle',
    description:
      'The caller vouches for the nonce: that it is fresh and was given to this host. Pinned keys, references and policy are the service’s own. ' +
      'A bundle that can be read is always answered with a result, whatever its parts hold.',
    request: 'AppraiseRequest',
    answer: {
      status: 200,
      description: 'The result: a JWT signed with ES256 whose payload is AttestationResult.',
      body: {
        type: EAR_MEDIA_TYPE,
        schema: {
          type: 'string',
          contentMediaType: EAR_MEDIA_TYPE,
          contentSchema: { $ref: '#/components/schemas/AttestationResult' },
        },
      },
    },
    problems: [...BODY_PROBLEMS, 'request.not-acceptable', 'evidence.unreadable', 'policy.unknown', 'host.unknown'],
  },
} as const satisfies Record<string, Operation>;
