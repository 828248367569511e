/** log.systemd-log: systemd's log is well-formed, where there is one. Whether one is missing the PCRs tell, which then do not replay. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { yes } from '../outcome.ts';
import { judgeLog } from './judge-log.ts';

export const systemdLog: Check<Record<string, never>> = {
  id: 'log.systemd-log',
  link: 'log',
  required: true,
  question: 'Is systemd’s log well-formed and whole, where one was sent?',
  pcrs: [],
  accepts: { digest: ['replayed'], data: [], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const log = facts.single('log', 'systemd');
    if (log.state === 'known' && log.fact.value.state === 'absent') return yes();
    return judgeLog(facts, 'systemd');
  },
};
