/** boot.initrd-approved: each measurement of the initrd is the approved image’s. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeDifferences } from './differences.ts';

export const initrdApproved: Check<Record<string, never>> = {
  id: 'boot.initrd-approved',
  link: 'boot',
  required: true,
  question: 'Is the initrd the approved image’s?',
  pcrs: [9, 11],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeDifferences(context, ['boot.initrd-unapproved']),
};
