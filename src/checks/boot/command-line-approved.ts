/** boot.command-line-approved: each measurement of the command line is the approved image’s. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeDifferences } from './differences.ts';

export const commandLineApproved: Check<Record<string, never>> = {
  id: 'boot.command-line-approved',
  link: 'boot',
  required: true,
  question: 'Is the kernel command line the approved image’s?',
  pcrs: [8, 9, 11, 12],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeDifferences(context, ['boot.command-line-unapproved']),
};
