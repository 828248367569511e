/** firmware.dma-protection: PCR 7 has no event by which the firmware says that it switched DMA protection off. That it is on is never claimed. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { judgeActionAbsent } from './actions.ts';

/** Text of the event (PC Client Platform Firmware Profile 1.06, 3.3.4.8). */
const ACTION = 'DMA Protection Disabled';

export const dmaProtection: Check<Record<string, never>> = {
  id: 'firmware.dma-protection',
  link: 'firmware',
  required: true,
  question: 'Did the firmware leave DMA protection as it was?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: z.strictObject({}),
  evaluate: ({ facts }) => judgeActionAbsent(facts, ACTION, 'firmware.dma-protection-disabled', 'DMA protection'),
};
