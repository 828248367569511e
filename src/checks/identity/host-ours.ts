/** identity.host-ours: anyone can buy a genuine TPM, so somebody must have said that this machine belongs here. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, placeOf, unknown, yes } from '../outcome.ts';
import { askEnrolled } from './enrolled.ts';

export const hostOurs: Check<Record<string, never>> = {
  id: 'identity.host-ours',
  link: 'identity',
  required: true,
  question: 'Is the machine one of ours: its EK pinned, enrolled with a join token, or approved?',
  pcrs: [],
  accepts: { digest: [], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) =>
    askEnrolled(facts, 'enrolment', (fact) => {
      const { host, ours } = fact.value;
      if (ours !== null) return yes([`ours by ${ours.by}: ${ours.detail}`]);
      const expected = 'a pinned EK, a join token or an approval';
      return unknown([
        finding({ code: 'identity.host-unapproved', component: 'host', expected, observed: host, at: placeOf(fact) }),
      ]);
    }),
};
