/** quote.made-by-tpm: magic is TPM_GENERATED_VALUE, which a restricted key never signs for anybody else. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeSteps } from './steps.ts';

export const quoteMadeByTpm: Check<Record<string, never>> = {
  id: 'quote.made-by-tpm',
  link: 'quote',
  required: true,
  question: 'Was the signed structure made by the TPM itself?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeSteps(context, 'magic'),
};
