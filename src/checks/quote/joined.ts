/** quote.joined: several quotes speak of one key and one boot, or none of them counts. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, yes } from '../outcome.ts';
import { apart } from './steps.ts';

export const quoteJoined: Check<Record<string, never>> = {
  id: 'quote.joined',
  link: 'quote',
  required: true,
  question: 'Are all quotes of one key and one boot?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const quote = facts.single('quote', '');
    if (quote.state !== 'known') throw new Error('the appraisal states no quote fact');
    const { value } = quote.fact;
    if (value.state !== 'apart') return yes();
    return no([finding(apart(value.message, quote.fact))]);
  },
};
