/** `/v1/hosts` and `/v1/enrolments`: what operators and those who watch call. */

import { BODY_PROBLEMS, json, type Operation, type Parameter } from '../operation.ts';
import { PAGE, REASON } from './parameters.ts';

const path = (name: string, description: string): Parameter => ({
  name,
  in: 'path',
  description,
  schema: { type: 'string', format: 'uuid' },
});

export const HOST_OPERATIONS = {
  listHosts: {
    method: 'get',
    path: '/v1/hosts',
    access: { role: 'viewer' },
    summary: 'List hosts with their standing',
    parameters: [
      ...PAGE,
      {
        name: 'state',
        in: 'query',
        description: 'Only those in this state.',
        schema: { type: 'string', enum: ['pending', 'active', 'retired'] },
      },
    ],
    answer: json('HostList', 'A page of hosts'),
    problems: ['request.query'],
  },
  showHost: {
    method: 'get',
    path: '/v1/hosts/{host}',
    access: { role: 'viewer' },
    summary: 'One host: identities, keys, last appraisals',
    parameters: [path('host', 'Id of the host.')],
    answer: json('HostDetail', 'The host'),
    problems: ['request.query', 'host.unknown'],
  },
  changeHost: {
    method: 'patch',
    path: '/v1/hosts/{host}',
    access: { role: 'operator' },
    summary: 'Rename a host, or assign its policy',
    description: 'Another policy takes back what the host stands on: it is judged anew at its next attestation.',
    parameters: [path('host', 'Id of the host.')],
    request: 'HostChange',
    answer: { status: 204, description: 'Done' },
    problems: [...BODY_PROBLEMS, 'host.unknown', 'policy.unknown'],
  },
  retireHost: {
    method: 'delete',
    path: '/v1/hosts/{host}',
    access: { role: 'operator' },
    summary: 'Take a host out of service',
    description: 'Its EK is refused from then on. What is known of it stays.',
    parameters: [path('host', 'Id of the host.'), REASON],
    answer: { status: 204, description: 'Done' },
    problems: ['request.query', 'host.unknown'],
  },
  listEnrolments: {
    method: 'get',
    path: '/v1/enrolments',
    access: { role: 'viewer' },
    summary: 'List enrolments; those that wait for a decision unless another state is asked for',
    parameters: [
      ...PAGE,
      {
        name: 'state',
        in: 'query',
        description: 'Default pending.',
        schema: { type: 'string', enum: ['challenged', 'pending', 'enrolled', 'refused', 'expired'] },
      },
    ],
    answer: json('EnrolmentList', 'A page of enrolments'),
    problems: ['request.query'],
  },
  decideEnrolment: {
    method: 'post',
    path: '/v1/enrolments/{enrolment}/decision',
    access: { role: 'operator' },
    summary: 'Say whether a machine is ours',
    parameters: [path('enrolment', 'Id of the enrolment.')],
    request: 'EnrolmentDecision',
    answer: json('EnrolmentDecided', 'The host; null when it was refused'),
    problems: [
      ...BODY_PROBLEMS,
      'enrolment.unknown',
      'enrolment.refused',
      'host.unknown',
      'host.retired',
      'policy.unknown',
    ],
  },
} as const satisfies Record<string, Operation>;
