/** firmware.startup-locality: the locality the TPM was started from, as the replay of PCR 0 proves it. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, placeOf, yes } from '../outcome.ts';
import { fewer } from '../strictness.ts';

const Parameters = z.strictObject({
  /** 0: from the static root; 3: after an H-CRTM or by the platform's own locality; 4: H-CRTM (PFP 1.06, 10.4.5.3). */
  allowed: z._default(z.array(z.union([z.literal(0), z.literal(3), z.literal(4)])), [0, 3, 4]),
});

export const startupLocality: Check<z.infer<typeof Parameters>> = {
  id: 'firmware.startup-locality',
  link: 'firmware',
  required: true,
  question: 'Was the TPM started from an allowed locality?',
  pcrs: [0],
  accepts: { digest: ['replayed'], data: [], outside: [] },
  parameters: Parameters,
  tightens: { allowed: fewer },
  evaluate({ facts, parameters }) {
    const locality = facts.single('firmware.startup-locality', '');
    if (locality.state !== 'known') throw new Error('a replayed PCR 0 has a startup locality');
    const { value } = locality.fact;
    if (parameters.allowed.some((allowed) => allowed === value)) return yes([`startup locality ${value}`]);
    const expected = parameters.allowed.join(' or ');
    return no([
      finding({
        code: 'firmware.locality',
        component: 'startup',
        expected,
        observed: String(value),
        at: placeOf(locality.fact),
      }),
    ]);
  },
};
