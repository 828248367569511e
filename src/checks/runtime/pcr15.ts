/** runtime.pcr15: PCR 15 holds nothing, since no approved image's measurements of it are known. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { OpenOrClosed } from '../open.ts';
import { finding, noIfAny, placeOf, yes } from '../outcome.ts';
import { closing } from '../strictness.ts';

const Parameters = z.strictObject({ pcr15: z._default(OpenOrClosed, 'closed') });

export const pcr15: Check<z.infer<typeof Parameters>> = {
  id: 'runtime.pcr15',
  link: 'runtime',
  required: true,
  question: 'Is PCR 15 untouched, or declared open?',
  pcrs: [15],
  accepts: { digest: ['replayed'], data: [], outside: [] },
  parameters: Parameters,
  tightens: { pcr15: closing },
  evaluate({ facts, parameters }) {
    if (parameters.pcr15 !== 'closed') return yes([`PCR 15 open: ${parameters.pcr15.open}`]);
    const pcr = facts.single('pcr', '15');
    const events = facts.events(15);
    if (pcr.state !== 'known' || pcr.fact.value.events !== events.length) {
      throw new Error('a replayed PCR has a pcr fact, and a fact for each of its events');
    }
    return noIfAny(
      events.map((event) => {
        const { content, digest } = event.value;
        const observed = content.kind === 'text' ? `${digest} "${content.text}"` : digest;
        const input = { component: 'pcr-15', expected: 'no event', observed, at: placeOf(event) };
        return finding({ code: 'runtime.pcr-unexpected', ...input });
      }),
    );
  },
};
