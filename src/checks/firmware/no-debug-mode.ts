/** firmware.no-debug-mode: PCR 7 says nothing of the kind. That the opposite is on is never claimed. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';
import { actionsInPcr7 } from './actions.ts';

/** Text of the event (PC Client Platform Firmware Profile 1.06, 3.3.4.8). */
const ACTION = 'UEFI Debug Mode';

export const noDebugMode: Check<Record<string, never>> = {
  id: 'firmware.no-debug-mode',
  link: 'firmware',
  required: true,
  question: 'Is the firmware’s debug mode off?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) =>
    noIfAny(
      actionsInPcr7(facts, ACTION).map((event) =>
        finding({
          code: 'firmware.debug-mode',
          component: 'debug mode',
          expected: `no event "${ACTION}" in PCR 7`,
          observed: ACTION,
          at: placeOf(event),
        }),
      ),
    ),
};
