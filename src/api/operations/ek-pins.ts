/** `/v1/ek-pins`: endorsement keys of machines that are ours. */

import { BODY_PROBLEMS, json, type Operation } from '../operation.ts';
import { id, PAGE, REASON } from './parameters.ts';

export const EK_PIN_OPERATIONS = {
  addEkPins: {
    method: 'post',
    path: '/v1/ek-pins',
    access: { role: 'operator' },
    summary: 'Pin endorsement keys',
    description: 'A host that enrols with a pinned EK is ours. All pins of a request are added, or none.',
    request: 'NewEkPins',
    answer: json('EkPinsAdded', 'The pins', 201),
    problems: [...BODY_PROBLEMS, 'policy.unknown', 'ek-pin.exists'],
  },
  listEkPins: {
    method: 'get',
    path: '/v1/ek-pins',
    access: { role: 'viewer' },
    summary: 'List pinned endorsement keys',
    parameters: PAGE,
    answer: json('EkPinList', 'A page of pins'),
    problems: ['request.query'],
  },
  removeEkPin: {
    method: 'delete',
    path: '/v1/ek-pins/{id}',
    access: { role: 'operator' },
    summary: 'Remove a pin',
    description: 'It brings no further host. One that it brought stays.',
    parameters: [id('Id of the pin.'), REASON],
    answer: { status: 204, description: 'It is removed' },
    problems: ['request.query', 'ek-pin.unknown'],
  },
} as const satisfies Record<string, Operation>;
