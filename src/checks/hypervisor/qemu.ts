/** hypervisor.qemu: the program that runs the guests is the approved one. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, unknown, yes } from '../outcome.ts';
import { entryFinding, withScan } from '../runtime/scan.ts';

export const qemu: Check<Record<string, never>> = {
  id: 'hypervisor.qemu',
  link: 'hypervisor',
  required: true,
  question: 'Is every QEMU the approved image’s, and at least one there?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    withScan(context, (scan) => {
      const counted = scan.components.get('qemu');
      const foreign = (counted?.foreign ?? []).map((entry) =>
        entryFinding('hypervisor.qemu-unapproved', entry, 'the digest of QEMU of the approved image'),
      );
      if (foreign.length > 0) return no(foreign);
      if (counted === undefined || counted.approved === 0) {
        const at = { part: 'log.ima', pcr: 10 };
        const input = { component: 'qemu', expected: 'a measured QEMU', observed: 'none', at };
        return unknown([finding({ code: 'hypervisor.qemu-missing', ...input })]);
      }
      return yes([`${counted?.approved ?? 0} measured`]);
    }),
};
