/** runtime.modules-protected: the kernel refuses modules nobody signed, by its measured command line. */

import * as z from 'zod/mini';
import { inForce } from '../command-line.ts';
import type { Check } from '../model.ts';
import { finding, no, unknown, yes } from '../outcome.ts';

/** Either is enough (kernel_lockdown(7); Documentation/admin-guide/module-signing.rst). */
const PROTECTIONS = ['lockdown=integrity', 'lockdown=confidentiality', 'module.sig_enforce=1', 'module.sig_enforce'];

export const modulesProtected: Check<Record<string, never>> = {
  id: 'runtime.modules-protected',
  link: 'runtime',
  required: true,
  question: 'Does the kernel refuse unsigned modules?',
  pcrs: [4],
  accepts: { digest: ['replayed'], data: [], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ image: { commandLine } }) {
    const at = { part: 'log.firmware' };
    const expected = PROTECTIONS.slice(0, 3).join(' or ');
    const component = 'kernel';
    if (commandLine === null) {
      const input = { component, expected, observed: 'command line not known', at };
      return unknown([finding({ code: 'runtime.kernel-protection-unknown', ...input })]);
    }
    const found = PROTECTIONS.find((protection) => inForce(commandLine, protection));
    if (found !== undefined) return yes([found]);
    return no([finding({ code: 'runtime.modules-unprotected', component, expected, observed: commandLine, at })]);
  },
};
