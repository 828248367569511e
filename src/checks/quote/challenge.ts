/** quote.challenge: extraData is the nonce of this challenge, so the quote is not an old one. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeSteps } from './steps.ts';

export const quoteChallenge: Check<Record<string, never>> = {
  id: 'quote.challenge',
  link: 'quote',
  required: true,
  question: 'Does every quote answer the expected challenge?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeSteps(context, 'extra-data'),
};
