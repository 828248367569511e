/** log.runtime-log: the runtime list is there and well-formed, unless IMA's PCR was never extended. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { yes } from '../outcome.ts';
import { judgeLog } from './judge-log.ts';

export const runtimeLog: Check<Record<string, never>> = {
  id: 'log.runtime-log',
  link: 'log',
  required: true,
  question: 'Is the runtime list there and well-formed, where the kernel measured anything?',
  pcrs: [],
  accepts: { digest: ['replayed'], data: [], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const log = facts.single('log', 'ima');
    const pcr10 = facts.single('pcr', '10');
    const untouched = pcr10.state === 'known' && pcr10.fact.value.equal && pcr10.fact.value.events === 0;
    if (log.state === 'known' && log.fact.value.state === 'absent' && untouched)
      return yes(['PCR 10 was never extended']);
    return judgeLog(facts, 'ima');
  },
};
