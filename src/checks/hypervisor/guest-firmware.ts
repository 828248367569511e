/** hypervisor.guest-firmware: what guests boot from is the approved file, read or not yet read. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, unknown, yes } from '../outcome.ts';
import { judgeComponent } from './judge-component.ts';

export const guestFirmware: Check<Record<string, never>> = {
  id: 'hypervisor.guest-firmware',
  link: 'hypervisor',
  required: true,
  question: 'Is the guests’ firmware the approved image’s?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    judgeComponent(context, {
      component: 'guest-firmware',
      code: 'hypervisor.guest-firmware-unapproved',
      expected: 'the digest of guest firmware of the approved image',
      none() {
        const inImage = context.image.manifest!.files.some((file) => file.component === 'guest-firmware');
        if (inImage) return yes(['not read yet; covered by the approved image’s initrd']);
        const at = { part: 'log.ima', pcr: 10 };
        const input = { component: 'guest firmware', expected: 'a file of the approved image', observed: 'none', at };
        return unknown([finding({ code: 'hypervisor.guest-firmware-unproven', ...input })]);
      },
    }),
};
