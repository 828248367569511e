/** boot.nvpcrs-declared: PCR 9 names no NV index that serves as a PCR, or the policy declares them open. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { OpenOrClosed } from '../open.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';
import { measures, NVPCR_SEPARATOR, OS_SEPARATOR, partEvents } from '../userspace.ts';
import { closing } from '../strictness.ts';

const Parameters = z.strictObject({
  /** names of NvPCRs, which differ from TPM to TPM; what such an index holds is not quoted and not judged */
  nvpcrs: z._default(OpenOrClosed, 'closed'),
});

export const nvpcrsDeclared: Check<z.infer<typeof Parameters>> = {
  id: 'boot.nvpcrs-declared',
  link: 'boot',
  required: true,
  question: 'Does the running system put no NvPCR into use, or are they declared open and made before their separator?',
  pcrs: [9],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: Parameters,
  tightens: { nvpcrs: closing },
  evaluate({ facts, parameters: { nvpcrs } }) {
    const bank = facts.bank!;
    const events = partEvents(facts, 9).userspace.filter((event) => !measures(event, OS_SEPARATOR, bank));
    const end = events.findIndex((event) => measures(event, NVPCR_SEPARATOR, bank));
    // Made later, an index may be one that replaces another: the separator is there to tell them.
    const wrong = nvpcrs === 'closed' ? events : end === -1 ? [] : events.slice(end + 1);
    return noIfAny(
      wrong.map((event) => {
        const { content, digest } = event.value;
        return finding({
          code: 'boot.nvpcr-unapproved',
          component: 'nvpcr',
          expected: nvpcrs === 'closed' ? 'no NvPCR' : `none behind ${NVPCR_SEPARATOR}`,
          observed: content.kind === 'text' ? content.text : digest,
          at: placeOf(event),
        });
      }),
      nvpcrs === 'closed' ? [] : [`NvPCRs open: ${nvpcrs.open}`],
    );
  },
};
