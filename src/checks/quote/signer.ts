/** quote.signer: judged where the parent’s name is known, else shown. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeSteps } from './steps.ts';

export const quoteSigner: Check<Record<string, never>> = {
  id: 'quote.signer',
  link: 'quote',
  required: true,
  question: 'Is the qualified signer the attestation key under its parent, where the parent is known?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeSteps(context, 'qualified-signer'),
};
