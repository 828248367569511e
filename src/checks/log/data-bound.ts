/** log.data-bound: no event carries data that should hash to its digest and does not. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';

export const dataBound: Check<Record<string, never>> = {
  id: 'log.data-bound',
  link: 'log',
  required: true,
  question: 'Is the data of every event that measures its data what was measured?',
  pcrs: [],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk', 'hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) =>
    noIfAny(
      facts.all('log.mismatch').map((fact) =>
        finding({
          code: 'log.data-mismatch',
          component: fact.value.type,
          expected: `data that hashes to ${fact.value.digest}`,
          observed: fact.value.detail,
          at: placeOf(fact),
        }),
      ),
    ),
};
