/** runtime.kexec-protected: no other kernel took over, and none can without being measured. */

import * as z from 'zod/mini';
import { inForce } from '../command-line.ts';
import type { Check } from '../model.ts';
import { finding, no, unknown, yes } from '../outcome.ts';
import { entryFinding, withScan } from './scan.ts';

/** Documentation/admin-guide/sysctl/kernel.rst: once set it cannot be cleared. */
const DISABLED = 'sysctl.kernel.kexec_load_disabled=1';

/** Either refuses every kernel that is not a signed file (kernel_lockdown(7)). */
const LOCKDOWN = ['lockdown=integrity', 'lockdown=confidentiality'];

export const kexecProtected: Check<Record<string, never>> = {
  id: 'runtime.kexec-protected',
  link: 'runtime',
  required: true,
  question: 'Is kexec refused, or measured and approved each time?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: (context) =>
    withScan(context, (scan) => {
      const component = 'kexec';
      const taken = scan.kexec.map((entry) =>
        entryFinding('runtime.kexec-unapproved', entry, 'one kernel from reset to reset', component),
      );
      if (taken.length > 0) return no(taken);
      const { commandLine, manifest } = context.image;
      const at = { part: 'log.firmware' };
      if (commandLine === null) {
        const input = { component, expected: DISABLED, observed: 'command line not known', at };
        return unknown([finding({ code: 'runtime.kernel-protection-unknown', ...input })]);
      }
      if (inForce(commandLine, DISABLED)) return yes([DISABLED]);
      const loaded = scan.components.get('ima-policy');
      // IMA cannot measure kexec_load(2), whose kernel comes from memory; lockdown refuses it.
      const fromFiles = LOCKDOWN.some((argument) => inForce(commandLine, argument));
      if (fromFiles && manifest!.measuresKexec === true && loaded !== undefined && loaded.approved > 0) {
        return yes(['kexec is measured by the image’s own policy, and none happened']);
      }
      return no([
        finding({ code: 'runtime.kexec-unprotected', component, expected: DISABLED, observed: commandLine, at }),
      ]);
    }),
};
