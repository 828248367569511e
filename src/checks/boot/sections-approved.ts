/** boot.sections-approved: PCR 11 holds the approved image’s sections and nothing else. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeDifferences } from './differences.ts';

export const sectionsApproved: Check<Record<string, never>> = {
  id: 'boot.sections-approved',
  link: 'boot',
  required: true,
  question: 'Are all sections of the unified kernel image the approved image’s?',
  pcrs: [11],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeDifferences(context, ['boot.section-unapproved']),
};
