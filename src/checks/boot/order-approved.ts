/** boot.order-approved: each PCR holds one of the image’s orders, from first to last. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeDifferences } from './differences.ts';

export const orderApproved: Check<Record<string, never>> = {
  id: 'boot.order-approved',
  link: 'boot',
  required: true,
  question: 'Were the approved parts booted whole, in an approved order?',
  pcrs: [4, 8, 9, 11, 12, 13, 14],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeDifferences(context, ['boot.order', 'boot.event-missing']),
};
