/** quote.digest: the signed digest is over the values given. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeSteps } from './steps.ts';

export const quoteDigest: Check<Record<string, never>> = {
  id: 'quote.digest',
  link: 'quote',
  required: true,
  question: 'Are the PCR values given the ones the quote signs?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeSteps(context, 'pcr-digest'),
};
