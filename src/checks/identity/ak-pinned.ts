/** identity.ak-pinned: an AK pinned by the operator stands in for the EK, the enrolment and the proof of residency. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';

export const akPinned: Check<Record<string, never>> = {
  id: 'identity.ak-pinned',
  link: 'identity',
  required: true,
  question: 'Is the attestation key one that the operator pinned for this host?',
  pcrs: [],
  accepts: { digest: [], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const pin = facts.single('ak.pin', '');
    if (pin.state !== 'known') throw new Error('the appraisal states no ak.pin fact');
    const { state, by, detail } = pin.fact.value;
    const claimed = facts.single('ak', '');
    const observed = claimed.state === 'known' ? claimed.fact.value.name : 'no attestation key';
    const at = placeOf(pin.fact);
    switch (state) {
      case 'pinned':
        return yes([`ak-pinned by the ${by === 'caller' ? 'caller' : 'policy’s pin set'}, residency not proved`]);
      case 'not-pinned':
        return no([finding({ code: 'identity.ak-not-pinned', component: 'ak', expected: detail, observed, at })]);
      case 'malformed':
        return no([
          finding({ code: 'identity.malformed', component: 'ak', expected: 'TPM2B_PUBLIC', observed: detail, at }),
        ]);
      case 'no-pins':
        return unknown([
          finding({ code: 'identity.ak-unknown', component: 'ak', expected: 'a pinned AK', observed, at }),
        ]);
      case 'no-key':
        return unknown([finding({ code: 'identity.ak-missing', component: 'ak', expected: detail, observed, at })]);
    }
  },
};
