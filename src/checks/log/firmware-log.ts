/** log.firmware-log: the firmware log is there, whole, and follows its format. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeLog } from './judge-log.ts';

export const firmwareLog: Check<Record<string, never>> = {
  id: 'log.firmware-log',
  link: 'log',
  required: true,
  question: 'Is the firmware log there, whole and well-formed?',
  pcrs: [],
  accepts: { digest: ['replayed'], data: [], outside: [] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) => judgeLog(facts, 'firmware'),
};
