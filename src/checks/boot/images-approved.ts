/** boot.images-approved: every program the boot chain loaded is one of the approved image’s. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeDifferences } from './differences.ts';

export const imagesApproved: Check<Record<string, never>> = {
  id: 'boot.images-approved',
  link: 'boot',
  required: true,
  question: 'Is every program measured in PCR 4 one of the approved image?',
  pcrs: [4],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeDifferences(context, ['boot.image-unapproved']),
};
