/** hypervisor.qemu: the program that runs the guests is the approved one. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, unknown } from '../outcome.ts';
import { judgeComponent } from './judge-component.ts';

export const qemu: Check<Record<string, never>> = {
  id: 'hypervisor.qemu',
  link: 'hypervisor',
  required: true,
  question: 'Is every QEMU the approved image’s, and at least one there?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    judgeComponent(context, {
      component: 'qemu',
      code: 'hypervisor.qemu-unapproved',
      expected: 'the digest of QEMU of the approved image',
      none() {
        const at = { part: 'log.ima', pcr: 10 };
        const input = { component: 'qemu', expected: 'a measured QEMU', observed: 'none', at };
        return unknown([finding({ code: 'hypervisor.qemu-missing', ...input })]);
      },
    }),
};
