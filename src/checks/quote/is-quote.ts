/** quote.is-quote: type is TPM_ST_ATTEST_QUOTE; certifications and times have other meanings. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeSteps } from './steps.ts';

export const quoteIsQuote: Check<Record<string, never>> = {
  id: 'quote.is-quote',
  link: 'quote',
  required: true,
  question: 'Is the signed structure a quote?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeSteps(context, 'type'),
};
