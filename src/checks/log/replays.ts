/** log.replays: every quoted PCR that nobody may reset is explained by the logs, to the bit. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import type { FindingCode } from '../codes.ts';
import type { Fact } from '../../facts/model.ts';
import { finding, noIfAny, placeOf, unknown } from '../outcome.ts';

export const replays: Check<Record<string, never>> = {
  id: 'log.replays',
  link: 'log',
  required: true,
  question: 'Do the logs lead to every quoted PCR value?',
  pcrs: [],
  accepts: { digest: ['replayed'], data: [], outside: ['enrolled'] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const pcrs = facts.all('pcr');
    const at = { part: 'quote' };
    if (pcrs.length === 0) {
      return unknown([
        finding({ code: 'log.missing', component: 'logs', expected: 'replayed PCRs', observed: 'none', at }),
      ]);
    }
    const absent = facts.single('log', 'ima');
    const hibernated = facts.all('ima.earlier-list').length > 0;
    const listAbsent = absent.state === 'known' && absent.fact.value.state === 'absent';
    return noIfAny(
      pcrs
        .filter((fact) => !fact.value.equal)
        // The absent list is the finding then, and it leaves the link unproven.
        .filter((fact) => !(listAbsent && fact.source.pcr === 10))
        .map((fact) =>
          finding({
            code: codeOf(fact, hibernated),
            component: `pcr-${fact.subject}`,
            expected: `${fact.value.replayed} after ${fact.value.events} events of the logs`,
            observed: `${fact.value.quoted} in the quote`,
            at: placeOf(fact),
          }),
        ),
    );
  },
};

function codeOf({ value, source }: Fact<'pcr'>, hibernated: boolean): FindingCode {
  if (value.events === 0) return 'log.pcr-unexplained';
  return hibernated && source.pcr === 10 ? 'log.list-of-earlier-boot' : 'log.replay-mismatch';
}
