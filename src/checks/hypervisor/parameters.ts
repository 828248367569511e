/** hypervisor.parameters: what the policy requires of KVM, IOMMU and mitigations was requested on the measured command line. */

import * as z from 'zod/mini';
import { inForce } from '../command-line.ts';
import type { Check } from '../model.ts';
import { finding, noIfAny, unknown, yes } from '../outcome.ts';
import { more } from '../strictness.ts';

const Parameters = z.strictObject({
  /** arguments that must be in force, as written on the command line: `mitigations=auto,nosmt` */
  required: z._default(z.array(z.string().check(z.minLength(1))), []),
});

export const parameters: Check<z.infer<typeof Parameters>> = {
  id: 'hypervisor.parameters',
  link: 'hypervisor',
  required: true,
  question: 'Were the required KVM, IOMMU and mitigation parameters requested at boot?',
  pcrs: [4],
  accepts: { digest: ['replayed'], data: [], outside: [] },
  parameters: Parameters,
  tightens: { required: more },
  evaluate({ image: { commandLine }, parameters: { required } }) {
    const at = { part: 'log.firmware' };
    const component = 'command-line';
    if (required.length === 0) return yes(['the policy requires no parameter']);
    if (commandLine === null) {
      const input = { component, expected: required.join(' '), observed: 'command line not known', at };
      return unknown([finding({ code: 'hypervisor.parameter-unknown', ...input })]);
    }
    return noIfAny(
      required
        .filter((argument) => !inForce(commandLine, argument))
        .map((argument) =>
          finding({ code: 'hypervisor.parameter-missing', component, expected: argument, observed: commandLine, at }),
        ),
      ['requested at boot; what was set later is not measured'],
    );
  },
};
