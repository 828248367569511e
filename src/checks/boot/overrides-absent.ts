/** boot.overrides-absent: PCR 12 and 13 hold only what the approved image puts there. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeDifferences } from './differences.ts';

export const overridesAbsent: Check<Record<string, never>> = {
  id: 'boot.overrides-absent',
  link: 'boot',
  required: true,
  question: 'Was nothing added from outside the image: command line, credential, add-on, extension?',
  pcrs: [12, 13],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeDifferences(context, ['boot.override-present']),
};
