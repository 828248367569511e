/** quote.claims: what the quote binds beside the nonce fits what came with it. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';

export const quoteClaims: Check<Record<string, never>> = {
  id: 'quote.claims',
  link: 'quote',
  required: true,
  question: 'Where the challenge asks for claims, does the quote bind them, and is the bundle what they say?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const [fact] = facts.all('quote.claims');
    if (fact === undefined) return yes();
    const { value } = fact;
    const place = { component: 'claims', at: placeOf(fact) };
    if (value.state === 'missing') {
      return unknown([finding({ code: 'quote.claims-missing', expected: 'claims', observed: 'none', ...place })]);
    }
    if (value.misfits.length === 0) return yes();
    const observed = value.misfits.join('; ');
    return no([finding({ code: 'quote.claims', expected: 'a bundle as claimed', observed, ...place })]);
  },
};
