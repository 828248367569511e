/** log.banks-agree: no event is of one thing in one bank and of another in the next. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';

export const banksAgree: Check<Record<string, never>> = {
  id: 'log.banks-agree',
  link: 'log',
  required: true,
  question: 'Do all banks of the log agree on what each event measured?',
  pcrs: [],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk', 'hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) =>
    noIfAny(
      facts.all('log.bank-disagreement').map((fact) =>
        finding({
          code: 'log.bank-disagreement',
          component: fact.value.type,
          expected: 'the same data in every bank',
          observed: fact.value.banks,
          at: placeOf(fact),
        }),
      ),
    ),
};
