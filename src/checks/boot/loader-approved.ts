/** boot.loader-approved: PCR 8 and 9 hold the approved image’s commands and files, or nothing where it has none. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeDifferences } from './differences.ts';

export const loaderApproved: Check<Record<string, never>> = {
  id: 'boot.loader-approved',
  link: 'boot',
  required: true,
  question: 'Did the boot loader run the approved image’s commands and read its files, and no others?',
  pcrs: [8, 9],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeDifferences(context, ['boot.loader-command-unapproved', 'boot.loader-file-unapproved']),
};
