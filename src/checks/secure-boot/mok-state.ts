/** secure-boot.mok-state: the machine owner's keys that shim measured into PCR 14 are the approved ones. */

import * as z from 'zod/mini';
import { digestIn } from '../../references/schema.ts';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';
import { setsOf } from '../references.ts';

export const mokState: Check<Record<string, never>> = {
  id: 'secure-boot.mok-state',
  link: 'secure-boot',
  required: true,
  question: 'Are the machine owner’s keys in PCR 14 the approved ones, or is there no shim?',
  pcrs: [14],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts, references, image }) {
    const bank = facts.bank!;
    const approved = new Set([
      ...setsOf(references, 'mok').flatMap((set) => set.variables.map((variable) => digestIn(variable.digests, bank))),
      ...(image.manifest?.pcrs['14'] ?? []).flatMap((variant) =>
        variant.events.map((event) => digestIn(event.digests, bank)),
      ),
    ]);
    return noIfAny(
      facts
        .events(14)
        .filter((event) => !approved.has(event.value.digest))
        .map((event) =>
          finding({
            code: 'secure-boot.mok-unapproved',
            component: 'MOK',
            expected: `one of ${approved.size} approved contents`,
            observed: event.value.digest,
            at: placeOf(event),
          }),
        ),
    );
  },
};
