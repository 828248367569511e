/** hypervisor.swtpm: the program that holds the guests’ TPM secrets, where one ran, is the approved one. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { yes } from '../outcome.ts';
import { judgeComponent } from './judge-component.ts';

export const swtpm: Check<Record<string, never>> = {
  id: 'hypervisor.swtpm',
  link: 'hypervisor',
  required: true,
  question: 'Is every swtpm the approved image’s?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    judgeComponent(context, {
      component: 'swtpm',
      code: 'hypervisor.swtpm-unapproved',
      expected: 'the digest of swtpm of the approved image',
      none: () => yes(['0 measured']),
    }),
};
