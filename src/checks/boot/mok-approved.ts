/** boot.mok-approved: PCR 14 holds only what the image's own shim puts there, so that no other shim ran unseen. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeDifferences } from './differences.ts';

export const mokApproved: Check<Record<string, never>> = {
  id: 'boot.mok-approved',
  link: 'boot',
  required: true,
  question: 'Does PCR 14 hold only what the approved image puts there?',
  pcrs: [14],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeDifferences(context, ['boot.mok-unapproved']),
};
