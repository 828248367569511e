/** hypervisor.guest-firmware: what guests boot from is the approved file, read or not yet read. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, unknown, yes } from '../outcome.ts';
import { entryFinding, withScan } from '../runtime/scan.ts';

export const guestFirmware: Check<Record<string, never>> = {
  id: 'hypervisor.guest-firmware',
  link: 'hypervisor',
  required: true,
  question: 'Is the guests’ firmware the approved image’s?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    withScan(context, (scan) => {
      const counted = scan.components.get('guest-firmware');
      const foreign = (counted?.foreign ?? []).map((entry) =>
        entryFinding(
          'hypervisor.guest-firmware-unapproved',
          entry,
          'the digest of guest firmware of the approved image',
        ),
      );
      if (foreign.length > 0) return no(foreign);
      if (counted === undefined || counted.approved === 0) {
        const inImage = context.image.manifest!.files.some((file) => file.component === 'guest-firmware');
        if (inImage) return yes(['not read yet; covered by the approved image’s initrd']);
        const at = { part: 'log.ima', pcr: 10 };
        const input = { component: 'guest firmware', expected: 'a file of the approved image', observed: 'none', at };
        return unknown([finding({ code: 'hypervisor.guest-firmware-unproven', ...input })]);
      }
      return yes([`${counted?.approved ?? 0} measured`]);
    }),
};
