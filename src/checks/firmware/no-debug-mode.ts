/** firmware.no-debug-mode: PCR 7 says nothing of the kind. That the opposite is on is never claimed. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';

/** Text of the event (PC Client Platform Firmware Profile 1.06, 3.3.4.8). */
const ACTION = 'UEFI Debug Mode';

export const noDebugMode: Check<Record<string, never>> = {
  id: 'firmware.no-debug-mode',
  link: 'firmware',
  required: true,
  question: 'Is the firmware’s debug mode off?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) =>
    noIfAny(
      facts
        .events(7)
        .filter((event) => event.value.content.kind === 'action' && event.value.content.text === ACTION)
        .map((event) =>
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
