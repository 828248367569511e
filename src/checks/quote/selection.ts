/** quote.selection: one quote signs exactly the challenged selection, and that holds what the chain is judged by. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, placeOf, yes } from '../outcome.ts';
import { judgeSteps } from './steps.ts';

export const quoteSelection: Check<Record<string, never>> = {
  id: 'quote.selection',
  link: 'quote',
  required: true,
  question: 'Does a quote sign exactly the selection asked for, with at least PCR 0 to 15 of one strong bank?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate(context) {
    const { facts } = context;
    const selection = facts.single('quote.selection', '');
    if (selection.state === 'known') {
      const { minimum } = selection.fact.value;
      if (minimum) return yes();
      return no([
        finding({
          code: 'quote.incomplete-selection',
          component: 'quote',
          expected: 'PCR 0-15 of sha256, sha384 or sha512, in a bank the policy names',
          observed: selection.fact.value.selection,
          at: placeOf(selection.fact),
        }),
      ]);
    }
    return judgeSteps(context, 'selection');
  },
};
