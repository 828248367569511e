/** firmware.no-debug-mode: PCR 7 has no event by which the firmware says that it runs in debug mode. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeActionAbsent } from './actions.ts';

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
  evaluate: ({ facts }) => judgeActionAbsent(facts, ACTION, 'firmware.debug-mode', 'debug mode'),
};
