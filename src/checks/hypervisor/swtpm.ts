/** hypervisor.swtpm: the program that holds the guests’ TPM secrets, where one ran, is the approved one. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { no, yes } from '../outcome.ts';
import { entryFinding, withScan } from '../runtime/scan.ts';

export const swtpm: Check<Record<string, never>> = {
  id: 'hypervisor.swtpm',
  link: 'hypervisor',
  required: true,
  question: 'Is every swtpm the approved image’s?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    withScan(context, (scan) => {
      const counted = scan.components.get('swtpm');
      const foreign = (counted?.foreign ?? []).map((entry) =>
        entryFinding('hypervisor.swtpm-unapproved', entry, 'the digest of swtpm of the approved image'),
      );
      if (foreign.length > 0) return no(foreign);
      return yes([`${counted?.approved ?? 0} measured`]);
    }),
};
