/** runtime.list-proved: runtime measurements are proved in the judged bank by its own hash. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, placeOf, unknown, yes } from '../outcome.ts';

export const listProved: Check<Record<string, never>> = {
  id: 'runtime.list-proved',
  link: 'runtime',
  required: true,
  question: 'Are the runtime measurements proved in a strong bank?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const ima = facts.single('ima', '');
    const at = { part: 'log.ima', pcr: 10 };
    if (ima.state !== 'known' || facts.ima === null || ima.fact.value.entries === 0) {
      const input = { component: 'IMA', expected: 'a list that replays to PCR 10', observed: 'none', at };
      return unknown([finding({ code: 'runtime.list-missing', ...input })]);
    }
    const { mode, waiting, entries } = ima.fact.value;
    if (mode === 'padded') {
      const input = { component: 'IMA', expected: `digests of bank ${facts.bank}`, observed: 'padded SHA-1' };
      return unknown([finding({ code: 'runtime.bank-padded', ...input, at: placeOf(ima.fact) })]);
    }
    const later = waiting === 0 ? [] : [`${waiting} entries came after the quote and wait for the next one`];
    return yes([`${entries} entries judged`, ...later]);
  },
};
