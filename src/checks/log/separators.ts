/** log.separators: the firmware closed PCR 0 to 7 of the judged bank, so the bank is one it really extends. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';

export const separators: Check<Record<string, never>> = {
  id: 'log.separators',
  link: 'log',
  required: true,
  question: 'Did the firmware close PCR 0 to 7 of this bank with a separator each?',
  pcrs: [],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) =>
    noIfAny(
      facts
        .all('pcr')
        .filter((fact) => Number(fact.subject) <= 7 && fact.value.equal && fact.value.separators !== 1)
        .map((fact) =>
          finding({
            code: 'log.separator-missing',
            component: `pcr-${fact.subject}`,
            expected: 'one separator',
            observed: `${fact.value.separators} separators`,
            at: placeOf(fact),
          }),
        ),
    ),
};
