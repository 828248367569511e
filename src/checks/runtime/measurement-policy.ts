/** runtime.measurement-policy: it is known what the kernel measures, and that is the approved image's own policy. */

import * as z from 'zod/mini';
import { inForce } from '../command-line.ts';
import type { Check } from '../model.ts';
import { finding, unknown, yes } from '../outcome.ts';
import { withScan } from './scan.ts';
import { fewer } from '../strictness.ts';

const Parameters = z.strictObject({
  /** Built-in policies accepted without a policy file of the image, as words of `ima_policy=`. */
  builtIn: z._default(z.array(z.enum(['tcb', 'appraise_tcb', 'secure_boot', 'critical_data'])), []),
});

export const measurementPolicy: Check<z.infer<typeof Parameters>> = {
  id: 'runtime.measurement-policy',
  link: 'runtime',
  required: true,
  question: 'Is the measurement policy in force known and approved?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: Parameters,
  tightens: { builtIn: fewer },
  evaluate: (context) =>
    withScan(context, (scan) => {
      const loaded = scan.components.get('ima-policy');
      if (loaded !== undefined && loaded.approved > 0) return yes(['the approved image’s own policy file was loaded']);
      const { commandLine } = context.image;
      const builtIn = context.parameters.builtIn.find(
        (name) => commandLine !== null && inForce(commandLine, `ima_policy=${name}`),
      );
      if (builtIn !== undefined) return yes([`built-in policy ${builtIn}`]);
      return unknown([
        finding({
          code: 'runtime.measurement-policy-unknown',
          component: 'IMA policy',
          expected: 'the approved image’s policy file among the entries, or an accepted ima_policy=',
          observed: commandLine === null ? 'command line not known' : 'neither',
          at: { part: 'log.ima', pcr: 10 },
        }),
      ]);
    }),
};
