/** hypervisor.kvm: the modules that make the kernel a hypervisor are the approved ones. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, unknown, yes } from '../outcome.ts';
import { judgeComponent } from './judge-component.ts';

export const kvm: Check<Record<string, never>> = {
  id: 'hypervisor.kvm',
  link: 'hypervisor',
  required: true,
  question: 'Is every kvm module the approved image’s, and at least one there?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    judgeComponent(context, {
      component: 'kvm-module',
      code: 'hypervisor.kvm-unapproved',
      expected: 'the digest of a kvm module of the approved image',
      none() {
        if (context.image.manifest!.kernel.kvm === 'built-in') return yes(['kvm is built into the approved kernel']);
        const at = { part: 'log.ima', pcr: 10 };
        const input = { component: 'kvm', expected: 'a measured kvm module', observed: 'none', at };
        return unknown([finding({ code: 'hypervisor.kvm-missing', ...input })]);
      },
    }),
};
