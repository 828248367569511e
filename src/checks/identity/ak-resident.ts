/** identity.ak-resident: a certificate speaks of the EK; only credential activation says that the AK is in the same TPM. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, placeOf, unknown, yes } from '../outcome.ts';
import { askEnrolled } from './enrolled.ts';

export const akResident: Check<Record<string, never>> = {
  id: 'identity.ak-resident',
  link: 'identity',
  required: true,
  question: 'Did credential activation prove that the attestation key lives in the TPM of the host’s EK?',
  pcrs: [],
  accepts: { digest: [], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) =>
    askEnrolled(facts, 'enrolment', (fact) => {
      const { activatedAt, host } = fact.value;
      if (activatedAt !== null) return yes([`activated ${activatedAt}`]);
      const expected = 'TPM2_ActivateCredential answered for this AK';
      return unknown([
        finding({ code: 'identity.ak-not-resident', component: 'ak', expected, observed: host, at: placeOf(fact) }),
      ]);
    }),
};
