/** boot.events-known: what the firmware itself adds to PCR 4 and 5 is of a known kind. */

import * as z from 'zod/mini';
import type { Fact } from '../../facts/model.ts';
import type { Check } from '../model.ts';
import { OpenOrClosed } from '../open.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';
import { partEvents } from '../userspace.ts';
import { closing } from '../strictness.ts';

const Parameters = z.strictObject({
  /** partition tables, measured in PCR 5 */
  gpt: z._default(OpenOrClosed, 'closed'),
});

/** EV_EFI_ACTION texts of a boot (PC Client Platform Firmware Profile 1.06, 10.4.4). */
const ACTIONS: ReadonlyMap<number, ReadonlySet<string>> = new Map([
  [4, new Set(['Calling EFI Application from Boot Option', 'Returning from EFI Application from Boot Option'])],
  [5, new Set(['Exit Boot Services Invocation', 'Exit Boot Services Returned with Success'])],
]);

export const bootEventsKnown: Check<z.infer<typeof Parameters>> = {
  id: 'boot.events-known',
  link: 'boot',
  required: true,
  question: 'Do PCR 4 and 5 hold only programs, known actions and partition tables?',
  pcrs: [4, 5],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  parameters: Parameters,
  tightens: { gpt: closing },
  evaluate({ facts, parameters }) {
    const gptOpen = parameters.gpt !== 'closed';
    const findings = [4, 5].flatMap((pcr) =>
      partEvents(facts, pcr)
        .boot.filter((event) => !belongs(event, pcr, gptOpen))
        .map((event) =>
          finding({
            code: 'boot.event-unexpected',
            component: event.value.type,
            expected: `an event known in PCR ${pcr}`,
            observed: observedText(event),
            at: placeOf(event),
          }),
        ),
    );
    return noIfAny(findings, parameters.gpt === 'closed' ? [] : [`partition tables open: ${parameters.gpt.open}`]);
  },
};

function belongs({ value: { content } }: Fact<'event'>, pcr: number, gptOpen: boolean): boolean {
  if (content.kind === 'separator') return !content.error;
  if (content.kind === 'action') return ACTIONS.get(pcr)!.has(content.text);
  // Everything else in PCR 4 is compared with the image, one by one.
  if (pcr === 4) return true;
  return content.kind === 'gpt' && gptOpen;
}

function observedText({ value: { content, digest } }: Fact<'event'>): string {
  return content.kind === 'action' ? `${digest} "${content.text}"` : digest;
}
