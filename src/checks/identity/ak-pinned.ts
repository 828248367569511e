/** identity.ak-pinned: the AK is the one this host enrolled, or one pinned by the operator, which stands in for the enrolment. */

import * as z from 'zod/mini';
import type { Facts } from '../../facts/facts.ts';
import type { Check, Finding } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';

/** Why the AK is not the host's: `null` when it is. */
export function pinFinding(facts: Facts): Finding | null {
  const pin = facts.single('ak.pin', '');
  if (pin.state !== 'known') throw new Error('the appraisal states no ak.pin fact');
  const { state, detail } = pin.fact.value;
  const claimed = facts.single('ak', '');
  const observed = claimed.state === 'known' ? claimed.fact.value.name : 'no attestation key';
  const place = { component: 'ak', at: placeOf(pin.fact) };
  switch (state) {
    case 'pinned':
      return null;
    case 'not-pinned':
      return finding({ code: 'identity.ak-not-pinned', expected: detail, observed, ...place });
    case 'malformed':
      return finding({ code: 'identity.malformed', expected: 'TPM2B_PUBLIC', observed: detail, ...place });
    case 'no-pins':
      return finding({ code: 'identity.ak-unknown', expected: 'a pinned AK', observed, ...place });
    case 'no-key':
      return finding({ code: 'identity.ak-missing', expected: detail, observed, ...place });
  }
}

export const akPinned: Check<Record<string, never>> = {
  id: 'identity.ak-pinned',
  link: 'identity',
  required: true,
  question: 'Is the attestation key the one this host enrolled, or one that the operator pinned for it?',
  pcrs: [],
  accepts: { digest: [], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const found = pinFinding(facts);
    const [pin] = facts.all('ak.pin');
    const { state, by } = pin!.value;
    if (found === null) {
      if (by === 'enrolment') return yes();
      return yes([`ak-pinned by the ${by === 'caller' ? 'caller' : 'policy’s pin set'}, residency not proved`]);
    }
    return state === 'not-pinned' || state === 'malformed' ? no([found]) : unknown([found]);
  },
};
