/** firmware.configuration: PCR 1, 3 and 6 hold what references cover, or the policy declares them open. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';
import { expiredNotes, firmwareIndex } from '../references.ts';
import { OpenOrClosed } from '../open.ts';
import { partEvents } from '../userspace.ts';
import { closing } from '../strictness.ts';

const Parameters = z.strictObject({
  '1': z._default(OpenOrClosed, 'closed'),
  '3': z._default(OpenOrClosed, 'closed'),
  '6': z._default(OpenOrClosed, 'closed'),
});

export const configuration: Check<z.infer<typeof Parameters>> = {
  id: 'firmware.configuration',
  link: 'firmware',
  required: true,
  question: 'Is the firmware’s configuration in PCR 1, 3 and 6 covered by a reference, or declared open?',
  pcrs: [1, 3, 6],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  references: ['firmware'],
  parameters: Parameters,
  tightens: { '1': closing, '3': closing, '6': closing },
  evaluate({ facts, references, parameters }) {
    const known = firmwareIndex(references, facts.bank!);
    const notes = [...expiredNotes(references, 'firmware')];
    const findings = (['1', '3', '6'] as const).flatMap((pcr) => {
      const declared = parameters[pcr];
      if (declared !== 'closed') {
        notes.push(`PCR ${pcr} open: ${declared.open}`);
        return [];
      }
      return partEvents(facts, Number(pcr))
        .boot.filter((event) => event.value.content.kind !== 'separator' || event.value.content.error)
        .filter((event) => !known.has(`${pcr}:${event.value.digest}`))
        .map((event) =>
          finding({
            code: 'firmware.configuration-unapproved',
            component: event.value.type,
            expected: `a reference value of PCR ${pcr}`,
            observed: event.value.digest,
            at: placeOf(event),
          }),
        );
    });
    return noIfAny(findings, notes);
  },
};
