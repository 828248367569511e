/** `/v1/events`: the record of changes. */

import { json, type Operation } from '../operation.ts';
import { LIMIT } from './parameters.ts';

export const EVENT_OPERATIONS = {
  listEvents: {
    method: 'get',
    path: '/v1/events',
    access: { role: 'auditor' },
    summary: 'List changes',
    description:
      'Who changed what, when and why, in order and without a gap. Give `next` as `after` for the following page; an event never changes.',
    parameters: [
      {
        name: 'after',
        in: 'query',
        description: 'Events after this number. Default 0.',
        schema: { type: 'integer', minimum: 0 },
      },
      LIMIT,
      {
        name: 'subject',
        in: 'query',
        description: 'Events about this only: kind and id, as `host:<id>`.',
        schema: { type: 'string' },
      },
    ],
    answer: json('EventList', 'A page of events'),
    problems: ['request.query'],
  },
} as const satisfies Record<string, Operation>;
