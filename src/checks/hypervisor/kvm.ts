/** hypervisor.kvm: the modules that make the kernel a hypervisor are the approved ones. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, unknown, yes } from '../outcome.ts';
import { entryFinding, withScan } from '../runtime/scan.ts';

export const kvm: Check<Record<string, never>> = {
  id: 'hypervisor.kvm',
  link: 'hypervisor',
  required: true,
  question: 'Is every kvm module the approved image’s, and at least one there?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    withScan(context, (scan) => {
      const counted = scan.components.get('kvm-module');
      const foreign = (counted?.foreign ?? []).map((entry) =>
        entryFinding('hypervisor.kvm-unapproved', entry, 'the digest of a kvm module of the approved image'),
      );
      if (foreign.length > 0) return no(foreign);
      if (counted === undefined || counted.approved === 0) {
        if (context.image.manifest!.kernel.kvm === 'built-in') return yes(['kvm is built into the approved kernel']);
        const at = { part: 'log.ima', pcr: 10 };
        const input = { component: 'kvm', expected: 'a measured kvm module', observed: 'none', at };
        return unknown([finding({ code: 'hypervisor.kvm-missing', ...input })]);
      }
      return yes([`${counted?.approved ?? 0} measured`]);
    }),
};
