/** secure-boot.events-known: PCR 7 holds variables before its separator, authorities and actions, and nothing else. */

import * as z from 'zod/mini';
import type { Fact } from '../../facts/model.ts';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';

export const eventsKnown: Check<Record<string, never>> = {
  id: 'secure-boot.events-known',
  link: 'secure-boot',
  required: true,
  question: 'Does PCR 7 hold only events that belong there?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) =>
    noIfAny(
      facts
        .events(7)
        .filter((event) => !belongs(event))
        .map((event) =>
          finding({
            code: 'secure-boot.event-unexpected',
            component: event.value.type,
            expected: 'a variable before the separator, an authority, an action of the firmware, or one separator',
            observed: `${event.value.digest}${event.value.afterSeparator ? ' after the separator' : ''}`,
            at: placeOf(event),
          }),
        ),
    ),
};

/** Actions the profile names for PCR 7; whether they are welcome is asked by link 4. */
const ACTIONS = new Set(['UEFI Debug Mode', 'DMA Protection Disabled']);

function belongs({ value: { content, afterSeparator } }: Fact<'event'>): boolean {
  switch (content.kind) {
    case 'separator':
      return !content.error && !afterSeparator;
    case 'variable':
      return !afterSeparator;
    case 'authority':
      return true;
    case 'action':
      return ACTIONS.has(content.text);
    default:
      return false;
  }
}
