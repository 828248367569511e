/** quote.signed: the signature is the AK’s, by the scheme in its public area. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeSteps } from './steps.ts';

export const quoteSigned: Check<Record<string, never>> = {
  id: 'quote.signed',
  link: 'quote',
  required: true,
  question: 'Is every quote signed by the attestation key with its own scheme?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate: (context) => judgeSteps(context, 'signature'),
};
